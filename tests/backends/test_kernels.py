"""The switch between compiled and NumPy kernels: modes, blocks and the environment variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from kernel_forms import float32, needs_compiler

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import registry
from tinygrad_cnn.backends import kernels
from tinygrad_cnn.backends.kernels import Unavailable, kernel_mode, kernels_of, set_kernel_mode

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _same_mode_afterwards():
    before = kernels._mode
    yield
    kernels.reset(before)


def run(program, **environment):
    """Return what a program prints, and its warnings."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    return done.stdout.strip(), done.stderr.strip()


def in_use(name):
    """Return whether the kernel of an operation is another than the NumPy one."""
    return registry[name].kernel is not registry[name].__wrapped__


@needs_compiler
def test_the_modes():
    set_kernel_mode("compiled")
    assert kernel_mode() == "compiled"
    assert in_use("relu")
    set_kernel_mode("numpy")
    assert kernel_mode() == "numpy"
    assert not in_use("relu")
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


@needs_compiler
def test_a_block_before_any_kernel_ran_leaves_the_choice_open():
    kernels.reset()
    with kernels_of("numpy"):
        assert not in_use("relu")
    assert kernels._running is None
    ops.relu(float32(0, 3))
    assert kernel_mode() == "compiled"


PROGRAM = "from tinygrad_cnn.backends.kernels import kernel_mode; import tinygrad_cnn; print(kernel_mode())"


@needs_compiler
@pytest.mark.parametrize(("value", "mode"), [("", "compiled"), ("auto", "compiled"), ("numpy", "numpy")])
def test_the_environment_variable(value, mode):
    assert run(PROGRAM, TINYGRAD_CNN_KERNELS=value) == (mode, "")


def test_a_wrong_environment_variable_is_said_and_left_alone():
    program = "from tinygrad_cnn.backends import kernels; kernels.kernel_mode(); print(kernels._mode)"
    out, err = run(program, TINYGRAD_CNN_KERNELS="fast")
    assert out == "auto"
    assert "TINYGRAD_CNN_KERNELS: expected one of auto, compiled, numpy, got 'fast'" in err


class Failing:
    """Faster kernels that cannot be had."""

    def __init__(self, error):
        self.error, self.left = error, 0

    def wait(self):
        pass

    def use(self):
        raise self.error

    def leave(self):
        self.left += 1


@pytest.fixture
def failing(monkeypatch):
    """Return a maker of providers that fail with an error, in the place of the one there is."""

    def put(error):
        monkeypatch.setattr(kernels, "_provider", Failing(error))
        return kernels._provider

    return put


def test_without_faster_kernels_numpy_computes_and_nothing_is_said(failing):
    provider = failing(Unavailable("no compiler"))
    set_kernel_mode("auto")
    assert (kernel_mode(), provider.left) == ("numpy", 1)


def test_a_failure_is_said_once_and_numpy_computes(failing):
    failing(OSError("no room"))
    with pytest.warns(RuntimeWarning, match="compiled kernels: no room; the NumPy ones are used"):
        set_kernel_mode("auto")
    assert kernel_mode() == "numpy"


@pytest.mark.parametrize("error", [Unavailable("no compiler"), RuntimeError("no compiler")])
def test_to_insist_on_kernels_that_fail_raises_and_changes_nothing(failing, error):
    failing(error)
    set_kernel_mode("numpy")
    with pytest.raises(RuntimeError, match="compiled kernels: no compiler"):
        set_kernel_mode("compiled")
    assert (kernels._mode, kernel_mode()) == ("numpy", "numpy")
