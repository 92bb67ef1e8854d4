"""Choosing and reading by index, as methods: the tensor is the first argument, or the choice where a mask holds."""

import numpy as np
import pytest

import tinygrad_cnn as tg

X = tg.tensor([[1.0, 5.0, 3.0], [4.0, 2.0, 6.0]])
MASK = X > 3


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda x: x.maximum(tg.tensor(3.0)), [[3, 5, 3], [4, 3, 6]]),
        (lambda x: x.minimum(tg.tensor(3.0)), [[1, 3, 3], [3, 2, 3]]),
        (lambda x: x.clamp(2, 5), [[2, 5, 3], [4, 2, 5]]),
        (lambda x: x.clip(max=4), [[1, 4, 3], [4, 2, 4]]),
        (lambda x: x.where(MASK, 0), [[0, 5, 0], [4, 0, 6]]),
        (lambda x: x.masked_fill(MASK, 0), [[1, 0, 3], [0, 2, 0]]),
        (lambda x: x.masked_select(MASK), [5, 4, 6]),
        (lambda x: x.gather(1, tg.tensor([[2], [0]])), [[3], [4]]),
        (lambda x: x.scatter(1, tg.tensor([[2], [0]]), 0.0), [[1, 5, 0], [0, 2, 6]]),
        (lambda x: x.scatter(1, tg.tensor([[2], [0]]), value=1.0, reduce="add"), [[1, 5, 4], [5, 2, 6]]),
        (lambda x: x.scatter_add(1, tg.tensor([[2], [0]]), tg.ones(2, 1)), [[1, 5, 4], [5, 2, 6]]),
        (lambda x: x.index_select(1, tg.tensor([2, 0])), [[3, 1], [6, 4]]),
        (lambda x: x.index_add(0, tg.tensor([1]), tg.ones(1, 3), alpha=2), [[1, 5, 3], [6, 4, 8]]),
        (lambda x: x.select(1, -1), [3, 6]),
        (lambda x: x.narrow(1, 1, 2), [[5, 3], [2, 6]]),
        (lambda x: x.unfold(1, 2, 1), [[[1, 5], [5, 3]], [[4, 2], [2, 6]]]),
        (lambda x: (x - 1).nonzero(), [[0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]),
    ],
)
def test_values(call, expected):
    assert call(X).tolist() == expected
    assert X.tolist() == [[1, 5, 3], [4, 2, 6]]


def test_numpys_name_of_the_axis():
    assert X.select(axis=1, index=0).tolist() == [1, 4]
    assert X.index_select(axis=0, index=tg.tensor([1])).tolist() == [[4, 2, 6]]
    with pytest.raises(TypeError, match="select: expected dim once, got it under two names"):
        X.select(dim=1, axis=1, index=0)


def test_positions_as_a_tuple_index_the_tensor():
    assert X[MASK.nonzero(as_tuple=True)].tolist() == [5, 4, 6]
    assert np.shares_memory(X.narrow(0, 0, 1).array, X.array)
