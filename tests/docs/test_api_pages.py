"""The API pages list every public function and class."""

import importlib
import inspect
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs" / "api").glob("*.md")))
LISTED = set(re.findall(r"^::: ([\w.]+)", PAGES, re.MULTILINE))
MODULES = [
    "", "amp", "autograd", "autograd.functional", "backends.cudnn", "backends.mps", "cuda", "cuda.amp",
    "data", "data.transforms", "data.transforms.functional", "gradcheck", "graph", "interop", "models", "nn",
    "nn.functional", "nn.utils", "optim", "optim.lr_scheduler", "random", "report", "train", "train.callbacks", "utils",
    "utils.data",
]  # fmt: skip


def is_listed(path, value):
    """Return whether a page names the function or class, the module that defines it, or a package that exports it."""
    name, defined = path.rpartition(".")[2], value.__module__
    return bool({path, defined, f"{defined}.{value.__qualname__}"} & LISTED) or any(
        _exports(place, name, value) for place in LISTED
    )


def _exports(place, name, value):
    if not _is_module(place) or _is_module(f"{place}.{name}"):  # the page shows a submodule of that name in its place
        return False
    module = importlib.import_module(place)
    return name in getattr(module, "__all__", ()) and inspect.unwrap(getattr(module, name)) is value


def _is_module(path):
    try:
        return find_spec(path) is not None
    except ModuleNotFoundError:  # a name within a module
        return False


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_on_a_page(module):
    path = f"tinygrad_cnn.{module}".rstrip(".")
    found = importlib.import_module(path)
    values = {name: getattr(found, name) for name in getattr(found, "__all__", None) or dir(found) if name[0] != "_"}
    own = {
        name: value
        for name, value in values.items()
        if (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__.startswith("tinygrad_cnn" if hasattr(found, "__all__") else path)
    }
    assert own
    assert [name for name, value in own.items() if not is_listed(f"{path}.{name}", inspect.unwrap(value))] == []
