"""Which elements occur, how often and where: NaN, weights, axes, dtypes, and results whose shape depends on values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import tinygrad_cnn as tg
from tinygrad_cnn import ops
from tinygrad_cnn.creation import ones, tensor, zeros

NAN = float("nan")


small = arrays(np.int64, array_shapes(min_dims=1, max_dims=3, max_side=5), elements=st.integers(-3, 3))


@given(small, st.data())
@settings(max_examples=60, deadline=None)
def test_unique_elements_can_be_put_back(x, data):
    dim = data.draw(st.none() | st.integers(0, x.ndim - 1))
    values, inverse, counts = tg.tensor(x).unique(return_inverse=True, return_counts=True, dim=dim)
    back = values[inverse] if dim is None else values.index_select(dim, inverse)
    assert back.tolist() == x.tolist()
    assert counts.sum() == (x.size if dim is None else x.shape[dim])


def test_positions_are_rows_or_one_vector_for_each_axis():
    x = tensor([[0.0, 2.0], [NAN, 0.0]])
    assert ops.nonzero(x).tolist() == [[0, 1], [1, 0]]
    rows, columns = ops.nonzero(x, as_tuple=True)
    assert (rows.tolist(), columns.tolist()) == ([0, 1], [1, 0])
    assert ops.nonzero(x).dtype == np.int64
    assert ops.nonzero(tensor(1.0)).shape == (1, 0)
    assert [one.tolist() for one in ops.nonzero(tensor(1.0), as_tuple=True)] == [[0]]
    assert ops.nonzero(zeros(2, 3)).shape == (0, 2)


def test_where_without_choices_is_nonzero():
    (found,) = ops.where(tensor([True, False, True]))
    assert found.tolist() == [0, 2]
    with pytest.raises(TypeError, match="where: expected input and other, or neither of them"):
        ops.where(tensor([True]), ones(1))


def test_counting_adds_weights_and_fills_up():
    x = tensor([1, 3, 1])
    assert ops.bincount(x).tolist() == [0, 2, 0, 1]
    assert ops.bincount(x, minlength=6).tolist() == [0, 2, 0, 1, 0, 0]
    found = ops.bincount(x, tensor([0.5, 2.0, 0.25]))
    assert (found.tolist(), found.dtype) == ([0, 0.75, 0, 2], np.float32)
    assert ops.bincount(x, tensor([1, 2, 3])).dtype == np.float64
    assert ops.bincount(zeros(0, dtype="i8")).shape == (0,)


def test_every_nan_is_an_element_of_its_own():
    values, inverse, counts = ops.unique(tensor([NAN, 1.0, NAN, 1.0]), return_inverse=True, return_counts=True)
    assert values.shape == (3,)
    assert counts.tolist() == [2, 1, 1]
    assert inverse.tolist()[1::2] == [0, 0]


def test_slices_are_compared_whole():
    x = tensor([[1, 2], [3, 4], [1, 2]])
    assert ops.unique(x, dim=0).tolist() == [[1, 2], [3, 4]]
    values, counts = ops.unique(x, return_counts=True)
    assert (values.tolist(), counts.tolist()) == ([1, 2, 3, 4], [2, 2, 1, 1])
    assert ops.unique(tensor(3), return_inverse=True)[1].shape == ()


REFUSED = {
    "floats": (lambda: ops.bincount(ones(2)), RuntimeError, "bincount: expected a vector of integers, got shape"),
    "matrix": (lambda: ops.bincount(tensor([[1]])), RuntimeError, r"bincount: .* got shape \(1, 1\) of int64"),
    "negative": (lambda: ops.bincount(tensor([-1])), RuntimeError, "bincount: expected integers of at least 0, got -1"),
    "weights": (lambda: ops.bincount(tensor([1]), ones(2)), RuntimeError, r"weights of shape \(1,\), got \(2,\)"),
    "minlength": (lambda: ops.bincount(tensor([1]), minlength=-1), RuntimeError, "minlength of at least 0, got -1"),
    "dim": (lambda: ops.unique(ones(2), dim=1), IndexError, r"unique: expected dim in \[-1, 0\]"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
