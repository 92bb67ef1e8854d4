"""Copies and the order of elements in memory."""

import numpy as np
import pytest
from derivatives import leaf

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import arange, ones
from tinygrad_cnn.memory_format import channels_last, contiguous_format, preserve_format

X = ops.reshape(arange(24.0), (1, 2, 3, 4))


def test_a_copy_has_memory_of_its_own_and_passes_gradients():
    x = leaf([1.0, 2.0])
    y = ops.clone(x)
    assert not np.shares_memory(x.array, y.array)
    assert grad(ops.sum(y * 3), x)[0].tolist() == [3, 3]
    assert y.grad_fn.saved is False


def test_channels_last_moves_elements_and_changes_no_value():
    y = ops.contiguous(X, channels_last)
    assert y.tolist() == X.tolist()
    assert [step // y.array.itemsize for step in y.array.strides] == [24, 1, 8, 2]
    assert ops.is_contiguous(y, channels_last)
    assert not ops.is_contiguous(y)
    assert ops.contiguous(y, channels_last) is y
    assert ops.is_contiguous(ops.contiguous(y))


def test_what_lies_in_order_comes_back_itself():
    assert ops.contiguous(X) is X
    assert ops.contiguous(X, preserve_format) is X
    turned = ops.transpose(X, 2, 3)
    assert ops.contiguous(turned, preserve_format) is turned
    assert ops.contiguous(turned) is not turned
    assert ops.clone(turned, memory_format=contiguous_format).tolist() == turned.tolist()
    assert not ops.is_contiguous(ones(2), channels_last)
    assert ops.is_contiguous(np.ones((2, 3)))


def test_other_layouts_are_refused():
    with pytest.raises(RuntimeError, match=r"channels_last: expected a tensor \(N, C, H, W\), got shape \(2,\)"):
        ops.contiguous(ones(2), channels_last)
    with pytest.raises(TypeError, match="clone: expected a memory_format .* got 'channels_last'"):
        ops.clone(X, memory_format="channels_last")
