import copy
import pickle

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn.nn import Parameter


def test_requires_a_gradient_shares_memory_and_leaves_history_behind():
    source = tc.ones(2, requires_grad=True) * 2
    parameter = Parameter(source)
    assert parameter.requires_grad
    assert parameter.is_leaf
    assert np.shares_memory(parameter.array, source.array)
    assert not Parameter(source, requires_grad=False).requires_grad


def test_repr():
    assert repr(Parameter(tc.tensor([1.0]))) == "Parameter containing:\ntensor([1.], requires_grad=True)"


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_a_copy_is_a_parameter_with_memory_of_its_own(duplicate):
    parameter = Parameter(tc.tensor([1.0, 2.0]))
    (parameter * 3).sum().backward()
    twin = duplicate(parameter)
    assert type(twin) is Parameter
    assert twin.requires_grad
    assert twin.tolist() == [1, 2]
    assert twin.grad.tolist() == [3, 3]
    assert not np.shares_memory(twin.array, parameter.array)


def test_refuses_what_is_no_tensor():
    with pytest.raises(TypeError, match="Parameter: expected a tensor, got list"):
        Parameter([1.0])


def test_refuses_integers():
    with pytest.raises(RuntimeError, match="only floating-point tensors"):
        Parameter(tc.tensor([1]))


def test_a_pickled_view_carries_its_own_values_only():
    big = tc.zeros(1000)
    data = pickle.dumps(big[:2])
    assert len(data) < 1000
    twin = pickle.loads(data)
    assert twin.tolist() == [0, 0]
    assert twin.is_leaf


def test_pickling_refuses_results_and_hooks():
    parameter = Parameter(tc.tensor([1.0]))
    with pytest.raises(RuntimeError, match=r"only leaves can be pickled; use \.detach\(\) on a result"):
        pickle.dumps(parameter * 2)
    handle = parameter.register_hook(lambda g: g)
    with pytest.raises(RuntimeError, match="a tensor with hooks cannot be pickled"):
        pickle.dumps(parameter)
    handle.remove()
    assert pickle.loads(pickle.dumps(parameter)).tolist() == [1]


def test_a_pickled_leaf_that_was_used_leaves_the_graph_behind():
    x = tc.tensor([1.0, 2.0])
    y = x * Parameter(tc.tensor([3.0, 4.0]))
    twin = pickle.loads(pickle.dumps(x))
    assert twin.tolist() == [1, 2]
    assert twin.grad_fn is None
    assert y.requires_grad
