"""The switch between compiled and NumPy kernels: modes, the environment variable, machines without a compiler."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from kernel_forms import float32, needs_compiler

import tinygrad_cnn as tc
from tinygrad_cnn import ops, optim
from tinygrad_cnn.autograd import registry
from tinygrad_cnn.backends import kernels, threads
from tinygrad_cnn.backends.kernels import kernel_mode, kernels_of, set_kernel_mode
from tinygrad_cnn.fast import build, dispatch
from tinygrad_cnn.optim.optimizer import group_steps

ROOT = Path(__file__).parents[2]
FAST = "tinygrad_cnn.fast"


@pytest.fixture(autouse=True)
def _same_mode_afterwards():
    before = kernels._mode
    yield
    kernels.reset(before)


@pytest.fixture
def not_loaded(monkeypatch):
    """As at the start of a program: no module that needs the compiled library was imported yet."""
    for name in (*dispatch.KERNELS, "optim", "native"):
        monkeypatch.delitem(sys.modules, f"{FAST}.{name}", raising=False)
        monkeypatch.delattr(f"{FAST}.{name}", raising=False)
    monkeypatch.setattr(threads, "_listeners", [])


def run(program, **environment):
    """Return what a program prints, and its warnings."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    return done.stdout.strip(), done.stderr.strip()


def in_use(name):
    """Return whether the kernel of an operation is its compiled form."""
    return registry[name].kernel is not dispatch.numpy_kernels[name]


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


@needs_compiler
def test_the_first_call_of_a_kernel_chooses():
    kernels.reset()
    x = float32(0, 3, 4)
    np.testing.assert_array_equal(ops.relu(x), np.maximum(x, 0))
    assert kernels._running == "compiled"
    assert all(in_use(name) for name in dispatch.numpy_kernels)


@needs_compiler
def test_the_first_step_of_an_optimizer_chooses():
    kernels.reset()
    p = tc.ones(3, requires_grad=True)
    p.grad = tc.ones(3)
    optim.Adam([p], lr=0.5).step()
    assert p.tolist() == pytest.approx([0.5] * 3)
    assert kernels._running == "compiled"


@needs_compiler
def test_every_listed_operation_and_optimizer_has_its_compiled_form_and_gives_it_back():
    with kernels_of("compiled"):
        for module, names in dispatch.KERNELS.items():
            for name in names:
                assert registry[name].kernel is getattr(importlib.import_module(f"{FAST}.{module}"), name)
        for names in dispatch.GRADIENTS.values():
            assert all(registry[name].gradients is not None for name in names)
        assert set(group_steps) == set(dispatch.STEPS)
    with kernels_of("numpy"):
        assert all(registry[name].kernel is registry[name].__wrapped__ for name in dispatch.numpy_kernels)
        assert all(registry[name].gradients is None for names in dispatch.GRADIENTS.values() for name in names)
        assert not group_steps


@needs_compiler
@pytest.mark.parametrize("name", dispatch.UFUNCS)
def test_a_kernel_that_only_calls_a_function_of_numpy_is_that_function_and_comes_back(name):
    ufunc = dispatch.UFUNCS[name]
    x, y = float32(0, 3, 4), float32(1, 4)
    np.testing.assert_array_equal(registry[name].__wrapped__(x, y), ufunc(x, y))
    with kernels_of("compiled"):
        assert registry[name].kernel is ufunc
    with kernels_of("numpy"):
        assert registry[name].kernel is registry[name].__wrapped__


def test_a_product_is_not_what_makes_the_kernels_load():
    kernels.reset()
    ops.mul(float32(0, 3), 2.0)
    assert kernels._running is None


def test_a_subclass_of_an_optimizer_steps_by_the_equation_of_its_class():
    class Half(optim.SGD):
        def _update(self, p, g, state, group):
            p -= 0.5 * group["lr"] * g

    p = tc.ones(2, requires_grad=True)
    p.grad = tc.ones(2)
    Half([p], lr=0.5).step()
    assert p.tolist() == [0.75, 0.75]


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


@needs_compiler
def test_what_a_form_declines_numpy_computes(monkeypatch):
    declined = []
    set_kernel_mode("compiled")
    monkeypatch.setitem(dispatch.numpy_kernels, "relu_input", lambda *args: declined.append(args) or "numpy")
    assert ops.relu_input.kernel(np.ones(3), np.ones(3)) == "numpy"
    assert len(declined) == 1


def test_a_mode_that_fails_changes_nothing(not_loaded, monkeypatch):
    monkeypatch.setattr(build, "find_compiler", lambda: None)
    set_kernel_mode("numpy")
    before = {name: registry[name].kernel for name in dispatch.numpy_kernels}
    with pytest.raises(RuntimeError, match="no C compiler"):
        set_kernel_mode("compiled")
    assert {name: registry[name].kernel for name in dispatch.numpy_kernels} == before
    assert not group_steps


def test_without_a_compiler_numpy_computes_and_nothing_is_said(not_loaded, monkeypatch):
    monkeypatch.setattr(build, "find_compiler", lambda: None)
    set_kernel_mode("auto")
    assert kernel_mode() == "numpy"
    np.testing.assert_array_equal(ops.relu(float32(0, 5)), np.maximum(float32(0, 5), 0))


def test_to_insist_without_a_compiler_names_the_extra(not_loaded, monkeypatch):
    monkeypatch.setattr(build, "find_compiler", lambda: None)
    set_kernel_mode("numpy")
    with pytest.raises(RuntimeError, match=r'compiled kernels: no C compiler .* pip install "tinygrad-cnn\[fast\]"'):
        set_kernel_mode("compiled")
    assert (kernels._mode, kernel_mode()) == ("numpy", "numpy")


def test_to_insist_from_the_start_without_a_compiler_never_computes_with_numpy(not_loaded, monkeypatch):
    monkeypatch.setattr(build, "find_compiler", lambda: None)
    monkeypatch.setenv("TINYGRAD_CNN_KERNELS", "compiled")
    kernels.reset()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="compiled kernels: no C compiler"):
            ops.relu(float32(0, 5))


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
    np.testing.assert_array_equal(ops.relu(float32(0, 5)), np.maximum(float32(0, 5), 0))  # and not said again


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
