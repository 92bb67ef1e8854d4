"""Convolutions: a worked example, "same" padding, and what they refuse."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F


def zeros(*shape, dtype=None):
    return tc.zeros(*shape, dtype=dtype)


REFUSED = [
    (
        lambda: F.conv2d(zeros(2, 1, 8, 8), zeros(4, 3, 3, 3)),
        RuntimeError,
        r"conv2d: expected input \(N, C, H, W\) with C = 3 \(weight.shape\[1\]·groups\), got \(2, 1, 8, 8\)",
    ),
    (
        lambda: F.conv2d(zeros(2, 3, 8, 8), zeros(4, 3, 3, 3), groups=2),
        RuntimeError,
        r"with C = 6 .* got \(2, 3, 8, 8\)",
    ),
    (lambda: F.conv2d(zeros(2, 8, 8, 3), zeros(4, 3, 3, 3)), RuntimeError, r"x.permute\(0, 3, 1, 2\)"),
    (lambda: F.conv2d(zeros(9, 8, 8), zeros(4, 1, 3, 3)), RuntimeError, r"channel axis: x.unsqueeze\(1\)"),
    (lambda: F.conv2d(zeros(8, 8), zeros(4, 1, 3, 3)), RuntimeError, r"got \(8, 8\)"),
    (
        lambda: F.conv2d(zeros(2, 3, 8, 8), zeros(3, 3, 3)),
        RuntimeError,
        r"conv2d: expected weight \(O, C/groups, KH, KW\), got \(3, 3, 3\)",
    ),
    (lambda: F.conv2d(zeros(2, 3, 8, 8), zeros(4, 3, 3, 3), zeros(3)), RuntimeError, r"conv2d: expected bias \(4,\)"),
    (
        lambda: F.conv2d(zeros(2, 3, 8, 8), zeros(4, 3, 3, 3), groups=3),
        RuntimeError,
        "expected groups ≥ 1 that divide the 4 filters, got groups=3",
    ),
    (
        lambda: F.conv2d(zeros(1, 1, 5, 4), zeros(1, 1, 3, 3), dilation=2),
        RuntimeError,
        r"got a window of \(5, 5\) \(kernel_size \(3, 3\), dilation \(2, 2\)\) on \(5, 4\), from input \(1, 1, 5, 4\)",
    ),
    (
        lambda: F.conv2d(zeros(1, 1, 5, 5), zeros(1, 1, 3, 3), padding="same", stride=2),
        RuntimeError,
        r"expected stride 1 with padding='same', got stride=\(2, 2\)",
    ),
    (
        lambda: F.conv2d(zeros(1, 1, 5, 5), zeros(1, 1, 3, 3), padding="sam"),
        RuntimeError,
        "'same' or 'valid', got 'sam'",
    ),
    (
        lambda: F.conv2d(zeros(1, 1, 5, 5), zeros(1, 1, 3, 3), padding=-1),
        RuntimeError,
        "conv2d: expected padding of at least 0, got -1",
    ),
    (
        lambda: F.conv2d(zeros(1, 1, 5, 5), zeros(1, 1, 3, 3), stride=0),
        RuntimeError,
        "conv2d: expected stride of at least 1, got 0",
    ),
    (
        lambda: F.conv1d(zeros(1, 2, 5), zeros(1, 1, 3)),
        RuntimeError,
        r"conv1d: expected input \(N, C, L\) with C = 1 \(weight.shape\[1\]·groups\), got \(1, 2, 5\)",
    ),
    (lambda: F.conv1d(zeros(1, 1, 5), zeros(1, 3)), RuntimeError, r"conv1d: expected weight \(O, C/groups, K\), got"),
    (lambda: F.conv1d(zeros(1, 1, 5), zeros(1, 1, 3), stride=(1, 2)), RuntimeError, r"stride as an int, got \(1, 2\)"),
    (lambda: F.conv1d(zeros(1, 1, 5), zeros(1, 1, 3), stride=1.5), TypeError, "conv1d: expected stride as an int"),
    (lambda: F.conv1d(zeros(1, 1, 2), zeros(1, 1, 3)), RuntimeError, r"a window of \(3,\) on \(2,\), from input"),
    (
        lambda: F.conv_transpose2d(zeros(1, 1, 5, 5), zeros(1, 1, 3, 3), stride=(3, 2), output_padding=2),
        RuntimeError,
        r"output_padding smaller than stride \(3, 2\) or dilation \(1, 1\), got \(2, 2\)",
    ),
    (
        lambda: F.conv_transpose2d(zeros(1, 1, 1, 1), zeros(1, 1, 3, 3), padding=2),
        RuntimeError,
        r"conv_transpose2d: expected an output of at least one element, got \(-1, -1\) from input \(1, 1, 1, 1\)",
    ),
    (
        lambda: F.conv_transpose2d(zeros(1, 4, 5, 5), zeros(3, 2, 3, 3)),
        RuntimeError,
        r"conv_transpose2d: expected input \(N, C, H, W\) with C = 3 \(weight.shape\[0\]\), got \(1, 4, 5, 5\)",
    ),
    (
        lambda: F.conv_transpose2d(zeros(1, 4, 5, 5), zeros(4, 2, 3, 3), zeros(2), groups=2),
        RuntimeError,
        r"conv_transpose2d: expected bias \(4,\)",
    ),
]


def test_the_worked_convolution():
    image = [[int(c) for c in row] for row in ("11100", "01110", "00111", "00110", "01100")]
    taps = [[int(c) for c in row] for row in ("101", "010", "101")]
    y = F.conv2d(tc.tensor([image], dtype=tc.float32), tc.tensor([[taps]], dtype=tc.float32))
    assert y.tolist() == [[[4, 3, 4], [2, 4, 3], [2, 3, 4]]]


@settings(max_examples=60, deadline=None)
@given(
    size=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    dilation=st.tuples(st.integers(1, 3), st.integers(1, 3)),
)
def test_same_padding_keeps_the_size(size, kernel, dilation):
    y = F.conv2d(zeros(1, 1, *size), zeros(2, 1, *kernel), padding="same", dilation=dilation)
    assert y.shape == (1, 2, *size)


def test_same_padding_puts_the_odd_zero_at_the_bottom_and_the_right():
    y = F.conv2d(tc.ones(1, 1, 2, 3), tc.ones(1, 1, 2, 2), padding="same")
    assert y.tolist() == [[[[4, 4, 2], [2, 2, 1]]]]


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
