"""What `nn.functional` refuses, and what it says; relations that hold without a second framework."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn.nn.functional._geometry import _around


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
        lambda: F.cross_entropy(zeros(2, 3), tc.tensor([0, 3])),
        IndexError,
        r"cross_entropy: expected class indices in \[0, 2\] for the 3 classes of input \(2, 3\), got 3 at target\[1\]",
    ),
    (lambda: F.cross_entropy(zeros(1, 3, 2), tc.tensor([[0, -1]])), IndexError, r"got -1 at target\[0, 1\]"),
    (lambda: F.cross_entropy(zeros(3), tc.tensor(7)), IndexError, r"got 7 at target$"),
    (lambda: F.cross_entropy(zeros(2, 3), tc.tensor([-100, 5])), IndexError, r"got 5 at target\[1\]"),
    (lambda: F.nll_loss(zeros(2, 3), tc.tensor([0, 3])), IndexError, "nll_loss: expected class indices"),
    (
        lambda: F.cross_entropy(zeros(2, 3), tc.tensor([0, 1, 2])),
        ValueError,
        r"cross_entropy: expected target \(2,\) of class indices for input \(2, 3\), got \(3,\)",
    ),
    (
        lambda: F.cross_entropy(zeros(2, 3), zeros(2, 3).long()),
        RuntimeError,
        r"got int64 of shape \(2, 3\); turn one-hot rows into indices with target.argmax\(1\)",
    ),
    (
        lambda: F.cross_entropy(zeros(2, 3), tc.tensor([0.0, 1.0])),
        RuntimeError,
        r"got float32; convert indices with .long\(\)",
    ),
    (
        lambda: F.cross_entropy(zeros(2, 3), tc.tensor([True, False])),
        RuntimeError,
        "expected target of an integer dtype, such as int64, got bool",
    ),
    (
        lambda: F.nll_loss(zeros(2, 3), tc.tensor([0.0, 1.0])),
        RuntimeError,
        "nll_loss: expected target of an integer dtype, such as int64, got float32",
    ),
    (
        lambda: F.cross_entropy(zeros(2, 3).long(), tc.tensor([0, 1])),
        RuntimeError,
        "expected input of a floating-point dtype, got int64",
    ),
    (lambda: F.cross_entropy(zeros(2, 3), [0, 1]), TypeError, "cross_entropy: expected target as a tensor, got list"),
    (
        lambda: F.cross_entropy(zeros(2, 3), tc.tensor([0, 1]), reduction="avg"),
        ValueError,
        "expected reduction 'none', 'mean' or 'sum', got 'avg'",
    ),
    (
        lambda: F.cross_entropy(zeros(2, 3), tc.tensor([0, 1]), label_smoothing=2),
        RuntimeError,
        r"expected label_smoothing in \[0, 1\], got 2",
    ),
    (
        lambda: F.cross_entropy(zeros(2, 3), tc.tensor([0, 1]), zeros(2)),
        RuntimeError,
        r"expected weight \(3,\), one factor a class, got \(2,\)",
    ),
    (
        lambda: F.cross_entropy(zeros(2, 3), tc.tensor([0, 1]), zeros(3).double()),
        RuntimeError,
        "one dtype, got input float32, weight float64",
    ),
    (
        lambda: F.cross_entropy(zeros(2, 3), tc.tensor([0, 1]), zeros(3).requires_grad_()),
        RuntimeError,
        "weight that does not require a gradient",
    ),
    (
        lambda: F.cross_entropy(zeros(2, 3), zeros(2, 3), ignore_index=1),
        RuntimeError,
        "ignore_index=1 needs a target of class indices",
    ),
    (lambda: F.nll_loss(zeros(), tc.tensor(0)), ValueError, r"got shape \(\)"),
    (lambda: F.cross_entropy(zeros(), tc.tensor(0)), RuntimeError, r"got int64 of shape \(\)"),
    (
        lambda: F.mse_loss(zeros(3), zeros(4)),
        RuntimeError,
        r"mse_loss: expected one shape, got input \(3,\) and target \(4,\)",
    ),
    (
        lambda: F.mse_loss(zeros(3).long(), zeros(3).long()),
        RuntimeError,
        "mse_loss: expected input of a floating-point dtype",
    ),
    (lambda: F.mse_loss(zeros(3), zeros(3), reduction="max"), ValueError, "got 'max'"),
    (lambda: F.softmax(zeros(2, 3), 2), IndexError, r"softmax: expected dim in \[-2, 1\]"),
    (lambda: F.relu([1.0]), TypeError, "relu: expected input as a tensor, got list"),
]


@pytest.mark.parametrize(("call", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message_that_names_what_was_expected(call, kind, text):
    with pytest.raises(kind, match=text):
        call()


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


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 6), st.integers(0, 2))
def test_ceil_mode_reaches_every_element_that_floor_mode_leaves_out(size, kernel, stride, padding):
    before, after = _around(size, kernel, stride, min(padding, kernel // 2), ceil_mode=True)
    outputs = (size + before + after - kernel) // stride + 1
    assert (outputs - 1) * stride < size + before  # the last window starts on the input
    assert (outputs - 1) * stride + max(kernel, stride) >= size + before  # and none that could follow would


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_the_fused_cross_entropy_equals_the_composition_it_replaces(reduction):
    tc.manual_seed(0)
    x = tc.randn(5, 4, 3, dtype=tc.float64, requires_grad=True)
    target = tc.randint(0, 4, (5, 3))
    fused = F.cross_entropy(x, target, reduction=reduction)
    composed = F.nll_loss(F.log_softmax(x, 1), target, reduction=reduction)
    assert fused.grad_fn.op.name == "cross_entropy"
    np.testing.assert_allclose(fused.detach().numpy(), composed.detach().numpy(), rtol=1e-12)
    g = tc.randn(fused.shape, dtype=tc.float64)
    pairs = [tc.autograd.grad(loss, x, g)[0].numpy() for loss in (fused, composed)]
    np.testing.assert_allclose(*pairs, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("dtype", [tc.int64, np.int32, np.uint8])
def test_labels_may_be_of_any_integer_dtype(dtype):
    x = tc.tensor([[1.0, 2.0, 3.0]])
    assert F.cross_entropy(x, tc.tensor([2], dtype=dtype)).item() == pytest.approx(0.40760595)


def test_softmax_converts_first_where_a_dtype_is_given():
    assert F.softmax(tc.tensor([1, 2]), 0, dtype=tc.float64).dtype == tc.float64


def test_float32_in_float32_out():
    x = tc.randn(2, 3, 6, 6)
    for y in (F.conv2d(x, tc.randn(4, 3, 3, 3)), F.avg_pool2d(x, 2), F.max_pool2d(x, 2), F.softmax(x, 1)):
        assert y.dtype == tc.float32
    for option in ({}, {"label_smoothing": 0.1}, {"weight": tc.ones(3)}, {"ignore_index": 1}):
        assert F.cross_entropy(tc.randn(2, 3), tc.tensor([0, 1]), **option).dtype == tc.float32


@pytest.mark.parametrize("divisor", ["2", 1.5, True])
def test_a_divisor_that_is_no_integer_is_refused(divisor):
    with pytest.raises(TypeError, match="avg_pool2d: expected divisor_override as an int or None"):
        F.avg_pool2d(tc.ones(1, 1, 4, 4), 2, divisor_override=divisor)
