"""Pooling: the compiled form equals the NumPy form over random geometry."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from kernel_forms import (
    agree,
    both,
    falls_back,
    float32,
    form_of,
    needs_compiler,
    same_bits_on_any_threads,
    spread_out,
    with_specials,
)

from tinygrad_cnn import ops
from tinygrad_cnn.backends.kernels import kernels_of
from tinygrad_cnn.kernels.windows import output_size

pytestmark = needs_compiler


@dataclass(frozen=True)
class Geometry:
    size: tuple[int, int]
    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    dilation: tuple[int, int] = (1, 1)
    seed: int = 0

    @property
    def how(self):
        return {name: getattr(self, name) for name in ("kernel_size", "stride", "padding", "dilation")}

    @property
    def places(self):
        return tuple(
            output_size(self.size[i], self.kernel_size[i], self.stride[i], *self.padding[i], self.dilation[i])
            for i in range(2)
        )

    def image(self):
        return float32(self.seed, 2, 3, *self.size)

    def taps(self):
        kinds = self.kernel_size[0] * self.kernel_size[1]
        return np.random.default_rng(self.seed).integers(0, kinds, (2, 3, *self.places), np.uint8)


def geometries(most_dilation=3):
    pairs = lambda most: st.tuples(st.integers(1, most), st.integers(1, most))  # noqa: E731
    side = st.tuples(st.integers(0, 3), st.integers(0, 3))
    made = st.builds(
        Geometry,
        st.tuples(st.integers(1, 20), st.integers(1, 50)),
        pairs(5), pairs(5), st.tuples(side, side), pairs(most_dilation), st.integers(0, 99),
    )  # fmt: skip
    return made.filter(lambda one: min(one.places) > 0)


# The fast paths: pairs, whole and with a row and a column left over; kernel = stride; rows read where they are.
PAIRS = Geometry((8, 70), (2, 2), (2, 2))
ODD_PAIRS = Geometry((7, 67), (2, 2), (2, 2), seed=1)
FOURS = Geometry((13, 98), (4, 4), (4, 4))
IN_PLACE = Geometry((9, 40), (3, 3), (1, 1))
ALL_ON_THE_PADDING = Geometry((1, 1), (2, 2), (2, 2), ((3, 3), (3, 3)), (3, 3))


def named(test):
    for one in (PAIRS, ODD_PAIRS, FOURS, IN_PLACE, ALL_ON_THE_PADDING):
        test = example(one)(test)
    return test


@named
@given(geometries())
def test_max_pool2d_with_ties_nan_and_infinities(geometry):
    x = with_specials(geometry.image(), geometry.seed)
    (y, taps), (expected, places) = both("max_pool2d", x, **geometry.how)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(taps, places)
    assert taps.dtype == places.dtype == np.uint8


@named
@given(geometries())
def test_max_pool2d_scatter(geometry):
    g, taps = float32(geometry.seed, 2, 3, *geometry.places), geometry.taps()
    agree(*both("max_pool2d_scatter", g, taps, input_size=geometry.size, **geometry.how))


@named
@given(geometries())
def test_max_pool2d_gather(geometry):
    agree(*both("max_pool2d_gather", with_specials(geometry.image()), geometry.taps(), **geometry.how))


def averaging(geometry):
    """Yield what may be counted as an element."""
    how = {name: getattr(geometry, name) for name in ("kernel_size", "stride", "padding")}
    yield {**how, "counted": geometry.padding, "divisor_override": None}
    yield {**how, "counted": geometry.padding, "divisor_override": 7}
    if all(max(geometry.padding[i]) < geometry.kernel_size[i] for i in range(2)):  # every window counts something
        yield {**how, "counted": ((0, 0), (0, 0)), "divisor_override": None}


@named
@given(geometries(most_dilation=1))
def test_avg_pool2d(geometry):
    if geometry is ALL_ON_THE_PADDING:
        return
    for how in averaging(geometry):
        agree(*both("avg_pool2d", geometry.image(), **how))


@named
@given(geometries(most_dilation=1))
def test_avg_pool2d_input(geometry):
    if geometry is ALL_ON_THE_PADDING:
        return
    g = float32(geometry.seed, 2, 3, *geometry.places)
    for how in averaging(geometry):
        agree(*both("avg_pool2d_input", g, input_size=geometry.size, **how))


def test_average_of_nan_and_infinities():
    how = next(averaging(PAIRS))
    agree(*both("avg_pool2d", with_specials(PAIRS.image()), **how))


@pytest.mark.parametrize("geometry", [PAIRS, FOURS, IN_PLACE])
def test_arrays_that_are_not_contiguous(geometry):
    x, g, taps = geometry.image(), float32(5, 2, 3, *geometry.places), geometry.taps()
    agree(*both("max_pool2d", spread_out(x), **geometry.how))
    agree(*both("max_pool2d_gather", spread_out(x), spread_out(taps), **geometry.how))
    agree(*both("max_pool2d_scatter", spread_out(g), spread_out(taps), input_size=geometry.size, **geometry.how))
    how = next(averaging(geometry))
    agree(*both("avg_pool2d", spread_out(x), **how))
    agree(*both("avg_pool2d_input", spread_out(g), input_size=geometry.size, **how))


@pytest.mark.parametrize(
    "geometry", [Geometry((31, 70), (2, 2), (2, 2)), Geometry((31, 70), (3, 2), (2, 3), ((1, 1), (1, 0)))]
)
def test_any_number_of_threads_gives_the_same_bits(geometry):
    x = float32(0, 20, 10, *geometry.size)
    g = float32(1, 20, 10, *geometry.places)
    _, taps = form_of("max_pool2d")(x, **geometry.how)
    how = next(averaging(geometry))
    same_bits_on_any_threads(
        lambda: (
            *form_of("max_pool2d")(x, **geometry.how),
            form_of("max_pool2d_scatter")(g, taps, input_size=geometry.size, **geometry.how),
            form_of("max_pool2d_gather")(x, taps, **geometry.how),
            form_of("avg_pool2d")(x, **how),
            form_of("avg_pool2d_input")(g, input_size=geometry.size, **how),
        )
    )


def test_what_is_left_to_numpy():
    x = PAIRS.image()
    assert falls_back("max_pool2d", x[:0], **PAIRS.how)
    assert falls_back("max_pool2d", x.astype(np.float64), **PAIRS.how)
    assert falls_back("max_pool2d", float32(0, 1, 1, 20, 20), **Geometry((20, 20), (17, 16), (1, 1)).how)
    assert falls_back("max_pool2d", x, **{**PAIRS.how, "padding": ((-1, 0), (0, 0))})
    how = next(averaging(PAIRS))
    assert falls_back("avg_pool2d", x[:, :0], **how)
    assert falls_back("avg_pool2d_input", x[:0], input_size=(16, 140), **how)


def test_sixteen_bit_taps_of_large_windows():
    large = Geometry((20, 20), (17, 16), (1, 1))
    x = float32(0, 1, 2, 20, 20)
    with kernels_of("compiled"):
        y, taps = ops.max_pool2d.kernel(x, **large.how)
        gathered = ops.max_pool2d_gather.kernel(x, taps, **large.how)
    assert taps.dtype == np.uint16
    np.testing.assert_array_equal(gathered, y)
