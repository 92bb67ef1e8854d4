"""Softmax: dtypes, and what it refuses."""

import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn.creation import tensor


def zeros(*shape, dtype=None):
    return tc.zeros(*shape, dtype=dtype)


REFUSED = [
    (lambda: F.softmax(zeros(2, 3), 2), IndexError, r"softmax: expected dim in \[-2, 1\]"),
]


def test_softmax_converts_first_where_a_dtype_is_given():
    assert F.softmax(tc.tensor([1, 2]), 0, dtype=tc.float64).dtype == tc.float64


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_refuses_integers_unless_a_dtype_is_given(name):
    with pytest.raises(RuntimeError, match=f"{name}: expected input of a floating-point dtype"):
        getattr(F, name)(tensor([1, 2]), 0)
    assert getattr(F, name)(tensor([1, 2]), 0, dtype="float64").dtype == "float64"


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
