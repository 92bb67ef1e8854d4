"""Products over no elements are zeros, forward and in both orders of gradients, as in PyTorch."""

import numpy as np
import pytest

from tinygrad_cnn.backends.kernels import kernels_of

LINEAR = [
    ((*lead, inputs), outputs)
    for lead in ((3,), (0,), (2, 3), (2, 0), ())
    for inputs in (0, 4)
    for outputs in (0, 5)
]  # fmt: skip
PRODUCTS = [
    ("matmul", (3, 0), (0, 4)), ("matmul", (0, 3), (3, 4)), ("matmul", (3, 4), (4, 0)), ("matmul", (2, 3, 0), (0, 4)),
    ("matmul", (2, 3, 0), (2, 0, 4)), ("matmul", (3, 0), (0,)), ("matmul", (0,), (0, 4)), ("matmul", (0,), (0,)),
    ("matmul", (1, 3, 0), (5, 0, 2)), ("mm", (3, 0), (0, 4)), ("bmm", (2, 3, 0), (2, 0, 4)),
    ("bmm", (0, 3, 4), (0, 4, 5)), ("mv", (3, 0), (0,)), ("dot", (0,), (0,)), ("outer", (0,), (3,)),
]  # fmt: skip

every_form = pytest.mark.parametrize("mode", ["numpy", "auto"])
dtypes = pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])


def orders(framework, call, shapes, dtype):
    """Return the output of `call` for ones, and gradients of two orders."""
    xs = [framework.tensor(np.ones(shape, dtype), requires_grad=True) for shape in shapes]
    y = call(framework, *xs)
    first = framework.autograd.grad((y * y).sum(), xs, create_graph=True)
    second = framework.autograd.grad(sum((g * g).sum() for g in first), xs, allow_unused=True)
    return [None if one is None else one.detach().numpy() for one in (y, *first, *second)]


def same(call, shapes, dtype, mode, ours, torch):
    with kernels_of(mode):
        found = orders(ours, call, shapes, dtype)
    for here, there in zip(found, orders(torch, call, shapes, dtype), strict=True):
        if here is None or there is None:
            assert not np.any(here if there is None else there)
        else:
            assert here.dtype == there.dtype
            np.testing.assert_array_equal(here, there, strict=True)


@every_form
@dtypes
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("shape", "outputs"), LINEAR)
def test_linear(shape, outputs, bias, dtype, mode, ours, torch):
    shapes = [shape, (outputs, shape[-1]), *[(outputs,)] * bias]
    same(lambda torch, *xs: torch.nn.functional.linear(*xs), shapes, dtype, mode, ours, torch)


@every_form
@dtypes
@pytest.mark.parametrize(("name", "first", "second"), PRODUCTS)
def test_products(name, first, second, dtype, mode, ours, torch):
    same(lambda torch, *xs: getattr(torch, name)(*xs), (first, second), dtype, mode, ours, torch)


@every_form
@dtypes
@pytest.mark.parametrize("groups", [1, 3])
def test_conv2d_without_channels_is_its_bias(groups, dtype, mode, ours):
    xs = [ours.tensor(np.ones(shape, dtype), requires_grad=True) for shape in ((2, 0, 5, 4), (3, 0, 3, 3), (3,))]
    with kernels_of(mode):
        y = ours.nn.functional.conv2d(*xs, padding=1, groups=groups)
        y.backward(ours.ones_like(y))
    np.testing.assert_array_equal(y.detach().array, np.ones((2, 3, 5, 4), dtype), strict=True)
    assert [x.grad.shape for x in xs] == [x.shape for x in xs]
    assert xs[2].grad.tolist() == [40] * 3


@every_form
def test_conv2d_over_no_images(mode, ours, torch):
    def call(torch, x, w, b):
        return torch.nn.functional.conv2d(x, w, b, padding=1)

    same(call, [(0, 3, 5, 5), (4, 3, 3, 3), (4,)], "float32", mode, ours, torch)
