"""Rows by number: repeated rows, the padding row, empty indices, and the transpose."""

import numpy as np
import pytest
from derivatives import leaf

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import tensor


def test_the_row_of_the_padding_index_gets_no_gradient():
    index = tensor([[1, 0], [2, 1]])
    w = leaf(np.arange(6.0).reshape(3, 2))
    g = leaf([[[1.0, 2], [3, 4]], [[5, 6], [7, 8]]])
    for padding_idx, expected in ((1, [[3, 4], [0, 0], [5, 6]]), (None, [[3, 4], [8, 10], [5, 6]])):
        output = ops.embedding(w, index, padding_idx=padding_idx)
        (first,) = grad(output, [w], g, create_graph=True)
        assert first.tolist() == expected


def test_each_index_becomes_a_row_whatever_its_shape_and_dtype():
    w = np.arange(12.0).reshape(4, 3)
    for index in (np.array(2), np.array([[3, 0, 3], [1, 1, 1]], np.int32), np.array([[[0]]]), np.array([3, 2, 1])[::2]):
        np.testing.assert_array_equal(ops.embedding(w, index), w[index])
    assert ops.embedding(w, np.zeros((0, 2), np.int64)).shape == (0, 2, 3)


def test_sums_into_rows_are_those_of_add_at():
    source = np.random.default_rng(0)
    index, g = source.integers(0, 5, (7, 3)), source.standard_normal((7, 3, 2))
    expected = np.zeros((6, 2))
    np.add.at(expected, index, g)
    np.testing.assert_allclose(ops.embedding_weight(g, index, shape=(6, 2)), expected, rtol=1e-12)
    assert not ops.embedding_weight(g[:0], index[:0], shape=(6, 2)).any()


def test_the_table_is_not_saved():
    w = leaf(np.ones((3, 2)))
    node = ops.embedding(w, tensor([0, 2])).grad_fn
    assert not isinstance(node.args[0], np.ndarray)
    assert node.args[1].tolist() == [0, 2]
    assert node.out is None


def test_a_row_that_does_not_exist_is_an_error():
    with pytest.raises(IndexError):
        ops.embedding(np.ones((3, 2)), np.array([3]))
