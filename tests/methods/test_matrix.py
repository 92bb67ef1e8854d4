"""Products of matrices and vectors, as methods."""

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import ops

X, Y = tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([[0.0, 1.0], [2.0, 5.0]])
V, W = tg.tensor([1.0, -1.0]), tg.tensor([2.0, 3.0])


@pytest.mark.parametrize("name", ["matmul", "mm"])
def test_the_left_matrix_is_the_tensor_itself(name):
    assert getattr(X, name)(Y).tolist() == [[4, 11], [8, 23]]
    np.testing.assert_array_equal(getattr(ops, name)(X.array, Y.array), X.array @ Y.array)


def test_vectors():
    assert X.mv(V).tolist() == [-1, -1]
    assert V.dot(W).item() == -1
    assert V.outer(W).tolist() == [[2, 3], [-2, -3]]


def test_batches_and_sums():
    assert X[None].bmm(Y[None]).tolist() == [[[4, 11], [8, 23]]]
    assert X.addmm(X, Y, beta=2, alpha=3).tolist() == [[14, 37], [30, 77]]
