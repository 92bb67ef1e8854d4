"""The geometry of windows: what ceil_mode reaches, and the cache that tells 1 from 1.0 and True."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn.nn.functional._geometry import _around, remembered


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 6), st.integers(0, 2))
def test_ceil_mode_reaches_every_element_that_floor_mode_leaves_out(size, kernel, stride, padding):
    before, after = _around(size, kernel, stride, min(padding, kernel // 2), ceil_mode=True)
    outputs = (size + before + after - kernel) // stride + 1
    assert (outputs - 1) * stride < size + before  # the last window starts on the input
    assert (outputs - 1) * stride + max(kernel, stride) >= size + before  # and none that could follow would


def test_a_result_is_cached_for_ints_strings_and_tuples_and_computed_anew_for_lists():
    calls = []
    double = remembered(lambda *args: calls.append(args) or args)
    assert double("op", (1, 2), None) is double("op", (1, 2), None)
    assert double([1]) == double([1]) == ([1],)
    assert len(calls) == 3


@pytest.mark.parametrize("other", [1.0, True, np.float32(1), np.int64(1)], ids=repr)
@pytest.mark.parametrize("around", [lambda x: x, lambda x: (x, 2), lambda x: ((x,), 2)])
def test_equal_arguments_of_another_type_are_told_apart(other, around):
    kind = remembered(lambda x: repr(x))
    assert kind(around(1)) != kind(around(other))
    assert kind(around(1)) == repr(around(1))


def test_a_stride_that_is_no_int_is_refused_after_an_equal_one_was_taken():
    x, w = tc.zeros(1, 1, 4, 4), tc.zeros(1, 1, 2, 2)
    for stride, wrong in ((1, 1.0), ((1, 2), (1.0, 2))):
        F.conv2d(x, w, stride=stride)
        F.max_pool2d(x, 2, stride)
        with pytest.raises(TypeError, match="conv2d: expected stride as an int or a pair of ints"):
            F.conv2d(x, w, stride=wrong)
        with pytest.raises(TypeError, match="max_pool2d: expected stride as an int or a pair of ints"):
            F.max_pool2d(x, 2, wrong)


def test_an_error_is_raised_once_and_not_cached():
    @remembered
    def refuse(x):
        raise ValueError(f"got {x}")

    for _ in range(2):
        with pytest.raises(ValueError, match="got 3") as caught:
            refuse(3)
        assert caught.value.__context__ is None
