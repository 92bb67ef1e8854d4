"""Convolution: both compiled kernels, the direct one and Winograd's, equal the NumPy form in double precision."""

from dataclasses import replace

import numpy as np
import pytest
from conv_geometry import (
    DIRECT,
    DIRECT_CASES,
    LARGE,
    NARROW,
    SKIPPING,
    WINOGRAD,
    WINOGRAD_CASES,
    Geometry,
    check,
    direct_examples,
    forms_of,
)
from hypothesis import example, given, settings
from kernel_forms import agree, both, falls_back, float32, form, form_of, needs_compiler, spread_out

from tinygrad_cnn import kernels
from tinygrad_cnn.backends.kernels import kernels_of
from tinygrad_cnn.kernels.windows import output_size

pytestmark = needs_compiler


@direct_examples
@settings(max_examples=60)
@given(DIRECT_CASES)
def test_the_direct_kernel(geometry):
    check(forms_of(False), geometry, DIRECT)


@example(Geometry(1, 16, 16, (4, 4), padding=((1, 1), (1, 1))))
@example(Geometry(1, 130, 70, (9, 9), padding=((1, 1), (1, 1))))
@example(Geometry(1, 190, 180, (44, 48), padding=((1, 1), (1, 1))))  # more tiles than at once
@example(Geometry(3, 33, 17, (11, 14), padding=((2, 0), (0, 2))))
@example(Geometry(20, 12, 12, (5, 6), padding=((1, 1), (1, 1))))
@settings(max_examples=60)
@given(WINOGRAD_CASES)
def test_winograds_kernel(geometry):
    check(forms_of(True), geometry, WINOGRAD)


@pytest.mark.parametrize(
    ("geometry", "chosen"),
    [
        (LARGE, True),
        (replace(LARGE, padding=((2, 2), (0, 2))), True),
        (replace(LARGE, channels=11), False),
        (replace(LARGE, outputs=11), False),
        (replace(LARGE, images=1, size=(6, 5)), True),
        (replace(LARGE, images=1, size=(4, 4)), False),
        (replace(LARGE, images=20, size=(2, 2)), False),
        (replace(LARGE, kernel_size=(3, 1)), False),
        (replace(LARGE, stride=(1, 2), images=20), False),
        (replace(LARGE, dilation=(2, 1), images=20), False),
        (replace(LARGE, groups=2), False),
        (replace(LARGE, padding=((3, 1), (1, 1))), False),
        (replace(LARGE, padding=((1, 1), (1, -1)), images=20), False),
    ],
)  # fmt: skip
def test_which_kernel_is_chosen(geometry, chosen):
    from tinygrad_cnn.fast import conv

    (x, w, _, g, _), how = geometry.arrays(), geometry.how
    assert conv._forward(x.shape, w.shape, **how)[1] == chosen
    assert conv._backward(g.shape, x.shape, w.shape, **how)[-2:] == (chosen, chosen)
    forms = {name: form(name) for name in ("conv2d", "conv2d_input", "conv2d_weight")}
    check(forms, geometry, WINOGRAD if chosen else DIRECT)


@pytest.mark.parametrize("geometry", [LARGE, NARROW, SKIPPING])
def test_all_gradients_in_one_call_are_those_of_the_single_ones(geometry):
    (x, w, b, g, gate), how = geometry.arrays(), geometry.how
    for open_gate in (None, gate):
        found = form("conv2d_gradients")([True] * 3, g, open_gate, None, x, w, b, **how)
        expected = [
            form("conv2d_input")(g, w, input_size=geometry.size, gate=open_gate, **how),
            form("conv2d_weight")(x, g, kernel_size=geometry.kernel_size, gate=open_gate, **how),
            form("conv2d_bias")(g, gate=open_gate),
        ]
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other)
        for i in range(3):
            wanted = [k == i for k in range(3)]
            some = form("conv2d_gradients")(wanted, g, open_gate, None, x, w, b, **how)
            assert [one is not None for one in some] == wanted
            np.testing.assert_array_equal(some[i], expected[i])


