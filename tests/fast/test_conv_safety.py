"""Convolution: NaN, memory around arrays, and threads, for both compiled kernels."""

from dataclasses import replace
from functools import partial

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
    Geometry,
    form,
    forms_of,
    near,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kernel_forms import float32, needs_compiler, same_bits_on_any_threads

from tinygrad_cnn import kernels
from tinygrad_cnn.backends.kernels import kernels_of
from tinygrad_cnn.backends.threads import get_num_threads, set_num_threads

pytestmark = needs_compiler

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
    size, window = geometry.size, geometry.kernel_size
    forms = forms_of(False)
    with kernels_of("numpy"), np.errstate(all="ignore"):
        expected = [
            kernels.conv2d(x, w, b, **how),
            kernels.conv2d_input(g, w, input_size=size, **how),
            kernels.conv2d_weight(x, g, kernel_size=window, **how),
        ]
    found = [forms["conv2d"](x, w, b, **how), forms["conv2d_input"](g, w, input_size=size, **how)]
    assert forms["conv2d_weight"](x, g, kernel_size=window, **how) is NotImplemented  # NumPy then computes it
    with kernels_of("compiled"), np.errstate(all="ignore"):
        found.append(kernels.conv2d_weight(x, g, kernel_size=window, **how))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


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
    (x, w, b, g, gate), how = geometry.arrays(), geometry.how
    gate = np.abs(gate) + 1
    x[0, 1, 0, 0] = x[-1, 3, geometry.size[0] // 2, 3] = outlier
    g[0, 1, 0, 0] = g[-1, 2, geometry.places[0] // 2, 3] = outlier
    forms, size = forms_of(True), geometry.size
    calls = [
        ("conv2d", (x, w, b), how, {"relu": False}),
        ("conv2d_input", (g, w), {"input_size": size, **how}, {"gate": gate}),
        ("conv2d_weight", (x, g), {"kernel_size": (3, 3), **how}, {"gate": gate}),
    ]
    for name, arrays, arguments, more in calls:
        found = forms[name](*arrays, **arguments, **more)
        with kernels_of("numpy"), np.errstate(all="ignore"):
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


def test_a_constant_image_gives_constant_outputs_inside():
    """So that a max-pooling after it meets the ties that there are."""
    forms = forms_of(True)
    for value in (0.1, 0.7, 1 / 3, 123.456):
        x = np.full((2, 16, 24, 24), value, np.float32)
        y = forms["conv2d"](x, float32(1, 20, 16, 3, 3), float32(2, 20), **LARGE.how)
        assert all(len(np.unique(plane[1:-1, 1:-1])) == 1 for image in y for plane in image)


@pytest.mark.parametrize("winograd", [False, True])
def test_a_gate_stops_what_is_not_finite_and_lets_all_through_where_it_is_nan(winograd):
    (x, w, _, g, gate), how = LARGE.arrays(), LARGE.how
    gate = np.abs(gate) + 1
    g[0, 0, 3, 3], gate[0, 0, 3, 3] = np.nan, 0
    g[1, 1, 4, 4], gate[1, 1, 4, 4] = np.inf, -0.0
    gate[2, 2, 5, 5] = np.nan
    forms, stopped = forms_of(winograd), np.where(gate <= 0, 0, g)
    tolerance = WINOGRAD if winograd else DIRECT
    back = {"input_size": LARGE.size, **how}, {"kernel_size": LARGE.kernel_size, **how}
    found = forms["conv2d_input"](g, w, gate=gate, **back[0])
    near(found, partial(kernels.conv2d_input, **back[0]), stopped, w, tolerance=tolerance)
    found = forms["conv2d_weight"](x, g, gate=gate, **back[1])
    near(found, partial(kernels.conv2d_weight, **back[1]), x, stopped, tolerance=tolerance)
    near(form("conv2d_bias")(g, gate=gate), kernels.conv2d_bias, stopped, tolerance=DIRECT)


# --- memory ----------------------------------------------------------------------------------------------------------

GUARD = np.float32(12345.678)


class Guarded:
    """Arrays in the middle of larger ones that must stay as they are."""

    def __init__(self):
        self.around = []

    def empty(self, shape, dtype=np.float32):
        count, room = int(np.prod(shape)), 67  # an odd place: no vector is aligned
        whole = np.full(count + 2 * room, GUARD, dtype)
        self.around.append((whole, room))
        return whole[room : room + count].reshape(shape)

    def check(self):
        for whole, room in self.around:
            assert (whole[:room] == GUARD).all()
            assert (whole[-room:] == GUARD).all()
            assert (whole[room:-room] != GUARD).all()  # every element was written


def beside_nan(a):
    """Return a copy of `a` that lies between NaN, which nothing may depend on."""
    whole = np.full(a.size + 134, np.nan, np.float32)
    whole[67:-67] = a.ravel()
    return whole[67:-67].reshape(a.shape)


def leave_nan_in_working_memory(forms):
    """Compute with NaN on this thread, which all that follows must not show."""
    x, w = np.full((1, 32, 40, 40), np.nan, np.float32), np.full((32, 32, 3, 3), np.nan, np.float32)
    how = LARGE.how
    forms["conv2d"](x, w, None, **how)
    forms["conv2d_input"](x, w, input_size=(40, 40), **how)
    forms["conv2d_weight"](x, x, kernel_size=(3, 3), **how)


@pytest.fixture(autouse=True)
def _one_thread():
    before = get_num_threads()
    set_num_threads(1)
    yield
    set_num_threads(before)


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

    x, w, b, g, gate = [beside_nan(one) for one in geometry.arrays()]
    guarded, forms, how = Guarded(), forms_of(winograd), geometry.how
    leave_nan_in_working_memory(forms)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conv, "empty", guarded.empty)
        results = [
            forms["conv2d"](x, w, b, relu=False, **how),
            forms["conv2d_input"](g, w, input_size=geometry.size, gate=gate, **how),
            forms["conv2d_weight"](x, g, kernel_size=geometry.kernel_size, gate=gate, **how),
            conv.conv2d_bias(g, gate=gate),
        ]
    assert all(np.isfinite(one).all() for one in results)
    guarded.check()


def test_inputs_are_left_as_they_are():
    for geometry, winograd in ((LARGE, True), (TILES_OF_ROWS, False)):
        arrays, forms = geometry.arrays(), forms_of(winograd)
        before = [one.copy() for one in arrays]
        x, w, b, g, gate = arrays
        forms["conv2d"](x, w, b, relu=True, **geometry.how)
        forms["conv2d_input"](g, w, input_size=geometry.size, gate=gate, **geometry.how)
        forms["conv2d_weight"](x, g, kernel_size=geometry.kernel_size, gate=gate, **geometry.how)
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
    (x, w, b, g, gate), how, forms = geometry.arrays(), geometry.how, forms_of(winograd)
    call = lambda: (  # noqa: E731
        forms["conv2d"](x, w, b, **how),
        forms["conv2d_input"](g, w, input_size=geometry.size, gate=gate, **how),
        forms["conv2d_weight"](x, g, kernel_size=geometry.kernel_size, gate=gate, **how),
        form("conv2d_bias")(g, gate=gate),
    )
    same_bits_on_any_threads(call)
    assert [one.tobytes() for one in call()] == [one.tobytes() for one in call()]
