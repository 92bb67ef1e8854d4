"""Which form of a kernel runs: modes, the environment variable, and machines without a compiler."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from kernel_forms import float32, form_of, needs_compiler

from tinygrad_cnn import kernels
from tinygrad_cnn.backends.kernels import kernel_mode, kernels_of, set_kernel_mode
from tinygrad_cnn.fast import build

ROOT = Path(__file__).parents[2]
COMPILED = "tinygrad_cnn.fast"


@pytest.fixture(autouse=True)
def _same_mode_afterwards():
    before = forms._mode
    yield
    forms._use(before, None)


@pytest.fixture
def not_loaded(monkeypatch):
    """As at the start of a program: no compiled module was imported yet."""
    for name in [name for name in sys.modules if name.startswith(COMPILED + ".") and not name.endswith(".build")]:
        monkeypatch.delitem(sys.modules, name)
        monkeypatch.delattr(name, raising=False)
    for name in ("native", "table"):
        monkeypatch.delattr(f"{COMPILED}.{name}", raising=False)
    monkeypatch.setattr(kernels.threads, "_listeners", [])


def run(program, **environment):
    """Return what a program prints, and its warnings."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    return done.stdout.strip(), done.stderr.strip()


@needs_compiler
def test_the_modes():
    set_kernel_mode("compiled")
    assert kernel_mode() == "compiled"
    assert form_of("relu") is not None
    set_kernel_mode("numpy")
    assert kernel_mode() == "numpy"
    assert form_of("relu") is None
    set_kernel_mode("auto")
    assert kernel_mode() == "compiled"


def test_an_unknown_mode_is_refused_and_nothing_changes():
    set_kernel_mode("numpy")
    with pytest.raises(ValueError, match="set_kernel_mode: expected one of auto, compiled, numpy, got 'fast'"):
        set_kernel_mode("fast")
    assert kernel_mode() == "numpy"


@needs_compiler
def test_a_block_restores_the_mode():
    set_kernel_mode("numpy")
    with kernels_of("compiled"):
        assert kernel_mode() == "compiled"
        with pytest.raises(KeyError), kernels_of("numpy"):
            raise KeyError(kernel_mode())
        assert kernel_mode() == "compiled"
    assert kernel_mode() == "numpy"


def test_every_compiled_form_stands_behind_a_kernel_or_a_use_of_its_own():
    pytest.importorskip(COMPILED + ".table")
    from tinygrad_cnn.fast.table import FORMS

    alone = {name for name in FORMS if name.endswith("_step")} | {
        "batch_norm_relu", "conv2d_gradients", "conv2d_relu", "cross_entropy_gradients", "linear_gradients",
        "linear_relu",
    }  # fmt: skip
    assert set(FORMS) - alone <= forms._names


PROGRAM = "from tinygrad_cnn.backends.kernels import kernel_mode; print(kernel_mode())"


@needs_compiler
@pytest.mark.parametrize(("value", "mode"), [("", "compiled"), ("auto", "compiled"), ("numpy", "numpy")])
def test_the_environment_variable(value, mode):
    assert run(PROGRAM, TINYGRAD_CNN_KERNELS=value) == (mode, "")


def test_a_wrong_environment_variable_is_said_and_left_alone():
    out, err = run("from tinygrad_cnn.fast import dispatch; forms.kernel_mode(); print(forms._mode)",
                   TINYGRAD_CNN_KERNELS="fast")  # fmt: skip
    assert out == "auto"
    assert "TINYGRAD_CNN_KERNELS: expected one of auto, compiled, numpy, got 'fast'" in err


@needs_compiler
def test_what_a_form_declines_numpy_computes(monkeypatch):
    x, declined = float32(0, 3, 4), []
    set_kernel_mode("compiled")
    monkeypatch.setitem(forms._forms, "relu", lambda *args: declined.append(args) or NotImplemented)
    np.testing.assert_array_equal(kernels.relu(x), np.maximum(x, 0))
    assert len(declined) == 1


class Owner:
    pass


