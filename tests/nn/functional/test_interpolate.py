"""Resizing: float16, and what it refuses."""

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F


def zeros(*shape):
    return tc.zeros(*shape)


REFUSED = [
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
    (lambda: F.pixel_shuffle(zeros(1, 6, 2, 2), 2), RuntimeError, r"pixel_shuffle: .* upscale_factor² = 4 divides"),
    (lambda: F.pixel_shuffle(zeros(1, 4, 2, 2), 0), RuntimeError, "expected upscale_factor of at least 1, got 0"),
    (lambda: F.pixel_unshuffle(zeros(1, 4, 3, 2), 2), RuntimeError, "expected height and width that 2 divides"),
    (lambda: F.interpolate(zeros(1, 1, 4), 2, align_corners=True), ValueError, "neither align_corners nor antialias"),
    (lambda: F.interpolate(zeros(1, 1, 4), 0), RuntimeError, r"sizes of at least 1, got \(0,\) from input \(1, 1, 4\)"),
    (lambda: F.interpolate(zeros(1, 1, 4), 2, recompute_scale_factor=True), ValueError, "no recompute_scale_factor"),
]


def test_float16_is_blended_in_float32():
    x = np.random.default_rng(0).normal(size=(1, 2, 5, 7)).astype("float16")
    y = F.interpolate(tc.tensor(x), (11, 13), mode="bilinear")
    assert y.dtype == tc.float16
    exact = F.interpolate(tc.tensor(x.astype("float32")), (11, 13), mode="bilinear")
    np.testing.assert_array_equal(y.numpy(), exact.numpy().astype("float16"))


@pytest.mark.parametrize("how", [{"size": (3,)}, {"scale_factor": (2.0,)}])
def test_sizes_are_one_or_as_many_as_axes(how):
    name = next(iter(how))
    with pytest.raises(ValueError, match=f"interpolate: expected {name} as one number or 2"):
        F.interpolate(tc.ones(1, 1, 4, 4), **how)


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
