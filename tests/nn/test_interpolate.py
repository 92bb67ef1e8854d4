"""Bilinear resizing and sub-pixel rearrangement against PyTorch, over random shapes and options."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_cnn as tc
from tinygrad_cnn import nn
from tinygrad_cnn.nn import functional as F

torch = pytest.importorskip("torch")

LENGTHS = st.integers(1, 9)


def both(x, call):
    """Return the outputs here and there, and the gradients of their squares."""
    ours, theirs = tc.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, z = call(F, ours), call(torch.nn.functional, theirs)
    (y * y).sum().backward()
    (z * z).sum().backward()
    return y.detach().numpy(), z.detach().numpy(), ours.grad.numpy(), theirs.grad.numpy()


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.tuples(LENGTHS, LENGTHS, st.floats(0.3, 3)), min_size=1, max_size=2),
    scaled=st.booleans(),
    align=st.sampled_from([None, False, True]),
    recompute=st.sampled_from([None, False, True]),
    seed=st.integers(0, 99),
)
def test_linear_resizing_is_pytorchs(sizes, scaled, align, recompute, seed):
    shape = (2, 2, *[before for before, _, _ in sizes])
    x = np.random.default_rng(seed).normal(size=shape)
    mode = {1: "linear", 2: "bilinear"}[len(sizes)]
    if scaled:
        factors = tuple([max(factor, 1 / before) for before, _, factor in sizes])
        how = {"scale_factor": factors, "recompute_scale_factor": recompute}
    else:
        how = {"size": tuple([after for _, after, _ in sizes])}
    y, expected, grad, gradient = both(x, lambda f, x: f.interpolate(x, mode=mode, align_corners=align, **how))
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(grad, gradient, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("scale", [2, 1.7, 0.6, (3.3, 0.4)])
def test_float32_places_are_pytorchs(scale, align):
    x = np.random.default_rng(0).normal(size=(1, 3, 37, 41)).astype("float32")
    y, expected, grad, gradient = both(
        x, lambda f, x: f.interpolate(x, scale_factor=scale, mode="bilinear", align_corners=align)
    )
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=2e-6)
    np.testing.assert_allclose(grad, gradient, rtol=1e-5, atol=2e-5)


def test_float16_is_blended_in_float32():
    x = np.random.default_rng(0).normal(size=(1, 2, 5, 7)).astype("float16")
    y = F.interpolate(tc.tensor(x), (11, 13), mode="bilinear")
    assert y.dtype == tc.float16
    exact = F.interpolate(tc.tensor(x.astype("float32")), (11, 13), mode="bilinear")
    np.testing.assert_array_equal(y.numpy(), exact.numpy().astype("float16"))


@settings(max_examples=30, deadline=None)
@given(
    r=st.integers(1, 3), lead=st.lists(st.integers(1, 2), max_size=2), c=st.integers(1, 2), h=LENGTHS, w=LENGTHS
)  # fmt: skip
def test_shuffled_pixels_are_pytorchs_and_come_back(r, lead, c, h, w):
    shape = (*lead, c * r * r, h, w)
    x = np.arange(np.prod(shape), dtype=float).reshape(shape)
    y = F.pixel_shuffle(tc.tensor(x), r)
    np.testing.assert_array_equal(y.numpy(), torch.pixel_shuffle(torch.tensor(x), r).numpy())
    np.testing.assert_array_equal(F.pixel_unshuffle(y, r).numpy(), x)
    np.testing.assert_array_equal(nn.PixelUnshuffle(r)(nn.PixelShuffle(r)(tc.tensor(x))).numpy(), x)


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.tuples(LENGTHS, st.integers(-3, 6), st.integers(-3, 6)), min_size=1, max_size=2),
    seed=st.integers(0, 99),
)
def test_circles_are_pytorchs(sizes, seed):
    pad = [n for _, before, after in reversed(sizes) for n in (before, after)]
    for size, before, after in sizes:
        kept = size + min(before, 0) + min(after, 0)
        if kept < 1 or max(before, after) > kept:
            return
    x = np.random.default_rng(seed).normal(size=(2, 2, *[size for size, _, _ in sizes]))
    y, expected, grad, gradient = both(x, lambda f, x: f.pad(x, pad, mode="circular"))
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_allclose(grad, gradient, rtol=1e-12)


@pytest.mark.parametrize("how", [{"size": (3,)}, {"scale_factor": (2.0,)}])
def test_sizes_are_one_or_as_many_as_axes(how):
    name = next(iter(how))
    with pytest.raises(ValueError, match=f"interpolate: expected {name} as one number or 2"):
        F.interpolate(tc.ones(1, 1, 4, 4), **how)
