"""A gradient that has yet to pass a ReLU is handed on as it is, and nobody sees the difference."""

from functools import partial

import numpy as np
import pytest
from fused_programs import CASES, agree, energy, tensors
from kernel_forms import needs_compiler

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import autograd
from tinygrad_cnn.autograd import grad, registry
from tinygrad_cnn.backends.kernels import kernels_of
from tinygrad_cnn.fast.relu_mask import MaskedGradient

pytestmark = needs_compiler
every = pytest.mark.parametrize("name", CASES)


@pytest.fixture
def masked(monkeypatch):
    """Return a list that notes, for each call of joint gradients, whether the mask of a ReLU was left to it."""
    noted = []

    def noting(node, g, wanted, *, plain):
        noted.append(isinstance(g, MaskedGradient))
        return plain(node, g, wanted)

    with kernels_of("compiled"):
        for op in ("conv.conv2d", "linear.linear", "norm.batch_norm"):
            module, name = op.split(".")
            target = f"tinygrad_cnn.fast.{module}.{name}_gradients"
            monkeypatch.setattr(target, partial(noting, plain=registry[name].gradients))
        yield noted


def all_masked(name, masked):
    """Return whether the mask was left to every call, and to none for the operation whose gradients take no mask."""
    return bool(masked) and (not any(masked) if name == "linear" else all(masked))


def rectified(op, *args):
    return energy(F.relu(op(*args)))


@every
def test_gradients_through_a_relu(name, masked):
    agree(name, rectified)
    assert all_masked(name, masked)


@every
def test_an_output_used_beside_the_relu_too(name, masked):
    def program(op, *args):
        y = op(*args)
        return energy(F.relu(y)) + (y * y).sum() * 0.5 - energy(F.relu(y * 2))

    agree(name, program)
    assert masked
    assert not any(masked)  # sums have passed


@every
def test_two_relus_of_one_output(name):
    def program(op, *args):
        y = op(*args)
        return energy(F.relu(y)) + (F.relu(y) * F.relu(y)).sum()

    agree(name, program)


@every
def test_a_relu_used_twice(name, masked):
    def program(op, *args):
        z = F.relu(op(*args))
        return energy(z) + (z * z).sum()

    agree(name, program)
    assert all_masked(name, masked)


@every
def test_a_relu_of_a_relu(name):
    agree(name, lambda op, *args: energy(F.relu(F.relu(op(*args)))))


def test_layers_one_after_another(masked):
    x, w = CASES["conv2d"][1][:2]
    square = np.concatenate([w, w])[:4]

    def program(dtype):
        leaves = tensors((x, square, square[::-1].copy()), dtype)
        z = F.relu(F.conv2d(F.relu(F.conv2d(leaves[0], leaves[1], padding=1)), leaves[2]))
        return [one.numpy() for one in grad(energy(z), leaves)]

    with kernels_of("numpy"):
        expected = program(tc.float64)
    masked.clear()
    with kernels_of("compiled"):
        found = program(tc.float32)
    assert masked == [True, True]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=2e-5 * abs(other).max())


@every
@pytest.mark.parametrize("which", ["output", "relu"])
def test_a_hook_sees_and_changes_the_gradient_there(name, which):
    def program(seen, op, *args):
        y = op(*args)
        z = F.relu(y)
        hooked = y if which == "output" else z
        hooked.register_hook(lambda g: seen.append(g.numpy().copy()) or g * 3)
        return energy(z)

    found, expected = [], []
    agree(name, lambda op, *args: program(found if args[0].dtype == tc.float32 else expected, op, *args))
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-6)
    assert (found[0] == 0).any() == (which == "output")  # it has passed the ReLU, or not yet


@every
def test_gradients_that_tensors_retain(name):
    op, arrays = CASES[name]
    with kernels_of("compiled"):
        leaves = tensors(arrays)
        y = op(*leaves)
        z = F.relu(y)
        y.retain_grad()
        z.retain_grad()
        energy(z).backward()
    assert (z.grad.numpy() != 0).all()
    np.testing.assert_array_equal(y.grad.numpy(), np.where(y.detach().numpy() > 0, z.grad.numpy(), 0))
    for leaf, expected in zip(leaves, grad(rectified(op, *leaves), leaves), strict=True):
        np.testing.assert_allclose(leaf.grad.numpy(), expected.numpy(), rtol=1e-5, atol=1e-5)


