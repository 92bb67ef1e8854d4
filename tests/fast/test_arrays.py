"""Which arrays the compiled kernels take."""

import pickle

import numpy as np
from kernel_forms import float32, spread_out

from tinygrad_cnn.fast.arrays import contiguous, ready, usable


def test_arrays_from_another_process_are_usable():
    # A pickle makes a dtype of its own, which equals float32 and is another object.
    array = pickle.loads(pickle.dumps(np.ones(3, np.float32), protocol=5))
    assert array.dtype is not np.dtype(np.float32)
    assert usable(array)
    assert not usable(array.astype(">f4"))
    assert not usable(array.astype(np.float64))
    assert not usable(array[:0])


def test_scalars_and_lists_are_not_usable_and_none_is():
    assert not usable(np.float32(1))
    assert not usable([1.0])
    assert usable(None, np.ones(1, np.float32))


def test_ready_copies_only_what_is_not_contiguous():
    x, y = float32(0, 3, 4), spread_out(float32(1, 3, 4))
    same, copy, missing = ready(x, y, None)
    assert same is x is contiguous(x)
    assert missing is None
    assert copy.flags.c_contiguous
    np.testing.assert_array_equal(copy, y)
    assert ready(x, y.astype(np.float64)) is None
