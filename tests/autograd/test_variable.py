"""Leaves: how they are made, copied, and lose their gradient."""

import copy
import pickle

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import nn
from tinygrad_cnn.autograd import Variable


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
