"""New tensors of the dtype of a tensor."""

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import ops

X = tg.zeros(2, dtype=tg.float64)


@pytest.mark.parametrize(("name", "value"), [("new_zeros", 0), ("new_ones", 1)])
def test_constants_take_the_dtype_of_the_tensor_unless_one_is_given(name, value):
    made = getattr(X, name)(2, 3)
    assert made.dtype == np.float64
    assert made.tolist() == [[value] * 3] * 2
    assert getattr(X, name)((2,), dtype=tg.int64).dtype == np.int64
    with pytest.raises(RuntimeError, match=f"{name}: expected sizes of at least 0"):
        getattr(X, name)(-1)


def test_data_and_fills():
    assert X.new_tensor([1, 2]).dtype == np.float64
    assert X.new_full((2,), 7).tolist() == [7.0, 7.0]
    assert X.new_full((1,), tg.tensor(2.5), requires_grad=True).requires_grad
    assert X.new_empty(3, 1).shape == (3, 1)
    np.testing.assert_array_equal(ops.add(X, X.new_ones(2)).array, [1, 1])


@pytest.mark.parametrize("name", ["zeros", "ones", "empty"])
def test_new_tensors_keep_the_dtype(name):
    x = tg.zeros(1, dtype=tg.int16)
    new = getattr(x, f"new_{name}")
    for made in (new(2, 3), new((2, 3)), new([2, 3]), new(x.new_ones(2, 3).size())):
        assert (made.shape, made.dtype) == ((2, 3), tg.int16)
    made = new(2, dtype=tg.float32, device="cpu", requires_grad=True)
    assert (made.dtype, made.requires_grad) == (tg.float32, True)
    with pytest.raises(RuntimeError, match=f"new_{name}.*at least 0"):
        new(-1)


def test_new_full_and_new_tensor():
    x = tg.zeros(1, dtype=tg.float64)
    assert x.new_full((2,), 3).tolist() == [3.0, 3.0]
    assert x.new_full((1,), tg.tensor(2)).dtype == tg.float64
    data = np.array([1, 2])
    y = x.new_tensor(data, requires_grad=True)
    assert (y.dtype, y.requires_grad, y.tolist()) == (tg.float64, True, [1, 2])
    assert x.new_tensor([1], dtype=tg.int8).dtype == tg.int8
