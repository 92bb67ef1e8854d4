"""Every sample that PyTorch keeps of a module we offer gives the same here; what is declined says why."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="parity needs PyTorch: make parity installs torch and expecttest")
pytest.importorskip("expecttest", reason="PyTorch's samples need expecttest: make parity installs it")

import torch
from op_db import decline as op_decline

import tinygrad_cnn
from module_db import decline
from module_db.names import TABLE, names
from module_db.run import jobs, run
from module_db.samples import INFOS, KINDS, samples

PAGE = Path(__file__).resolve().parents[3] / "docs" / "parity_modules.md"
OURS_ALONE = {
    "Module",
    "DataParallel",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "Sequential",
    "ModuleList",
    "ModuleDict",
}
"""What is no layer: its tests are in tests/nn."""

SINGLE_VALUED = {
    "ConvTranspose2d": {"padding_mode"},
}
"""Arguments that have only one value, or depend on one that has."""

pytestmark = pytest.mark.filterwarnings("ignore")  # PyTorch's own samples warn


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", names())
def test_samples_agree_with_pytorch(name, kind):
    outcomes = list(run(name, kind))
    assert outcomes or kind in ("errors", "gradients")
    wrong = [one for one in outcomes if one.status not in ("passed", "declined")]
    if wrong:
        listed = "\n".join(f"{one.status}: {one.form}{one.sample}\n    {one.note}" for one in wrong[:10])
        pytest.fail(f"{len(wrong)} of {len(outcomes)} comparisons of {name} ({kind})\n{listed}", pytrace=False)


def test_the_table_names_each_module_once_and_every_module_offered():
    offered = {
        name
        for name, value in vars(tinygrad_cnn.nn).items()
        if inspect.isclass(value) and hasattr(torch.nn, name) and name not in OURS_ALONE
    }
    assert len(names()) == len(set(names()))
    assert set(names()) == offered


def test_the_families_that_pytorch_has_samples_of_are_taken_whole():
    assert {name for name in names() if name in INFOS} == set(INFOS) & set(names())
    assert {"Linear", "Conv2d", "BatchNorm2d", "CrossEntropyLoss"} <= set(INFOS)
    assert sum(len(list(jobs(name, "train"))) for name in TABLE["losses"].split()) > 150


@pytest.mark.parametrize("name", ["DataParallel", "ModuleDict", "ModuleList", "Sequential"])
def test_containers_take_pytorchs_arguments(name):
    def arguments(framework):
        found = inspect.signature(getattr(framework.nn, name)).parameters.values()
        return [(one.name, one.default) for one in found if one.kind is one.POSITIONAL_OR_KEYWORD]

    assert arguments(tinygrad_cnn) == arguments(torch)


@pytest.mark.parametrize("name", names())
def test_every_argument_differs_from_its_default_in_a_sample(name):
    arguments = inspect.signature(getattr(tinygrad_cnn.nn, name)).parameters
    idle = set(arguments) - {"device", "dtype"} - SINGLE_VALUED.get(name, set())
    for sample in samples(name, torch.float64, requires_grad=False, training=True):
        given = inspect.signature(getattr(torch.nn, name)).bind(*sample.made.args, **sample.made.kwargs).arguments
        idle -= {
            key for key, value in given.items() if isinstance(value, torch.Tensor) or value != arguments[key].default
        }
    assert not idle


def test_every_reason_to_decline_is_met_by_a_sample():
    met = {
        op_decline.reason(name, kind, sample, decline.RULES)
        for name in names()
        for kind in KINDS
        for sample, _ in jobs(name, kind)
        if sample is not None
    }
    assert {rule.reason for rule in decline.RULES} <= met


@pytest.mark.parametrize("name", names())
def test_every_declined_argument_is_one_of_pytorchs(name):
    theirs = inspect.signature(getattr(torch.nn, name)).parameters
    ours = inspect.signature(getattr(tinygrad_cnn.nn, name)).parameters
    for argument in decline.declined_arguments(name):
        assert argument in theirs
        assert argument not in ours


def test_the_page_lists_every_module_and_no_difference():
    rows = {
        match[1]: [cell.strip() for cell in match[2].split("|")]
        for match in re.finditer(r"^\| `(\S+)` \|(.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert list(rows) == names()
    assert [name for name, cells in rows.items() if cells[-1]] == []
