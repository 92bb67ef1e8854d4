"""Names of PyTorch that are left out: a sentence each, however they are used."""

import ast
import importlib
import subprocess
import sys

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import declined, nn, optim
from tinygrad_cnn.declined.layers import LAYERS
from tinygrad_cnn.declined.machinery import MACHINERY
from tinygrad_cnn.declined.operations import OPERATIONS

TABLES = {"layers": LAYERS, "machinery": MACHINERY, "operations": OPERATIONS}
ROWS = [(why, names.split()) for table in TABLES.values() for why, names in table.items()]


@pytest.mark.parametrize(("why", "names"), ROWS)
def test_a_reason_is_a_sentence_with_names(why, names):
    assert names
    assert not why.endswith(".")


def test_a_name_has_one_reason():
    names = [name for _, found in ROWS for name in found]
    assert sorted({name for name in names if names.count(name) > 1}) == []


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
