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
