"""Compiled forms: which operations have one, that each computes what NumPy does, and machines without a compiler."""

import importlib
import itertools
import sys
from functools import partial

import numpy as np
import pytest
from c_constants import around, constants
from fused_programs import CASES, agree, energy, random, tensors
from kernel_arguments import ARGUMENTS
from kernel_forms import falls_back, float32, form_of, near, needs_compiler, vjps_of

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import ops, optim
from tinygrad_cnn.autograd import grad, registry
from tinygrad_cnn.backends import kernels, threads
from tinygrad_cnn.backends.kernels import kernel_mode, kernels_of, set_kernel_mode
from tinygrad_cnn.fast import build, dispatch
from tinygrad_cnn.optim.optimizer import group_steps

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


@needs_compiler
def test_the_first_call_of_a_kernel_chooses():
    kernels.reset()
    x = float32(0, 3, 4)
    np.testing.assert_array_equal(ops.relu(x), np.maximum(x, 0))
    assert kernels._running == "compiled"
    assert all(registry[name].kernel is not kernel for name, kernel in dispatch.numpy_kernels.items())


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


@needs_compiler
def test_what_a_form_declines_numpy_computes():
    set_kernel_mode("compiled")
    g, y = np.array([1.0, 2, 3]), np.array([1.0, 0, np.nan])
    assert falls_back("relu_input", g, y)
    np.testing.assert_array_equal(ops.relu_input.kernel(g, y), [1, 0, 3])


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


# --- every compiled form computes what NumPy does ---------------------------------------------------------------------

ELEMENTWISE = constants("activation")
SIZES = (*around(ELEMENTWISE.LANES), ELEMENTWISE.CHUNK + 1)  # 1, a vector and its neighbours, beyond one block
KERNELS = sorted(name for names in dispatch.KERNELS.values() for name in names)
JOINT = sorted(name for names in dispatch.GRADIENTS.values() for name in names if name != "reshape")  # see test_shape
TAKE_MASKS = {"batch_norm", "conv2d"}
LINEAR = {"conv2d", "linear"}
every_size = pytest.mark.parametrize("n", SIZES)


def _agree(found, expected, sizes=None):
    """Compare results, or tuples and lists of them, with those that NumPy computed in float64; `sizes` as of `near`."""
    if isinstance(expected, (tuple, list)):
        for one, other, size in zip(found, expected, sizes or [None] * len(expected), strict=True):
            _agree(one, other, size)
    elif expected is None or expected.dtype.kind != "f":
        np.testing.assert_array_equal(found, expected)
    else:
        near(np.asarray(found), np.asarray(expected), 1 + abs(expected).max(initial=0) * 4 if sizes is None else sizes)


def _double(value):
    return value.astype(np.float64) if isinstance(value, np.ndarray) and value.dtype == np.float32 else value


def _exact(name, args, how):
    """Return what the NumPy kernel gives in float64."""
    return dispatch.numpy_kernels[name](*map(_double, args), **{key: _double(value) for key, value in how.items()})


@needs_compiler
@every_size
@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_computes_what_numpy_does(name, n):
    args, how = ARGUMENTS[name](n)
    found = form_of(name)(*args, **how)
    assert found is not NotImplemented
    _agree(found, _exact(name, args, how))


@needs_compiler
@every_size
@pytest.mark.parametrize("name", ["batch_norm", "conv2d", "linear"])
def test_a_kernel_with_a_relu_gives_what_is_above_0(name, n):
    args, how = ARGUMENTS[name](n)
    expected, found = _exact(name, args, how), form_of(name)(*args, relu=True, **how)
    _agree(found, (np.maximum(expected[0], 0), *expected[1:]) if name == "batch_norm" else np.maximum(expected, 0))


