"""`pad`: a copy even without padding, and what it refuses."""

import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F


def zeros(*shape):
    return tc.zeros(*shape)


REFUSED = [
    (
        lambda: F.pad(zeros(2, 3), (1,)),
        RuntimeError,
        r"pad: expected \(before, after\) for at most the 2 axes .* \(1,\)",
    ),
    (lambda: F.pad(zeros(2), (1, 1, 1, 1)), RuntimeError, "for at most the 1 axes"),
    (lambda: F.pad(zeros(2, 3), (-4, 0)), RuntimeError, r"pad: expected to cut off no more than input \(2, 3\) has"),
    (
        lambda: F.pad(zeros(2, 3), (3, 1), mode="reflect"),
        RuntimeError,
        r"elements to copy from, got padding \(3, 1\) on an axis of 3 of input \(2, 3\)",
    ),
    (lambda: F.pad(zeros(1, 2, 0), (1, 1), mode="replicate"), RuntimeError, "elements to copy from"),
    (lambda: F.pad(zeros(3), (1, 1), mode="reflect"), NotImplementedError, r"mode='reflect' .* of input \(3,\)"),
    (
        lambda: F.pad(zeros(2, 3), (1, 1), mode="replicate", value=2),
        RuntimeError,
        "no value with mode='replicate', got 2",
    ),
    (lambda: F.pad(zeros(2, 3), (1, 1), mode="wrap"), NotImplementedError, "reflect, replicate, circular, got 'wrap'"),
    (lambda: F.pad(zeros(1, 2, 3), (4, 0), mode="circular"), RuntimeError, "to have elements to copy from"),
    (lambda: F.pad(zeros(1, 2, 3), (-2, 2), mode="circular"), RuntimeError, "to have elements to copy from"),
]


def test_padding_by_nothing_is_a_copy():
    x = tc.ones(2, 3)
    y = F.pad(x, (0, 0))
    y.numpy()[0, 0] = 5
    assert x.numpy()[0, 0] == 1


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
