"""What `linear` refuses, and the fix that its message suggests."""

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F


def zeros(*shape, dtype=None):
    return tc.zeros(*shape, dtype=dtype)


REFUSED = [
    (
        lambda: F.linear(zeros(2, 3), zeros(4, 5)),
        RuntimeError,
        r"linear: expected input with a last axis of 5 \(weight \(4, 5\)\), got \(2, 3\).*in_features=3",
    ),
    (
        lambda: F.linear(zeros(8, 2, 3, 3), zeros(4, 18)),
        RuntimeError,
        r"got \(8, 2, 3, 3\); flatten it first: x.flatten\(1\)",
    ),
    (lambda: F.linear(zeros(), zeros(4, 5)), RuntimeError, r"last axis of 5 .*got \(\)"),
    (
        lambda: F.linear(zeros(2, 5), zeros(4, 5), zeros(5)),
        RuntimeError,
        r"linear: expected bias \(4,\) for weight \(4, 5\), got \(5,\)",
    ),
    (
        lambda: F.linear(zeros(2, 5), zeros(1, 4, 5)),
        RuntimeError,
        r"linear: expected weight \(out_features, in_features\), got \(1, 4, 5\)",
    ),
    (
        lambda: F.linear(zeros(2, 5).double(), zeros(4, 5), zeros(4)),
        RuntimeError,
        "linear: expected tensors of one dtype, got input float64, weight float32, bias float32",
    ),
    (lambda: F.linear(np.zeros((2, 5)), zeros(4, 5)), TypeError, "linear: expected input as a tensor, got ndarray"),
]


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