@needs_compiler
@every_size
@pytest.mark.parametrize(
    ("name", "masked"), [*[(name, False) for name in JOINT], *[(name, True) for name in sorted(TAKE_MASKS)]]
)
def test_joint_gradients_are_those_of_the_vjps(name, masked, n):
    args, how = ARGUMENTS[name](n)
    y, aux = form_of(name)(*args, **how), {}
    if name == "batch_norm":
        y, *found = y
        aux = dict(zip(("batch_mean", "batch_var"), found, strict=True))
    g = float32(8, *y.shape)
    relu_mask = np.maximum(float32(9, *y.shape), 0) if masked else None
    if name == "relu":  # hands g on to a convolution before it, to mask as it reads it
        (found,) = _relu_before_conv2d(g, y)
        assert found.taker is ops.conv2d
        found = [found.value()]
    else:
        wanted = [one is not None and one.dtype.kind == "f" for one in args]
        found = form_of(f"{name}_gradients")(wanted, g, relu_mask, y, *args, **aux, **how)
    sizes = None
    if name in LINEAR:  # a gradient may be far smaller than the terms that it sums up
        sizes = vjps_of(name, abs(g), relu_mask, *[None if one is None else abs(one) for one in args], **how)
    _agree(found, vjps_of(name, g, relu_mask, *args, **how), sizes)


ALL_OF_THREE = list(itertools.product([False, True], repeat=3))
OF_THREE_INPUTS = {
    "linear": (F.linear, [(4, 6), (5, 6), (5,)]),
    "linear of more axes": (F.linear, [(2, 4, 6), (5, 6), (5,)]),
    "linear of one axis": (F.linear, [(6,), (5, 6), (5,)]),
    "linear of nothing": (F.linear, [(4, 0), (5, 0), (5,)]),
    "conv2d": (F.conv2d, [(2, 3, 7, 6), (4, 3, 3, 3), (4,)]),
    "conv2d in groups": (
        partial(F.conv2d, stride=2, padding=1, groups=3),
        [(2, 3, 7, 6), (6, 1, 3, 3), (6,)],
    ),
    "batch_norm": (
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        [(3, 4, 5, 5), (4,), (4,)],
    ),
}


@needs_compiler
@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("wanted", ALL_OF_THREE[1:], ids=str)
@pytest.mark.parametrize("name", OF_THREE_INPUTS)
def test_gradients_of_some_inputs_only(name, wanted, relu):
    op, shapes = OF_THREE_INPUTS[name]
    results = {}
    for mode, dtype in (("compiled", np.float32), ("numpy", np.float64)):
        with kernels_of(mode):
            leaves = [
                tc.tensor(float32(i, *shape).astype(dtype), requires_grad=one)
                for i, (shape, one) in enumerate(zip(shapes, wanted, strict=True))
            ]
            y = F.relu(op(*leaves)) if relu else op(*leaves)
            (y * y.detach().cos()).sum().backward()
            results[mode] = [leaf.grad for leaf in leaves]
    assert [one is not None for one in results["compiled"]] == list(wanted)
    for found, exact in zip(results["compiled"], results["numpy"], strict=True):
        if found is not None:
            assert found.shape == exact.shape
            np.testing.assert_allclose(found.numpy(), exact.numpy(), rtol=1e-4, atol=1e-4)


def _relu_before_conv2d(g, y):
    """Return the joint gradients of a ReLU of the output of a convolution."""
    with kernels_of("compiled"):
        x = tc.tensor(float32(0, 1, 1, 3, 3), requires_grad=True)
        node = F.relu(F.conv2d(x, tc.ones(1, 1, 1, 1)))._node
        parent = node.parents[0]
    return form_of("relu_gradients")([True], g, None, y, parent)


@needs_compiler
@every_size
@pytest.mark.parametrize("kind", dispatch.STEPS)
def test_a_step_changes_what_numpy_changes(kind, n):
    found = []
    for mode in ("compiled", "numpy"):
        p = tc.tensor(float32(0, n), requires_grad=True)
        optimizer = kind([p], lr=0.1)
        with kernels_of(mode):
            for step in (1, 2):
                p.grad = tc.tensor(float32(step, n))
                optimizer.step()
        found.append(p.array)
    np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-5)
    assert (found[0] != float32(0, n)).any()


# --- joint gradients in a backward pass -------------------------------------------------------------------------------

every = pytest.mark.parametrize("name", CASES)
SOME = [wanted for wanted in itertools.product([False, True], repeat=3) if any(wanted)]