@every
def test_the_gradient_of_an_intermediate_result(name):
    op, arrays = CASES[name]
    with kernels_of("compiled"):
        leaves = tensors(arrays)
        y = op(*leaves)
        z = F.relu(y)
        total = energy(z)
        gy, gz = grad(total, [y, z], retain_graph=True)
        (alone,) = grad(total, [y], retain_graph=True)
        with_leaf = grad(total, [leaves[1], y], retain_graph=True)
        expected = grad(total, leaves)[1]
    np.testing.assert_array_equal(gy.numpy(), np.where(y.detach().numpy() > 0, gz.numpy(), 0))
    np.testing.assert_array_equal(alone.numpy(), gy.numpy())
    np.testing.assert_array_equal(with_leaf[1].numpy(), gy.numpy())
    np.testing.assert_allclose(with_leaf[0].numpy(), expected.numpy(), rtol=1e-5, atol=1e-5)


@every
def test_backward_for_an_intermediate_result(name):
    op, arrays = CASES[name]
    with kernels_of("compiled"):
        y = op(*tensors(arrays))
        y.retain_grad()
        z = F.relu(y)
        energy(z).backward(inputs=[y])
    expected = grad(energy(F.relu(leaf := y.detach().requires_grad_())), [leaf])[0]
    np.testing.assert_array_equal(y.grad.numpy(), expected.numpy())


@every
def test_a_second_backward_pass(name):
    op, arrays = CASES[name]
    with kernels_of("compiled"):
        leaves = tensors(arrays)
        total = rectified(op, *leaves)
        total.backward(retain_graph=True)
        once = [leaf.grad.numpy().copy() for leaf in leaves]
        total.backward()
        for leaf, first in zip(leaves, once, strict=True):
            np.testing.assert_allclose(leaf.grad.numpy(), 2 * first, rtol=1e-6)
        with pytest.raises(RuntimeError, match="freed by an earlier backward pass"):
            total.backward()


@every
def test_second_order(name, masked):
    def program(op, *args):
        first = grad(energy(F.relu(op(*args)) ** 2), list(args), create_graph=True)
        return sum((one * one).sum() for one in first)

    agree(name, program, tolerance=1e-4)


@every
def test_where_nan_is_looked_for_every_gradient_is_there_to_look_at(name, masked):
    with autograd.detect_anomaly():
        agree(name, rectified)
    assert masked
    assert not any(masked)


@every
def test_anomaly_mode_names_the_relu_that_lets_nan_through(name):
    op, arrays = CASES[name]
    with kernels_of("compiled"), autograd.detect_anomaly():
        z = F.relu(op(*tensors(arrays)))
        with pytest.raises(RuntimeError, match="(?s)relu.*nan"):
            z.backward(tc.full(z.shape, float("nan")))


@every
@pytest.mark.parametrize("which", ["relu", "input"])
def test_a_saved_value_changed_in_place_is_noticed(name, which):
    op, arrays = CASES[name]
    with kernels_of("compiled"):
        leaves = tensors(arrays)
        x = leaves[0] * 1
        z = F.relu(op(x, *leaves[1:]))
        total = energy(z * 1)
        with tc.no_grad():
            (z if which == "relu" else x).add_(1)
        with pytest.raises(RuntimeError, match="changed in place|modified"):
            total.backward()


@every
def test_nan_in_the_output_lets_the_gradient_through_as_in_pytorch(name):
    torch = pytest.importorskip("torch")
    theirs = {
        "conv2d": lambda x, w, b: torch.conv2d(x, w, b, padding=1),
        "conv2d, strided": lambda x, w, b: torch.conv2d(x, w, b, (2, 1), (0, 2), (1, 2)),
        "conv2d by Winograd": lambda x, w, b: torch.conv2d(x, w, b, padding=1),
        "linear": torch.nn.functional.linear,
        "batch_norm": lambda x, w, b: torch.nn.functional.batch_norm(x, None, None, w, b, training=True),
    }
    op, (x, w, b) = CASES[name]
    b = b.copy()
    b[1] = np.nan  # all of one channel of the output, and nothing else
    with kernels_of("compiled"):
        leaves = tensors((x, w, b))
        z = F.relu(op(*leaves))
        found = grad(energy(z), leaves)
    others = [torch.tensor(one, dtype=torch.float64, requires_grad=True) for one in (x, w, b)]
    y = torch.relu(theirs[name](*others))
    upstream = torch.tensor(np.random.default_rng(9).standard_normal(y.shape))
    expected = torch.autograd.grad(y, others, upstream)
    assert np.isnan(z.detach().numpy()[:, 1]).all()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-4, atol=1e-4)
