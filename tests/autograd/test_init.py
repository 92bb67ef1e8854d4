"""What `autograd` itself offers: gradient checks, and functions as scripts for PyTorch write them."""

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import autograd
from tinygrad_cnn.autograd import Function
from tinygrad_cnn.autograd.function import once_differentiable


def leaf(*values):
    return tg.tensor(values, dtype=tg.float64, requires_grad=True)


def test_gradchecks_are_here_too():
    x = leaf(0.5, 2.0)
    assert autograd.gradcheck(lambda x: x * x, (x,), eps=1e-6, atol=1e-4, fast_mode=True, nondet_tol=1e-3)
    assert autograd.gradgradcheck(lambda x: x * x * x, x, fast_mode=True)
    assert autograd.gradcheck is tg.gradcheck.gradcheck
    with pytest.raises(ValueError, match="expected check_forward_ad=False, got True"):
        autograd.gradcheck(lambda x: x, x, check_forward_ad=True)
    with pytest.raises(TypeError, match="unexpected keyword argument 'epsilon'"):
        autograd.gradcheck(lambda x: x, x, epsilon=1)
    with pytest.raises(AttributeError, match="has no attribute 'gradchek'"):
        autograd.gradchek  # noqa: B018 - that it raises is the test


class Power(Function):
    """xᵏ · scale, with arguments that have defaults."""

    @staticmethod
    def forward(x, k=2, *, scale=1.0):
        return x**k * scale

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.k = inputs
        ctx.save_for_backward(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * ctx.k * x ** (ctx.k - 1), None


@pytest.mark.parametrize(("args", "named", "slope"), [((), {}, 6), ((3,), {}, 27), ((), {"k": 1}, 1)])
def test_setup_context_sees_the_defaults_of_forward(args, named, slope):
    x = leaf(3.0)
    Power.apply(x, *args, **named).sum().backward()
    assert x.grad.tolist() == [slope]


def test_once_differentiable_is_where_pytorch_has_it():
    assert once_differentiable is autograd.once_differentiable


def test_a_function_that_saved_nothing_is_walked_twice():
    class Double(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, a, b):
            return a * 2 + b * 3

    x = leaf(1.0)
    a, b = Double.apply(x)
    y = (a + b).sum()
    y.backward()
    y.backward()
    assert x.grad.tolist() == [10]
    z = Power.apply(x).sum()
    z.backward()
    with pytest.raises(RuntimeError, match="were freed"):
        z.backward()


def test_a_number_in_a_text():
    loss = tg.tensor(1.5, requires_grad=True) * 2
    assert f"{loss}" == "3.0"
    assert f"{loss:.3f}" == "3.000"
    assert f"{tg.tensor(3)}" == "3"
    assert f"{tg.tensor([1.5])}" == "tensor([1.5])"
    with pytest.raises(TypeError, match=r"format '\.3f': expected a tensor without axes, got shape \(1,\)"):
        f"{tg.tensor([1.5]):.3f}"
