"""Pooling: ties, and what it refuses."""

import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F


def zeros(*shape, dtype=None):
    return tc.zeros(*shape, dtype=dtype)


REFUSED = [
    (
        lambda: F.max_pool2d(zeros(1, 1, 3, 4), 4),
        RuntimeError,
        r"max_pool2d: expected a window no larger than the padded input, got a window of \(4, 4\) on \(3, 4\)",
    ),
    (
        lambda: F.max_pool2d(zeros(1, 1, 8, 8), 3, padding=2),
        RuntimeError,
        r"max_pool2d: expected padding of at most half of kernel_size \(3, 3\), got \(2, 2\)",
    ),
    (
        lambda: F.max_pool2d(zeros(8, 8), 2),
        RuntimeError,
        r"max_pool2d: expected input \(N, C, H, W\) or \(C, H, W\), got \(8, 8\)",
    ),
    (lambda: F.max_pool2d(zeros(1, 1, 8, 8), 0), RuntimeError, "max_pool2d: expected kernel_size of at least 1, got 0"),
    (
        lambda: F.avg_pool2d(zeros(1, 1, 8, 8), 2, divisor_override=0),
        RuntimeError,
        "avg_pool2d: expected divisor_override as a number other than 0",
    ),
    (
        lambda: F.avg_pool2d(tc.arange(16).reshape(1, 1, 4, 4).bool(), 2),
        RuntimeError,
        "avg_pool2d: expected input of a floating-point or integer dtype, got bool",
    ),
    (
        lambda: F.max_pool1d(zeros(8), 2),
        RuntimeError,
        r"max_pool1d: expected input \(N, C, L\) or \(C, L\), got \(8,\)",
    ),
    (lambda: F.max_pool1d(zeros(2, 8), 0), RuntimeError, "max_pool1d: expected kernel_size of at least 1, got 0"),
    (lambda: F.max_pool2d(zeros(1, 0, 4, 4), 2), RuntimeError, "max_pool2d: expected no empty axis but the batch"),
    (lambda: F.avg_pool1d(zeros(1, 8), 3, padding=2), RuntimeError, r"at most half of kernel_size \(3,\), got \(2,\)"),
    (lambda: F.avg_pool2d(zeros(1, 4, 4).bool(), 2), RuntimeError, "floating-point or integer dtype, got bool"),
    (lambda: F.adaptive_avg_pool2d(zeros(8, 8), 2), ValueError, r"adaptive_avg_pool2d: .* got \(8, 8\)"),
    (
        lambda: F.adaptive_avg_pool2d(zeros(1, 8, 8), (3,)),
        RuntimeError,
        r"output_size as an int or a pair .* got \(3,\)",
    ),
    (lambda: F.adaptive_max_pool2d(zeros(1, 8, 8), -1), RuntimeError, "expected output_size of at least 0"),
]


@pytest.mark.parametrize("divisor", ["2", 1.5, True])
def test_a_divisor_that_is_no_integer_is_refused(divisor):
    with pytest.raises(TypeError, match="avg_pool2d: expected divisor_override as an int or None"):
        F.avg_pool2d(tc.ones(1, 1, 4, 4), 2, divisor_override=divisor)


def test_the_first_of_equal_elements_gets_the_gradient_of_adaptive_max_pooling():
    x = tc.ones(1, 2, 4, requires_grad=True)
    F.adaptive_max_pool2d(x, (1, 2)).sum().backward()
    assert x.grad.tolist() == [[[1, 0, 1, 0], [0, 0, 0, 0]]]


@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize(
    "pool",
    [lambda x: F.max_pool2d(x, 2, return_indices=True), lambda x: F.adaptive_max_pool2d(x, 2, return_indices=True)],
    ids=["max_pool2d", "adaptive_max_pool2d"],
)
def test_indices_are_the_same_whether_or_not_the_operation_is_recorded(pool, recorded):
    x = tc.tensor([[[[1.0, 5, 2, 0], [3, 4, 1, 7], [9, 0, 0, 0], [0, 0, 0, 2]]]], requires_grad=recorded)
    values, indices = pool(x)
    assert values.tolist() == [[[[5, 7], [9, 2]]]]
    assert indices.tolist() == [[[[1, 7], [8, 15]]]]


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
