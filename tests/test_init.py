"""What importing the package costs: no heavy module, no compiled kernel; the names that come later are there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tinygrad_cnn as tc

ROOT = Path(__file__).parents[1]
HEAVY = {
    "PIL", "argparse", "email", "hashlib", "html", "http", "importlib.metadata", "matplotlib", "multiprocessing",
    "numba", "pooch", "requests", "rich", "scipy", "ssl", "statistics", "subprocess", "tempfile", "torch", "typer",
    "unittest", "urllib.request", "xml", "yaml", "zipfile",
}  # fmt: skip
LATER = ["data", "draw", "gradcheck", "graph", "summary", "utils"]


def run(program, **environment):
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    return done.stdout.strip()


def loaded(statement, **environment):
    return set(run(f"import sys; {statement}; print(*sorted(sys.modules))", **environment).split())


def heavy(modules):
    return {name for name in modules if name in HEAVY or name.split(".")[0] in HEAVY}


def test_no_heavy_module_is_loaded_that_numpy_does_not_load():
    ours, numpys = loaded("import tinygrad_cnn"), loaded("import numpy.random")
    assert "tinygrad_cnn.nn" in ours
    assert heavy(ours) - numpys == set()


def test_a_training_step_by_numpy_loads_none_either():
    step = (
        "import tinygrad_cnn as tc; net = tc.nn.Linear(3, 2); sgd = tc.optim.SGD(net.parameters(), lr=0.1);"
        "net(tc.ones(4, 3)).sum().backward(); sgd.step()"
    )
    assert heavy(loaded(step, TINYGRAD_CNN_KERNELS="numpy")) - loaded("import numpy.random") == set()


def test_nothing_is_compiled_or_loaded_by_the_import(tmp_path):
    folder = tmp_path / "cache"
    modules = loaded("import tinygrad_cnn", TINYGRAD_CNN_CACHE=str(folder))
    fast = {name for name in modules if name.startswith("tinygrad_cnn.fast.")}
    assert fast <= {f"tinygrad_cnn.fast.{name}" for name in ("dispatch", "fusion", "layers", "memory")}
    assert "ctypes" not in modules or "ctypes" in loaded("import numpy.random")
    assert not folder.exists()


def test_what_is_imported_later_is_not_there_at_first():
    modules = loaded("import tinygrad_cnn")
    assert not modules & {f"tinygrad_cnn.{name}" for name in ("data", "gradcheck", "graph", "report", "utils")}


@pytest.mark.parametrize("name", LATER)
def test_what_is_imported_later_is_there_when_it_is_used(name):
    found = run(f"import tinygrad_cnn as tc; print(tc.{name}.__name__, tc.{name} is tc.{name})")
    assert found == f"{name if name in ('draw', 'summary') else 'tinygrad_cnn.' + name} True"


def test_all_names_are_listed_and_there():
    assert set(LATER) <= set(tc.__all__) & set(dir(tc))
    assert set(tc.__all__) <= set(dir(tc))
    listed = run("import tinygrad_cnn as tc; print(*dir(tc))").split()  # before anything was used
    assert set(tc.__all__) <= set(listed)
    names = run("from tinygrad_cnn import *; print(*sorted(set(globals())))").split()
    assert set(tc.__all__) <= set(names)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'tinygrad_cnn' has no attribute 'conv4d'"):
        tc.conv4d  # noqa: B018
    assert not hasattr(tc, "conv4d")
    with pytest.raises(ImportError, match="cannot import name 'conv4d'"):
        from tinygrad_cnn import conv4d  # noqa: F401