@needs_compiler
@every
@pytest.mark.parametrize("relu", [False, True])
def test_gradients_for_every_choice_of_inputs_that_need_one(name, relu):
    op, arrays = CASES[name]
    last = F.relu if relu else lambda y: y
    with kernels_of("numpy"):
        leaves = tensors(arrays, tc.float64)
        expected = grad(energy(last(op(*leaves))), leaves)
    for wanted in SOME:
        leaves = [leaf.requires_grad_(one) for leaf, one in zip(tensors(arrays), wanted, strict=True)]
        with kernels_of("compiled"):
            energy(last(op(*leaves))).backward()
        for leaf, one, exact in zip(leaves, wanted, expected, strict=True):
            assert (leaf.grad is not None) == one
            if one:
                np.testing.assert_allclose(leaf.grad.numpy(), exact.numpy(), rtol=1e-4, atol=1e-4)


@needs_compiler
@every
def test_gradients_of_one_of_the_inputs_only(name):
    op, arrays = CASES[name]
    with kernels_of("compiled"):
        leaves = tensors(arrays)
        expected = grad(energy(op(*leaves)), leaves)
        for i in range(3):
            (found,) = grad(energy(op(*leaves)), [leaves[i]])
            np.testing.assert_allclose(found.numpy(), expected[i].numpy(), rtol=1e-5, atol=1e-5)


@needs_compiler
@every
def test_gradients_without_a_bias_or_with_an_input_used_twice(name):
    agree(name, lambda op, x, w, b: energy(op(x, w, None)) + b.sum())
    agree(name, lambda op, x, w, b: energy(op(x * x, w, b)) + (x * x * x).sum() + w.sum())


@needs_compiler
def test_gradients_of_the_same_tensor_as_two_inputs():
    def program(dtype):
        x = tc.tensor(random(0, 5, 5), dtype=dtype, requires_grad=True)
        return grad(energy(F.linear(x, x, x[0])), [x])[0].numpy()

    with kernels_of("numpy"):
        expected = program(tc.float64)
    with kernels_of("compiled"):
        np.testing.assert_allclose(program(tc.float32), expected, rtol=1e-4, atol=1e-5)


@needs_compiler
@every
def test_joint_gradients_run_in_float32_only_and_not_when_recorded(name, monkeypatch):
    op, arrays = CASES[name]
    node = getattr(ops, name.split(" ")[0].rstrip(","))
    given = []

    def noting(*args, plain, **how):
        given.append(None if plain is None else plain(*args, **how))
        return given[-1]

    for dtype, mode, used in (
        (tc.float32, "compiled", True),
        (tc.float64, "compiled", False),
        (tc.float32, "numpy", False),
    ):
        with kernels_of(mode):
            leaves = tensors(arrays, dtype)
            total = energy(op(*leaves))
            monkeypatch.setattr(node, "gradients", partial(noting, plain=node.gradients))
            grad(total, leaves)
        assert (given.pop() is not None) == used
        assert given == []
        monkeypatch.undo()
    with kernels_of("compiled"):
        leaves = tensors(arrays)
        total = energy(op(*leaves))
        monkeypatch.setattr(node, "gradients", partial(noting, plain=node.gradients))
        grad(total, leaves, create_graph=True)
    assert given == [None]


@needs_compiler
@every
def test_no_joint_gradients_where_no_gradient_arrives(name):
    agree(name, lambda op, *args: energy(op(*args).detach() * 2 + args[0].sum()) + args[1].sum() + args[2].sum())


@needs_compiler
@every
def test_gradients_of_an_empty_batch(name):
    op, (x, w, b) = CASES[name]
    if name == "batch_norm":
        pytest.skip("there are no statistics of an empty batch")
    with kernels_of("compiled"):
        leaves = tensors((x[:0], w, b))
        found = grad(energy(F.relu(op(*leaves))), leaves)
    assert [one.shape for one in found] == [leaf.shape for leaf in leaves]
    assert not any(one.numpy().any() for one in found)


def test_a_gradient_of_another_shape_is_refused(monkeypatch):
    monkeypatch.setattr(ops.sqrt, "fit", None)
    monkeypatch.setattr(ops.sqrt, "gradients", lambda _node, g, _wanted: [g[:1]])
    y = ops.sqrt(tc.ones(3, requires_grad=True))
    with pytest.raises(RuntimeError, match=r"sqrt: .* shape \(1,\), expected \(3,\)"):
        y.sum().backward()
