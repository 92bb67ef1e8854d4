"""Linear maps, activations and softmax give PyTorch's numbers and gradients, option by option."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn.nn import functional as F

NAMES = ["selu", "mish", "hardsigmoid", "hardswish"]

POINTS = np.array([-1e4, -30, -3, -2.999, -1, -0.0, 0, 1e-8, 0.5, 2.999, 3, 4, 30, 1e4])

torch = pytest.importorskip("torch")

TF = torch.nn.functional

rng = np.random.default_rng(0)


def compare(name, arrays, *constants, rtol=1e-12, **options):
    """Run `name` in both on the same float64 inputs, and compare the outputs and every gradient."""
    ours = [tc.tensor(a, requires_grad=True) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    fix_ours = {k: tc.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    fix_theirs = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    y = getattr(F, name)(*ours, *[tc.tensor(c) for c in constants], **fix_ours)
    expected = getattr(TF, name)(*theirs, *[torch.tensor(c) for c in constants], **fix_theirs)
    assert y.shape == tuple(expected.shape)
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), rtol=rtol, atol=1e-14)
    g = rng.normal(size=y.shape)
    y.backward(tc.tensor(g))
    expected.backward(torch.tensor(g))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=rtol, atol=1e-13)


def normal(*shape):
    return rng.normal(size=shape)


@pytest.mark.parametrize("name", NAMES)
def test_values_and_gradients_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    for dtype, rtol in (("float64", 2e-7), ("float32", 2e-6)):  # there, a sixth is rounded to float32
        x = POINTS.astype(dtype)
        ours, theirs = tc.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        y, z = getattr(F, name)(ours), getattr(torch.nn.functional, name)(theirs)
        y.sum().backward()
        z.sum().backward()
        assert y.dtype == x.dtype
        np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), rtol=rtol, atol=1e-12)
        np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=rtol, atol=1e-12)


@pytest.mark.parametrize(
    ("x", "w", "b"),
    [
        ((5, 4), (3, 4), (3,)),
        ((5, 4), (3, 4), None),
        ((4,), (3, 4), (3,)),
        ((2, 5, 4), (3, 4), (3,)),
        ((5, 4), (4,), None),
        ((0, 4), (3, 4), (3,)),
    ],
)
def test_linear(x, w, b):
    compare("linear", [normal(*x), normal(*w)] + ([] if b is None else [normal(*b)]))


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh"])
def test_activations(name):
    compare(name, [normal(3, 4) * 10])


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize(("shape", "dim"), [((3, 4), 1), ((3, 4), 0), ((2, 3, 4), -2), ((), 0), ((5,), -1)])
def test_softmax(name, shape, dim):
    compare(name, [normal(*shape) * 30], dim=dim, rtol=1e-10)


@pytest.mark.parametrize("ndim", [0, 1, 2, 3, 4])
def test_softmax_guesses_the_axis_that_pytorch_guesses_and_warns(ndim):
    x = normal(*[3, 2, 4, 5][:ndim])
    with pytest.warns(UserWarning, match=r"softmax: the axis is left to be guessed, and dim=[01] is taken"):
        y = F.softmax(tc.tensor(x))
    with pytest.warns(UserWarning, match="Implicit dimension"):
        expected = TF.softmax(torch.tensor(x))
    np.testing.assert_allclose(y.numpy(), expected.numpy(), rtol=1e-12)