@needs_compiler
def test_what_is_bound_follows_the_mode(monkeypatch):
    monkeypatch.setattr(forms, "_bound", [])
    owner, otherwise, x = Owner(), lambda x: "otherwise", float32(0, 3)
    forms._use("numpy", None)
    forms.bind(owner, "compute", "relu", otherwise)
    forms.bind(owner, "fused", "conv2d_gradients", None)
    assert owner.compute(x) == "otherwise"  # kernels are loaded now
    assert owner.compute is otherwise
    assert owner.fused is None
    with kernels_of("compiled"):
        assert owner.compute is form_of("relu")
        assert owner.fused is form_of("conv2d_gradients")
    assert owner.compute is otherwise
    forms._use("compiled", None)
    np.testing.assert_array_equal(owner.compute(x), np.maximum(x, 0))
    assert owner.compute is form_of("relu")
    forms.bind(owner, "later", "no such kernel", otherwise)
    assert owner.later is otherwise


def test_what_is_bound_to_nothing_declines_when_it_is_first_needed(monkeypatch):
    monkeypatch.setattr(forms, "_bound", [])
    owner = Owner()
    forms._use("numpy", None)
    forms.bind(owner, "fused", "conv2d_gradients", None)
    assert owner.fused([True], float32(0, 3)) is None


def test_a_mode_that_fails_leaves_what_is_bound(not_loaded, monkeypatch):
    monkeypatch.setattr(build, "find_compiler", lambda: None)
    monkeypatch.setattr(forms, "_bound", [])
    owner, otherwise = Owner(), lambda x: x
    set_kernel_mode("numpy")
    forms.bind(owner, "compute", "relu", otherwise)
    with pytest.raises(RuntimeError, match="no C compiler"):
        set_kernel_mode("compiled")
    assert owner.compute is otherwise


def test_without_a_compiler_numpy_computes_and_nothing_is_said(not_loaded, monkeypatch):
    monkeypatch.setattr(build, "find_compiler", lambda: None)
    set_kernel_mode("auto")
    assert kernel_mode() == "numpy"
    np.testing.assert_array_equal(kernels.relu(float32(0, 5)), np.maximum(float32(0, 5), 0))


def test_to_insist_without_a_compiler_names_the_extra(not_loaded, monkeypatch):
    monkeypatch.setattr(build, "find_compiler", lambda: None)
    set_kernel_mode("numpy")
    with pytest.raises(RuntimeError, match=r'compiled kernels: no C compiler .* pip install "tinygrad-cnn\[fast\]"'):
        set_kernel_mode("compiled")
    assert (forms._mode, kernel_mode()) == ("numpy", "numpy")


def test_to_insist_from_the_start_without_a_compiler_never_computes_with_numpy(not_loaded, monkeypatch):
    monkeypatch.setattr(build, "find_compiler", lambda: None)
    monkeypatch.setenv("TINYGRAD_CNN_KERNELS", "compiled")
    forms._use(None, None)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="compiled kernels: no C compiler"):
            kernels.relu(float32(0, 5))


@pytest.fixture
def failing(tmp_path, monkeypatch):
    script = tmp_path / "cc.py"
    script.write_text("import sys; sys.exit('error: no such instruction')", encoding="utf-8")
    monkeypatch.setenv("TINYGRAD_CNN_CACHE", str(tmp_path))
    monkeypatch.setattr(build, "find_compiler", lambda: [sys.executable, str(script)])


def test_a_compiler_that_fails_is_quoted_and_numpy_computes(not_loaded, failing):
    with pytest.warns(RuntimeWarning, match=r"failed: error: no such instruction; the NumPy ones are used"):
        set_kernel_mode("auto")
    assert kernel_mode() == "numpy"
    np.testing.assert_array_equal(kernels.relu(float32(0, 5)), np.maximum(float32(0, 5), 0))  # and not said again


def test_to_insist_on_a_compiler_that_fails(not_loaded, failing):
    with pytest.raises(RuntimeError, match=r"compiled kernels: .*failed: error: no such instruction"):
        set_kernel_mode("compiled")


@needs_compiler
def test_a_compiler_that_cannot_be_found_to_fail_is_tried_again(not_loaded, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(build, "find_compiler", lambda: None)
        set_kernel_mode("auto")
        assert kernel_mode() == "numpy"
    set_kernel_mode("auto")
    assert kernel_mode() == "compiled"
