"""Convolution: both compiled kernels, the direct one and Winograd's, equal the NumPy form in double precision.

They keep NaN and infinities where they belong, stay within the memory of their arrays, and give the same bits on any
number of threads.
"""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from conv_geometry import (
    DEPTHWISE,
    DIRECT,
    DIRECT_CASES,
    LARGE,
    NARROW,
    SKIPPING,
    SMALL,
    SMALL_AND_PADDED,
    SMALL_STRIDES,
    TILES_OF_ROWS,
    WINOGRAD,
    WINOGRAD_CASES,
    Geometry,
    check,
    direct_examples,
    forms_of,
    near_gradients,
)
from guarded import Guarded, beside_nan
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kernel_forms import agree, both, falls_back, float32, form_of, needs_compiler, same_bits_on_any_threads, spread_out

from tinygrad_cnn import kernels, ops
from tinygrad_cnn.autograd import registry
from tinygrad_cnn.backends.kernels import kernels_of
from tinygrad_cnn.backends.threads import get_num_threads, set_num_threads
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
    forms = {name: form_of(name) for name in ("conv2d", "conv2d_gradients")}
    check(forms, geometry, WINOGRAD if chosen else DIRECT)


@pytest.mark.parametrize("geometry", [LARGE, NARROW, SKIPPING])
def test_all_gradients_in_one_call_are_those_one_by_one(geometry):
    (x, w, b, g, mask), how = geometry.arrays(), geometry.how
    gradients = form_of("conv2d_gradients")
    singles = [
        form_of("conv2d_input")(g, w, input_size=geometry.size, **how),
        form_of("conv2d_weight")(x, g, kernel_size=geometry.kernel_size, **how),
    ]
    for relu_mask in (None, mask):
        found = gradients([True] * 3, g, relu_mask, None, x, w, b, **how)
        for i in range(3):
            wanted = [k == i for k in range(3)]
            some = gradients(wanted, g, relu_mask, None, x, w, b, **how)
            assert [one is not None for one in some] == wanted
            np.testing.assert_array_equal(some[i], found[i])
        if relu_mask is None:
            for one, other in zip(found[:2], singles, strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("which", range(5))
def test_one_array_alone_that_is_not_contiguous(which):
    arrays, how = list(NARROW.arrays()), NARROW.how

    def results():
        x, w, b, g, mask = arrays
        each = [
            form_of("conv2d_gradients")([k == i for k in range(3)], g, mask, None, x, w, b, **how) for i in range(3)
        ]
        return form_of("conv2d")(x, w, b, **how), *[each[i][i] for i in range(3)]

    expected = results()
    arrays[which] = spread_out(arrays[which])
    for one, other in zip(results(), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_conv_transpose2d_and_conv1d():
    (x, w, b, g, _), how = NARROW.arrays(), NARROW.how
    agree(*both("conv_transpose2d", g, w, float32(5, 5), input_size=NARROW.size, **how), rtol=1e-4, atol=1e-4)
    along = {name: value if name == "groups" else value[1:] for name, value in how.items()}
    agree(*both("conv1d", x[:, :, 0], w[:, :, 0], b, **along), rtol=1e-4, atol=1e-4)


def test_what_is_left_to_numpy():
    (x, w, b, g, _), how = NARROW.arrays(), NARROW.how
    assert falls_back("conv2d", x[:0], w, b, **how)
    assert falls_back("conv2d", x.astype(np.float64), w.astype(np.float64), None, **how)
    assert falls_back("conv2d", x, w, b.astype(np.float64), **how)
    assert falls_back("conv2d", x.astype(np.int64), w.astype(np.int64), None, **how)
    assert falls_back("conv2d", x.astype(x.dtype.newbyteorder()), w, b, **how)
    assert falls_back("conv2d_input", g[:0], w, input_size=NARROW.size, **how)
    assert falls_back("conv2d_input", g, w, input_size=(0, 7), **how)
    assert falls_back("conv2d_weight", x[:0], g[:0], kernel_size=(3, 3), **how)
    gradients = form_of("conv2d_gradients")
    assert gradients([True] * 3, g.astype(np.float64), None, None, x, w, b, **how) is None
    assert gradients([True] * 3, g[:0], None, None, x[:0], w, b, **how) is None
    with kernels_of("compiled"):
        empty = registry["conv2d"].kernel(x[:0], w, b, **how)
        whole = registry["conv2d"].kernel(x.astype(np.int64), np.ones_like(w, np.int64), None, **how)
    assert empty.shape == (0, 9, *NARROW.places)
    assert whole.dtype == np.int64


def test_arrays_with_an_equal_dtype_object_are_not_left_to_numpy():
    (x, w, b, g, _), how = NARROW.arrays(), NARROW.how
    x, w, b, g = [pickle.loads(pickle.dumps(one)) for one in (x, w, b, g)]
    assert not falls_back("conv2d", x, w, b, **how)
    assert form_of("conv2d_gradients")([True] * 3, g, None, None, x, w, b, **how) is not None


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
            found = [
                ops.conv2d(x, w, None, **how),
                ops.conv2d_input(g, w, input_size=(4, 5), **how),
                ops.conv2d_weight(x, g, kernel_size=kernel_size, **how),
            ]
        for one, exact in zip(found, (y, gx, gw), strict=True):
            np.testing.assert_allclose(one, exact, rtol=1e-4, atol=1e-5)


def test_a_stride_with_far_more_phases_than_work_is_left_to_numpy():
    x, w = float32(0, 1, 1, 1, 200_001), float32(1, 1, 1, 1, 1000)
    how = {"stride": (1, 190_000), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    g = float32(2, 1, 1, 1, 2)
    assert falls_back("conv2d_input", g, w, input_size=(1, 200_001), **how)
    agree(*both("conv2d", x, w, None, **how), rtol=1e-4, atol=1e-4)


# --- NaN and infinities ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("winograd", [False, True])
def test_a_relu_keeps_nan(winograd):
    (x, w, b, _, _), how = LARGE.arrays(), LARGE.how
    x[1, 3, 5, 6], x[2, 4, 8, 9] = np.nan, np.inf
    forms = forms_of(winograd)
    plain, rectified = forms["conv2d"](x, w, b, **how), forms["conv2d"](x, w, b, relu=True, **how)
    np.testing.assert_array_equal(rectified, np.maximum(plain, 0))
    assert np.isnan(rectified[1, :, 4:7, 5:8]).all()
    assert np.isfinite(plain[[0, 3]]).all()  # other images are not touched


@pytest.mark.parametrize("geometry", [NARROW, SKIPPING, TILES_OF_ROWS, SMALL])
def test_nan_and_infinities_go_where_they_go_in_numpy(geometry):
    (x, w, b, g, _), how = geometry.arrays(), geometry.how
    x, g = x.copy(), g.copy()
    x[0, 1, 2, 3], x[1, 0, 0, 0], g[0, 1, 1, 1], g[1, 0, 0, 0] = np.nan, -np.inf, np.nan, np.inf
    back = {"input_size": geometry.size, **how}, {"kernel_size": geometry.kernel_size, **how}
    forms = forms_of(False)
    assert forms["conv2d_weight"](x, g, **back[1]) is NotImplemented  # NumPy then computes it
    calls = [("conv2d", (x, w, b), how), ("conv2d_input", (g, w), back[0]), ("conv2d_weight", (x, g), back[1])]
    for name, arrays, settings_ in calls:
        found = []
        for mode in ("compiled", "numpy"):
            with kernels_of(mode), np.errstate(all="ignore"):
                found.append(registry[name].kernel(*arrays, **settings_))
        np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-4)


OUTLIERS = [np.nan, np.inf, -np.inf, 1e8, -3e12]


@pytest.mark.parametrize("outlier", OUTLIERS)
@pytest.mark.parametrize(
    "geometry",
    [
        LARGE,
        Geometry(2, 12, 20, (33, 29)),
        Geometry(1, 40, 33, (7, 9), padding=((1, 1), (1, 1))),  # by bands of output channels
        Geometry(3, 17, 19, (5, 38), padding=((0, 2), (2, 1))),
    ],
)
def test_an_outlier_reaches_no_output_whose_window_does_not_touch_it(geometry, outlier):
    """Winograd's tiles mix inputs: those with an outlier are computed by the sums as they are written."""
    (x, w, b, g, mask), how = geometry.arrays(), geometry.how
    x[0, 1, 0, 0] = x[-1, 3, geometry.size[0] // 2, 3] = outlier
    g[0, 1, 0, 0] = g[-1, 2, geometry.places[0] // 2, 3] = outlier
    forms = forms_of(True)
    gx, gw, _ = forms["conv2d_gradients"]([True] * 3, g, np.abs(mask) + 1, None, x, w, b, **how)
    calls = [
        ("conv2d", forms["conv2d"](x, w, b, **how), (x, w, b), how),
        ("conv2d_input", gx, (g, w), {"input_size": geometry.size, **how}),
        ("conv2d_weight", gw, (x, g), {"kernel_size": (3, 3), **how}),
    ]
    for name, found, arrays, arguments in calls:
        with np.errstate(all="ignore"):
            exact = getattr(kernels, name)(*[one.astype(np.float64) for one in arrays], **arguments)
            sizes = getattr(kernels, name)(*[abs(one.astype(np.float64)) for one in arrays], **arguments)
        np.testing.assert_array_equal(np.isnan(found), np.isnan(exact))
        infinite = np.isinf(exact)
        np.testing.assert_array_equal(found[infinite], exact[infinite])
        finite = np.isfinite(exact)
        near_ones = finite & (sizes < 1e6)
        assert near_ones.any() or name == "conv2d_weight"
        assert (abs(found[near_ones] - exact[near_ones]) <= 1e-5 * sizes[near_ones].max(initial=0)).all()
        far = finite & ~near_ones
        assert (abs(found[far] - exact[far]) <= 1e-5 * sizes[far]).all()


@pytest.mark.parametrize("winograd", [False, True])
def test_an_image_of_infinities_gives_infinities(winograd):
    """No element is far larger than those around it, but Winograd's sums would be inf − inf."""
    (x, w, _, g, _), how, forms = LARGE.arrays(), LARGE.how, forms_of(winograd)
    w, infinite = abs(w), np.full_like(g, np.inf)
    assert (forms["conv2d"](np.full_like(x, np.inf), w, None, **how) == np.inf).all()
    gx, _, gb = forms["conv2d_gradients"]([True, False, True], infinite, None, None, x, w, None, **how)
    assert (gx == np.inf).all()
    assert (gb == np.inf).all()


def test_a_constant_image_gives_constant_outputs_inside():
    """So that a max-pooling after it meets the ties that there are."""
    forms = forms_of(True)
    for value in (0.1, 0.7, 1 / 3, 123.456):
        x = np.full((2, 16, 24, 24), value, np.float32)
        y = forms["conv2d"](x, float32(1, 20, 16, 3, 3), float32(2, 20), **LARGE.how)
        assert all(len(np.unique(plane[1:-1, 1:-1])) == 1 for image in y for plane in image)


@pytest.mark.parametrize("winograd", [False, True])
def test_a_relu_mask_stops_what_is_not_finite_and_lets_all_through_where_it_is_nan(winograd):
    (x, w, b, g, mask), how = LARGE.arrays(), LARGE.how
    mask = np.abs(mask) + 1
    g[0, 0, 3, 3], mask[0, 0, 3, 3] = np.nan, 0
    g[1, 1, 4, 4], mask[1, 1, 4, 4] = np.inf, -0.0
    mask[2, 2, 5, 5] = np.nan
    found = forms_of(winograd)["conv2d_gradients"]([True] * 3, g, mask, None, x, w, b, **how)
    near_gradients(found, LARGE, x, w, np.where(mask <= 0, 0, g), WINOGRAD if winograd else DIRECT)


# --- memory ----------------------------------------------------------------------------------------------------------


def leave_nan_in_working_memory(forms):
    """Compute with NaN on this thread, which all that follows must not show."""
    x, w = np.full((1, 32, 40, 40), np.nan, np.float32), np.full((32, 32, 3, 3), np.nan, np.float32)
    how = LARGE.how
    forms["conv2d"](x, w, None, **how)
    forms["conv2d_gradients"]([True] * 3, x, None, None, x, w, None, **how)


@pytest.fixture(scope="module")
def one_thread():
    before = get_num_threads()
    set_num_threads(1)
    yield
    set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
@example(LARGE, True)
@example(Geometry(2, 3, 4, (3, 170), (1, 5), dilation=(1, 40)), False)
@example(Geometry(1, 40, 33, (7, 9), padding=((1, 1), (1, 1))), True)
@example(Geometry(1, 1, 1, (1, 1), (1, 4), padding=((0, 0), (3, 3)), dilation=(1, 2)), False)
@example(TILES_OF_ROWS, False)
@example(NARROW, False)
@example(SKIPPING, False)
@example(SMALL, False)
@example(SMALL_AND_PADDED, False)
@example(SMALL_STRIDES, False)
@example(DEPTHWISE, False)
@settings(max_examples=40)
@given(DIRECT_CASES, st.just(False))
def test_nothing_is_written_beside_results_nor_depends_on_what_lies_beside_arrays(geometry, winograd):
    from tinygrad_cnn.fast import conv

    x, w, b, g, mask = [beside_nan(one) for one in geometry.arrays()]
    guarded, forms, how = Guarded(), forms_of(winograd), geometry.how
    leave_nan_in_working_memory(forms)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conv, "empty", guarded.empty)
        y = forms["conv2d"](x, w, b, **how)
        results = [y, *forms["conv2d_gradients"]([True] * 3, g, mask, None, x, w, b, **how)]
    assert len(guarded.wholes) == len(results) == 4
    assert all(np.isfinite(one).all() for one in results)
    guarded.check()


def test_inputs_are_left_as_they_are():
    for geometry, winograd in ((LARGE, True), (TILES_OF_ROWS, False)):
        arrays, forms = geometry.arrays(), forms_of(winograd)
        before = [one.copy() for one in arrays]
        x, w, b, g, mask = arrays
        forms["conv2d"](x, w, b, relu=True, **geometry.how)
        forms["conv2d_gradients"]([True] * 3, g, mask, None, x, w, b, **geometry.how)
        for one, other in zip(arrays, before, strict=True):
            np.testing.assert_array_equal(one, other)


# --- threads -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("geometry", "winograd"),
    [
        (Geometry(5, 12, 20, (33, 29), padding=((1, 1), (1, 1))), True),
        (Geometry(1, 300, 300, (5, 5), padding=((1, 1), (1, 1))), True),
        (Geometry(5, 3, 20, (33, 29), (5, 5), (2, 2), ((2, 2), (2, 2))), False),
        (Geometry(7, 20, 12, (15, 17), (3, 3), groups=2), False),
        (replace(SMALL, images=70), False),
        (Geometry(1, 300, 130, (5, 5), padding=((1, 1), (1, 1))), False),
    ],
)
def test_any_number_of_threads_gives_the_same_bits(geometry, winograd):
    (x, w, b, g, mask), how, forms = geometry.arrays(), geometry.how, forms_of(winograd)
    call = lambda: (  # noqa: E731
        forms["conv2d"](x, w, b, **how),
        *forms["conv2d_gradients"]([True] * 3, g, mask, None, x, w, b, **how),
    )
    same_bits_on_any_threads(call)
    assert [one.tobytes() for one in call()] == [one.tobytes() for one in call()]
