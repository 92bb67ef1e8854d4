"""Whatever the package offers has a test: an optimizer, module, loss, data set, transform or callback without is seen.

Every public name of a room is called in a test of that room, and the tables that whole batteries of tests run through
have every one of its kind.
"""

import ast
import inspect
import re
from pathlib import Path

import pytest
from module_db import names as modules
from optim_cases import OPTIMIZERS
from schedule_cases import SCHEDULES

import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import data, models, nn, optim, train
from tinygrad_cnn.data import transforms
from tinygrad_cnn.optim import lr_scheduler
from tinygrad_cnn.train import callbacks

TESTS = Path(__file__).parents[1]
ROOMS = {
    "optim": (optim, ["optim"]),
    "optim.lr_scheduler": (lr_scheduler, ["optim/lr_scheduler"]),
    "nn": (nn, ["nn", "parity/module_db"]),
    "nn.functional": (F, ["nn", "parity/op_db", "ops"]),
    "data": (data, ["data"]),
    "data.transforms": (transforms, ["data/transforms"]),
    "train": (train, ["train"]),
    "train.callbacks": (callbacks, ["train/callbacks"]),
    "models": (models, ["models"]),
}
"""The public list of each room, and the folders of its tests."""

GIVEN_BY = {"AlexNet": "alexnet", "VGG": "vgg11", "WorkerInfo": "get_worker_info"}
"""Classes that no test makes itself, and the functions that give them, whose tests are theirs."""

CONTAINERS = {"DataParallel", "Module", "ModuleDict", "ModuleList", "Parameter", "Sequential"}
UNSET = {"UninitializedBuffer", "UninitializedParameter"}


def public(room):
    """Return the public classes and functions of a room."""
    offered = {name: getattr(room, name) for name in room.__all__}
    return {name for name, value in offered.items() if inspect.isclass(value) or inspect.isroutine(value)}


def called(text):
    """Return the names that a file of tests calls, or has in a table that a test runs through."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            found |= {named(node.func)}.union(*(words(one) for one in (*node.args, *node.keywords)))
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            found |= words(node.value)
        elif isinstance(node, ast.For):
            found |= words(node.iter)
        elif isinstance(node, ast.ClassDef):
            found |= {named(base) for base in node.bases}
    return found


def words(value):
    """Return the names in an argument or a table: classes, functions, and words of strings."""
    found = set()
    for node in ast.walk(value):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= set(re.findall(r"\w+", node.value))
        elif isinstance(node, ast.Attribute | ast.Name):
            found.add(named(node))
    return found


def named(node):
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def untested(names, texts):
    return sorted(names - set().union(*(called(text) for text in texts)))


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_of_a_room_is_called_in_its_tests(room):
    module, folders = ROOMS[room]
    texts = [path.read_text(encoding="utf-8") for folder in folders for path in (TESTS / folder).rglob("*.py")]
    assert texts
    assert untested({GIVEN_BY.get(name, name) for name in public(module)}, texts) == []


def test_a_name_that_is_imported_or_only_written_about_is_untested():
    text = (
        '"""About Resize."""\nfrom room import Resize, Crop, Pad, Turn\nTURNS = [Turn]\n\ndef test_pad():\n    Pad(2)\n'
    )
    assert untested({"Resize", "Crop", "Pad", "Turn"}, [text]) == ["Crop", "Resize"]


def test_every_optimizer_is_among_the_cases_of_all_optimizers():
    assert set(OPTIMIZERS) == public(optim) - {"Optimizer"}


def test_every_schedule_is_among_the_cases_of_all_schedules():
    assert set(SCHEDULES) == public(lr_scheduler) - {"LRScheduler"}


def test_every_module_is_compared_with_pytorchs_samples():
    offered = {name for name in public(nn) if inspect.isclass(getattr(nn, name))}
    assert set(modules.names()) == offered - CONTAINERS - UNSET


def test_every_loss_is_among_the_losses_that_are_compared():
    assert set(modules.TABLE["losses"].split()) == {name for name in public(nn) if name.endswith("Loss")}
