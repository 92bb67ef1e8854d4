"""What scripts written for PyTorch find in `autograd`, on tensors and on nodes of the graph."""

import copy
import pickle

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import autograd, nn
from tinygrad_cnn.autograd import Function, Variable
from tinygrad_cnn.autograd.function import once_differentiable


def leaf(*values):
    return tg.tensor(values, dtype=tg.float64, requires_grad=True)


def test_variable_makes_a_leaf_over_the_same_memory():
    x = tg.ones(2)
    v = Variable(x, requires_grad=True)
    assert type(v) is tg.Tensor
    assert v.requires_grad
    assert v.is_leaf
    assert v.array is x.array
    assert not x.requires_grad
    assert not Variable(v).requires_grad
    assert isinstance(x, Variable)
    assert isinstance(nn.Parameter(x), Variable)


def test_variable_refuses_what_it_cannot_do():
    with pytest.raises(TypeError, match=r"expected a tensor, got list; make one with tensor"):
        Variable([1.0])
    with pytest.warns(UserWarning, match=r"volatile has no effect; compute inside `with no_grad"):
        assert not Variable(tg.ones(2), volatile=True).requires_grad
    with pytest.raises(RuntimeError, match="only floating-point"):
        Variable(tg.tensor([1]), requires_grad=True)


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


def test_a_gradient_is_deleted():
    x = leaf(1.0)
    x.sum().backward()
    del x.grad
    assert x.grad is None
    x.sum().backward()
    assert x.grad.tolist() == [1]


def test_a_parameter_gives_its_array_where_nothing_is_recorded():
    p = nn.Parameter(tg.ones(2))
    with pytest.raises(RuntimeError, match=r"use \.detach"):
        p.numpy()
    with tg.no_grad():
        assert p.numpy() is p.array
        assert p.__array__().tolist() == [1, 1]


def test_nodes_lead_to_their_inputs():
    x = leaf(1.0, 2.0)
    y = (x * 2 + x).sum()
    assert y.grad_fn.name() == "SumBackward0"
    ((add, number),) = y.grad_fn.next_functions
    assert (add.name(), number) == ("AddBackward0", 0)
    (mul, _), (end, _) = add.next_functions
    assert mul.next_functions == ((end, 0), (None, 0))
    assert end.variable is x
    assert end.name() == "torch::autograd::AccumulateGrad"
    assert end.next_functions == ()
    assert len({end, mul.next_functions[0][0]}) == 1
    assert "AccumulateGrad of (2,)" in repr(end)


NOTHING_SAVED = {
    "sum": lambda x: x.sum(),
    "mean": lambda x: x.mean(1),
    "add": lambda x: x + 1 - x.view(2, 3),
    "views": lambda x: x.t().reshape(-1)[None].expand(2, 6)[0],
    "cat": lambda x: tg.cat([x, -x]),
    "stack": lambda x: tg.stack([x, x.clone()]).flip(0).cumsum(0),
    "cast": lambda x: x.float().double(),
}

SAVED = {
    "mul by a number": lambda x: x * 2,
    "square": lambda x: x * x,
    "exp": lambda x: x.exp(),
    "relu": lambda x: x.relu(),
    "max pooling": lambda x: nn.functional.max_pool1d(x, 2),
    "matmul": lambda x: x @ tg.ones(3, 2, dtype=tg.float64),
}


@pytest.mark.parametrize("name", NOTHING_SAVED)
def test_what_saved_nothing_is_walked_twice(name):
    x = leaf([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    y = NOTHING_SAVED[name](x).sum()
    y.backward()
    once = x.grad.clone()
    y.backward()
    assert x.grad.tolist() == (2 * once).tolist()


@pytest.mark.parametrize("name", SAVED)
def test_what_saved_something_is_not(name):
    x = leaf([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    y = SAVED[name](x).sum()
    y.backward()
    once = x.grad.tolist()
    with pytest.raises(RuntimeError, match="were freed by an earlier backward pass"):
        y.backward()
    assert x.grad.tolist() == once


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


@pytest.mark.parametrize("made", [lambda: tg.Tensor([1, 2]), lambda: nn.Parameter(tg.ones(2))])
def test_copies_and_pickles_keep_class_and_values(made):
    x = made()
    for twin in (copy.deepcopy(x), copy.copy(x), pickle.loads(pickle.dumps(x))):
        assert type(twin) is type(x)
        assert twin.tolist() == x.tolist()
        assert twin.requires_grad is x.requires_grad