def test_gradients_of_arrays_that_are_not_contiguous():
    (x, w, b, g, gate), how = NARROW.arrays(), NARROW.how
    found = form("conv2d_gradients")(
        [True] * 3, spread_out(g), spread_out(gate), None, *map(spread_out, (x, w, b)), **how
    )
    expected = form("conv2d_gradients")([True] * 3, g, gate, None, x, w, b, **how)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_is_left_to_numpy():
    (x, w, b, g, _), how = NARROW.arrays(), NARROW.how
    assert falls_back("conv2d", x[:0], w, b, **how)
    assert falls_back("conv2d", x.astype(np.float64), w.astype(np.float64), None, **how)
    assert falls_back("conv2d", x, w, b.astype(np.float64), **how)
    assert falls_back("conv2d", x.astype(np.int64), w.astype(np.int64), None, **how)
    assert falls_back("conv2d_input", g[:0], w, input_size=NARROW.size, **how)
    assert falls_back("conv2d_input", g, w, input_size=(0, 7), **how)
    assert falls_back("conv2d_weight", x[:0], g[:0], kernel_size=(3, 3), **how)
    assert falls_back("conv2d_bias", g[:0])
    with kernels_of("compiled"):
        assert form_of("conv2d_gradients")([True] * 3, g.astype(np.float64), None, None, x, w, b, **how) is None
        assert form_of("conv2d_gradients")([True] * 3, g[:0], None, None, x[:0], w, b, **how) is None
        empty = kernels.conv2d(x[:0], w, b, **how)
        whole = kernels.conv2d(x.astype(np.int64), np.ones_like(w, np.int64), None, **how)
    assert empty.shape == (0, 9, *NARROW.places)
    assert whole.dtype == np.int64


def test_arrays_with_an_equal_dtype_object_are_not_left_to_numpy():
    import pickle

    (x, w, b, g, _), how = NARROW.arrays(), NARROW.how
    again = [pickle.loads(pickle.dumps(one)) for one in (x, w, b, g)]
    assert not falls_back("conv2d", *again[:3], **how)
    with kernels_of("compiled"):
        assert form_of("conv2d_gradients")([True] * 3, again[3], None, None, *again[:3], **how) is not None
    assert falls_back("conv2d", x.astype(x.dtype.newbyteorder()), w, b, **how)


@pytest.mark.parametrize("kernel_size", [(1, 1), (3, 2)])
@pytest.mark.parametrize(
    ("stride", "padding", "dilation"),
    [
        ((2**32 + 1, 1), 0, (1, 1)),
        ((2**30, 2**31 - 1), 0, (1, 1)),
        ((1, 1), 0, (2**33, 1)),
        ((40000, 50000), 40000, (1, 1)),
        ((40000, 40000), 40000, (40000, 40000)),
        ((2**30, 2**30), 2**30, (2**29, 2**30 - 1)),
    ],
)
def test_extreme_geometry_gives_what_its_few_places_are(kernel_size, stride, padding, dilation):
    """Places that are read can be counted on the fingers: each is looked up by itself."""
    (kh, kw), (sh, sw), (dh, dw) = kernel_size, stride, dilation
    if kernel_size != (1, 1) and padding == 0 and max(dilation) > 4:
        pytest.skip("no window fits")
    how = {"stride": stride, "padding": ((padding, padding),) * 2, "dilation": dilation, "groups": 1}
    x, w = float32(0, 2, 3, 4, 5), float32(1, 4, 3, kh, kw)
    oh = output_size(4, kh, sh, padding, padding, dh)
    ow = output_size(5, kw, sw, padding, padding, dw)
    g = float32(2, 2, 4, oh, ow)
    y, gx, gw = np.zeros(g.shape), np.zeros(x.shape), np.zeros(w.shape)
    for i, j, a, b in np.ndindex(oh, ow, kh, kw):
        row, column = i * sh + a * dh - padding, j * sw + b * dw - padding
        if 0 <= row < 4 and 0 <= column < 5:
            y[:, :, i, j] += x[:, :, row, column].astype(float) @ w[:, :, a, b].T
            gx[:, :, row, column] += g[:, :, i, j].astype(float) @ w[:, :, a, b]
            gw[:, :, a, b] += g[:, :, i, j].astype(float).T @ x[:, :, row, column]
    for mode in ("compiled", "numpy"):
        with kernels_of(mode):
            np.testing.assert_allclose(kernels.conv2d(x, w, None, **how), y, rtol=1e-4, atol=1e-5)
            found = kernels.conv2d_input(g, w, input_size=(4, 5), **how)
            np.testing.assert_allclose(found, gx, rtol=1e-4, atol=1e-5)
            found = kernels.conv2d_weight(x, g, kernel_size=kernel_size, **how)
            np.testing.assert_allclose(found, gw, rtol=1e-4, atol=1e-5)


def test_a_stride_with_far_more_phases_than_work_is_left_to_numpy():
    x, w = float32(0, 1, 1, 1, 200_001), float32(1, 1, 1, 1, 1000)
    how = {"stride": (1, 190_000), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    g = float32(2, 1, 1, 1, 2)
    assert falls_back("conv2d_input", g, w, input_size=(1, 200_001), **how)
    agree(*both("conv2d", x, w, None, **how), rtol=1e-4, atol=1e-4)
