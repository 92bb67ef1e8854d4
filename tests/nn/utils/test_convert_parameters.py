"""Parameters as one vector, and back."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn
from tinygrad_cnn.nn.utils import parameters_to_vector, vector_to_parameters


def test_there_and_back():
    net = nn.Sequential(nn.Conv2d(2, 3, 2), nn.Linear(4, 1))
    vector = parameters_to_vector(net.parameters())
    expected = np.concatenate([p.detach().numpy().ravel() for p in net.parameters()])
    np.testing.assert_array_equal(vector.detach().numpy(), expected)
    vector_to_parameters(vector.detach() * 2, net.parameters())
    np.testing.assert_array_equal(parameters_to_vector(net.parameters()).detach().numpy(), 2 * expected)
    assert [p.shape for p in net.parameters()] == [(3, 2, 2, 2), (3,), (1, 4), (1,)]
    assert all(p.is_leaf and p.requires_grad for p in net.parameters())


def test_gradients_flow_from_the_vector_into_each_parameter():
    a, b = tc.zeros(2, 2, requires_grad=True), tc.zeros(3, requires_grad=True)
    (parameters_to_vector([a, b]) * tc.arange(7)).sum().backward()
    assert a.grad.tolist() == [[0, 1], [2, 3]]
    assert b.grad.tolist() == [4, 5, 6]


def test_the_vector_is_copied():
    p = tc.zeros(2, requires_grad=True)
    vector = tc.ones(2)
    vector_to_parameters(vector, [p])
    vector.zero_()
    assert p.tolist() == [1, 1]


def test_overwriting_a_saved_parameter_is_noticed():
    p = tc.ones(2, requires_grad=True)
    y = (p * p).sum()
    vector_to_parameters(tc.zeros(2), [p])
    with pytest.raises(RuntimeError, match="was changed in place"):
        y.backward()


def test_refusals():
    p = tc.ones(2)
    for size in (1, 3):
        with pytest.raises(ValueError, match=rf"vector_to_parameters: expected vec \(2,\), got \({size},\)"):
            vector_to_parameters(tc.zeros(size), [p])
    assert p.tolist() == [1, 1]
    with pytest.raises(TypeError, match="vector_to_parameters: expected vec as a tensor, got list"):
        vector_to_parameters([1.0, 2.0], [p])
