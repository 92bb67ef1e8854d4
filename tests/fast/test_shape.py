"""The gradient of a reshape in one call."""

import numpy as np
from kernel_forms import needs_compiler

import tinygrad_cnn as tc
from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.backends.kernels import kernels_of

pytestmark = needs_compiler


def test_it_has_the_shape_of_the_input_and_shares_the_memory_of_g():
    x = tc.randn(2, 3, 4, requires_grad=True)
    with kernels_of("compiled"):
        y = x.reshape(6, 4)
        g = np.arange(24, dtype=np.float32).reshape(6, 4)
        (gx,) = ops.shape._reshape.gradients(y.grad_fn, g, [True])
    assert gx.shape == (2, 3, 4)
    assert np.shares_memory(gx, g)
    np.testing.assert_array_equal(gx.ravel(), g.ravel())


def test_a_recorded_gradient_is_left_to_the_vjp():
    x = tc.randn(2, 3, requires_grad=True)
    with kernels_of("compiled"):
        y = x.reshape(3, 2)
        assert ops.shape._reshape.gradients(y.grad_fn, tc.ones(3, 2), [True]) is None
        (g,) = grad((y * y * y).sum(), [x], create_graph=True)
        (gg,) = grad(g.sum(), [x])
    np.testing.assert_allclose(gg.numpy(), 6 * x.detach().numpy(), rtol=1e-6)


def test_in_the_row_of_a_network():
    x = tc.randn(4, 2, 3, requires_grad=True)
    with kernels_of("compiled"):
        (found,) = grad((x.flatten(1) * tc.arange(6.0)).sum(), [x])
    np.testing.assert_array_equal(
        found.numpy(), np.broadcast_to(np.arange(6, dtype=np.float32).reshape(2, 3), (4, 2, 3))
    )
