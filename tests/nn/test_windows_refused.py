"""What convolution, pooling, padding and resizing refuse, and what they say."""

import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F


def zeros(*shape):
    return tc.zeros(*shape)


REFUSED = [
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
    (lambda: F.unfold(zeros(4, 4), 2), RuntimeError, r"unfold: expected input \(N, C, H, W\) or \(C, H, W\)"),
    (lambda: F.unfold(zeros(1, 1, 2, 2), 3), RuntimeError, r"unfold: .* got a window of \(3, 3\) on \(2, 2\)"),
    (
        lambda: F.fold(zeros(1, 5, 9), 4, 2),
        RuntimeError,
        r"fold: expected input \(N, C·4, 3·3\) for output_size \(4, 4\) and kernel_size \(2, 2\), got \(1, 5, 9\)",
    ),
    (lambda: F.fold(zeros(1, 4, 8), 4, 2), RuntimeError, r"fold: expected input .* got \(1, 4, 8\)"),
    (lambda: F.fold(zeros(9), 4, 2), RuntimeError, r"fold: expected input \(N, C·KH·KW, OH·OW\)"),
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
    (lambda: F.interpolate(zeros(1, 1, 4)), ValueError, "interpolate: expected either size or scale_factor"),
    (lambda: F.interpolate(zeros(1, 1, 4), 2, 2), ValueError, "either size or scale_factor, got size=2"),
    (lambda: F.interpolate(zeros(1, 1, 4), (2, 2)), ValueError, r"expected size as an int, got \(2, 2\)"),
    (lambda: F.interpolate(zeros(1, 1, 4), scale_factor=(2, 2)), ValueError, "scale_factor as one number or 1"),
    (lambda: F.interpolate(zeros(1, 4), 2), NotImplementedError, r"interpolate: expected input .* got \(1, 4\)"),
    (
        lambda: F.interpolate(zeros(1, 1, 4, 4), 2, mode="bicubic"),
        NotImplementedError,
        "expected mode 'nearest', 'linear' or 'bilinear', got 'bicubic'",
    ),
    (lambda: F.interpolate(zeros(1, 1, 4, 4), 2, mode="area"), NotImplementedError, "adaptive_avg_pool2d computes it"),
    (lambda: F.interpolate(zeros(1, 1, 4, 4), 2, mode="linear"), NotImplementedError, r"input \(N, C, L\) with mode"),
    (lambda: F.interpolate(zeros(1, 1, 4), 2, mode="bilinear"), NotImplementedError, r"input \(N, C, H, W\) with"),
    (lambda: F.interpolate(zeros(1, 1, 4), 2, mode="linear", antialias=True), ValueError, "no antialias with mode"),
    (
        lambda: F.interpolate(zeros(1, 1, 4, 4), 2, mode="bilinear", antialias=True),
        NotImplementedError,
        "there is no antialias=True; data.transforms.Resize",
    ),
    (lambda: F.interpolate(zeros(1, 1, 4, 4).long(), 2, mode="bilinear"), RuntimeError, "of a floating-point dtype"),
    (lambda: F.pad(zeros(1, 2, 3), (4, 0), mode="circular"), RuntimeError, "to have elements to copy from"),
    (lambda: F.pad(zeros(1, 2, 3), (-2, 2), mode="circular"), RuntimeError, "to have elements to copy from"),
    (lambda: F.pixel_shuffle(zeros(1, 6, 2, 2), 2), RuntimeError, r"pixel_shuffle: .* upscale_factor² = 4 divides"),
    (lambda: F.pixel_shuffle(zeros(1, 4, 2, 2), 0), RuntimeError, "expected upscale_factor of at least 1, got 0"),
    (lambda: F.pixel_unshuffle(zeros(1, 4, 3, 2), 2), RuntimeError, "expected height and width that 2 divides"),
    (lambda: F.interpolate(zeros(1, 1, 4), 2, align_corners=True), ValueError, "neither align_corners nor antialias"),
    (lambda: F.interpolate(zeros(1, 1, 4), 0), RuntimeError, r"sizes of at least 1, got \(0,\) from input \(1, 1, 4\)"),
    (lambda: F.interpolate(zeros(1, 1, 4), 2, recompute_scale_factor=True), ValueError, "no recompute_scale_factor"),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_each_is_one_operation_in_the_graph():
    x, line = tc.randn(2, 3, 6, 6, requires_grad=True), tc.randn(2, 3, 6, requires_grad=True)
    made = {
        "conv1d": F.conv1d(line, tc.randn(2, 3, 2)),
        "conv_transpose2d": F.conv_transpose2d(x, tc.randn(3, 2, 2, 2)),
        "unfold": F.unfold(x, 2),
        "fold": F.fold(tc.randn(1, 4, 9, requires_grad=True), 4, 2),
        "max_pool1d": F.max_pool1d(line, 2),
        "avg_pool1d": F.avg_pool1d(line, 2),
        "adaptive_avg_pool2d": F.adaptive_avg_pool2d(x, 2),
        "adaptive_max_pool2d": F.adaptive_max_pool2d(x, 2),
        "pad": F.pad(x, (1, 1)),
        "interpolate": F.interpolate(x, 3),
    }
    assert [y.grad_fn.op.name for y in made.values()] == list(made)
    assert all(y.grad_fn.parents[0].__class__ is tc.Tensor for y in made.values())


def test_padding_by_nothing_is_a_copy():
    x = tc.ones(2, 3)
    y = F.pad(x, (0, 0))
    y.numpy()[0, 0] = 5
    assert x.numpy()[0, 0] == 1


def test_the_first_of_equal_elements_gets_the_gradient_of_adaptive_max_pooling():
    x = tc.ones(1, 2, 4, requires_grad=True)
    F.adaptive_max_pool2d(x, (1, 2)).sum().backward()
    assert x.grad.tolist() == [[[1, 0, 1, 0], [0, 0, 0, 0]]]
