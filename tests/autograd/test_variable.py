"""Leaves: how they are made, copied, and lose their gradient."""

import copy
import pickle

import numpy as np
import pytest
from walks import leaf

import tinygrad_cnn as tg
from tinygrad_cnn import nn
from tinygrad_cnn.autograd import Constant, Variable, wrap
from tinygrad_cnn.autograd.variable import View, origin, source_of


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


@pytest.mark.parametrize("made", [lambda: tg.Tensor([1, 2]), lambda: nn.Parameter(tg.ones(2))])
def test_copies_and_pickles_keep_class_and_values(made):
    x = made()
    for twin in (copy.deepcopy(x), copy.copy(x), pickle.loads(pickle.dumps(x))):
        assert type(twin) is type(x)
        assert twin.tolist() == x.tolist()
        assert twin.requires_grad is x.requires_grad


def test_the_graph_remembers_constants_by_shape_and_dtype_only():
    x = tg.ones(2, 3)
    found = origin(x)
    assert isinstance(found, Constant)
    assert (found.shape, found.dtype, found.ndim, found.number, found.requires_grad) == ((2, 3), "f4", 2, None, False)
    assert origin(x) is found
    array = origin(np.ones((4,), "i2"))
    assert (array.shape, array.dtype) == ((4,), "i2")
    y = leaf(1.0)
    assert origin(y) is y


@pytest.mark.parametrize(("number", "dtype"), [(2, "i8"), (2.5, "f8"), (True, "?")])
def test_the_graph_remembers_numbers(number, dtype):
    found = origin(number)
    assert (found.number, found.shape, found.dtype) == (number, (), dtype)


def test_what_is_no_input_has_no_origin():
    assert origin(None) is None
    assert origin("text") is None


def test_the_source_of_a_tensor_is_its_node_its_leaf_or_a_constant():
    x = leaf(1.0)
    y = x * 2
    assert source_of(y) is y.grad_fn
    assert source_of(x) is x
    assert isinstance(source_of(tg.ones(2)), Constant)
    assert source_of(wrap(np.ones(1), x)) is x  # as the backward pass makes them
    assert source_of(wrap(np.ones(1), y.grad_fn)) is y.grad_fn


def test_wrap_makes_a_tensor_that_needs_no_gradient_unless_it_has_a_node():
    array = np.ones(2)
    x = wrap(array)
    assert type(x) is tg.Tensor
    assert x.array is array
    assert (x.requires_grad, x.grad, x.grad_fn, x._view) == (False, None, None, None)
    y = wrap(array, (leaf(1.0) * 2).grad_fn)
    assert y.requires_grad
    assert not y.is_leaf
    assert type(wrap(np.float64(2)).array) is np.ndarray


def test_shape_dtype_and_axes_are_those_of_the_array():
    x = tg.zeros(2, 0, 3, dtype=tg.int16)
    assert (x.shape, x.dtype, x.ndim) == (x.array.shape, x.array.dtype, 3)


def test_a_view_remembers_where_its_base_was():
    x = leaf(1.0) * 2
    view = View(x, ())
    assert (view.base, view.steps, view.seen) == (x, (), x.grad_fn)
