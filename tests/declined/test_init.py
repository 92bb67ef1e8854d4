"""Names of PyTorch that are left out: a sentence each, however they are used."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import declined, nn, optim

LINES = Path(declined.__file__).with_name("left_out.txt").read_text(encoding="utf-8").splitlines()
SECTIONS = declined.read_tables()


def test_every_reason_holds_for_names_and_has_no_full_stop():
    reasons = {why for table in SECTIONS.values() for why in table.values()}
    assert not [why for why in reasons if why.endswith(".")]
    written = [line for line in LINES if line and not line.startswith((" ", "#", "=="))]
    assert [line for line in written if not any(line in why for why in reasons)] == []


def test_a_name_has_one_reason():
    shown = "\n".join(LINES).partition("\n== in ")[0].splitlines()
    names = [name for line in shown if line.startswith("    ") for name in line.split()]
    assert len(names) > 500
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_a_reason_may_take_several_lines():
    assert declined.reason("models", "resnet101").endswith("write others as an nn.Module")


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("", "svd"),
        ("", "fft"),
        ("nn.functional", "glu"),
        ("nn.utils", "spectral_norm"),
        ("cuda", "Event"),
        ("amp", "x"),
        ("models", "resnet101"),
        ("data", "VOCDetection"),
        ("nn.modules", "batchnorm"),
    ],
)
def test_looking_a_name_up_says_why(module, name):
    found = importlib.import_module(f"tinygrad_cnn.{module}".rstrip("."))
    assert not hasattr(found, name)
    with pytest.raises(AttributeError, match=f"{name} is not in tinygrad_cnn: .+"):
        getattr(found, name)


@pytest.mark.parametrize(
    "line",
    [
        "from tinygrad_cnn import svd", "from tinygrad_cnn.nn.functional import glu", "import tinygrad_cnn.distributed",
        "import tinygrad_cnn.nn.utils.prune as prune", "from tinygrad_cnn import jit",
        "from tinygrad_cnn.utils.tensorboard import SummaryWriter", "from tinygrad_cnn.utils.data import StackDataset",
        "from tinygrad_cnn.nn.modules.utils import _pair", "from tinygrad_cnn.optim.optimizer import required",
        "from tinygrad_cnn.models import ResNet18_Weights", "import tinygrad_cnn.models.segmentation",
        "from tinygrad_cnn.data import SVHN",
    ],
)  # fmt: skip
def test_importing_a_name_says_why(line):
    with pytest.raises(ImportError, match="is not in tinygrad_cnn: .+"):
        exec(line, {})


def test_a_class_can_be_asked_for_but_not_made():
    from tinygrad_cnn.nn import LSTM

    assert not isinstance(nn.Linear(1, 1), (LSTM, nn.Conv2d))
    with pytest.raises(NotImplementedError, match=r"nn\.LSTM is not in tinygrad_cnn: recurrent"):
        LSTM(2, 3)
    with pytest.raises(NotImplementedError, match=r"nn\.Transformer is not"):
        type("Mine", (nn.Transformer,), {})
    with pytest.raises(NotImplementedError, match="use SGD, Adam"):
        optim.LBFGS([])


def test_unknown_names_stay_unknown():
    for module in (tg, nn, nn.functional, optim, tg.utils.data):
        with pytest.raises(AttributeError, match=r"module 'tinygrad_cnn.*' has no attribute 'nothing_known'"):
            module.nothing_known  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'nothing_known'"):
        exec("from tinygrad_cnn.nn import nothing_known", {})
    with pytest.raises(ModuleNotFoundError, match="No module named"):
        importlib.import_module("tinygrad_cnn.nothing_known")


def test_a_misspelt_name_gets_a_suggestion():
    script = "import tinygrad_cnn as torch\ntorch.reshap"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8")
    assert "Did you mean: 'reshape'?" in run.stderr


def test_a_type_checker_still_sees_unknown_names():
    """A function `__getattr__` in a module would make mypy take every name for known."""
    for module in (nn, nn.functional, optim, nn.utils):
        with open(module.__file__, encoding="utf-8") as file:
            tree = ast.parse(file.read())
        assert not [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "__getattr__"]


def test_patterns_are_used():
    assert declined.reason("", "cudnn_convolution") == declined.reason("", "Stream")
    assert declined.reason("nn", "__wrapped__") is None
