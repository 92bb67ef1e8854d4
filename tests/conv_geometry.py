"""What tests of the compiled convolutions share: random geometry, and the check against double precision."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from hypothesis import example
from hypothesis import strategies as st
from kernel_forms import float32, form_of, spread_out

from tinygrad_cnn import kernels
from tinygrad_cnn.kernels.windows import output_size

DIRECT, WINOGRAD = 1e-6, 1e-5
"""How far results may be from exact ones; see `near`."""


@dataclass(frozen=True)
class Geometry:
    images: int
    channels: int  # of one group
    outputs: int  # likewise
    size: tuple[int, int]
    kernel_size: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    spread: bool = False

    @property
    def how(self):
        return {name: getattr(self, name) for name in ("stride", "padding", "dilation", "groups")}

    @property
    def places(self):
        return tuple(
            output_size(self.size[i], self.kernel_size[i], self.stride[i], *self.padding[i], self.dilation[i])
            for i in range(2)
        )

    @property
    def work(self):
        each = self.channels * self.outputs * self.groups * np.prod(self.kernel_size) * np.prod(self.places)
        return self.images * int(each)

    def arrays(self):
        """Return x, w, b, the gradient g of the output and the output of a ReLU after it."""
        total = self.outputs * self.groups
        x = float32(0, self.images, self.channels * self.groups, *self.size)
        w, b = float32(1, total, self.channels, *self.kernel_size), float32(2, total)
        g = float32(3, self.images, total, *self.places)
        mask = np.maximum(float32(4, *g.shape), 0)
        found = x, w, b, g, mask
        return tuple([spread_out(one) for one in found]) if self.spread else found


pairs = lambda most: st.tuples(st.integers(1, most), st.integers(1, most))  # noqa: E731
side = st.tuples(st.integers(0, 4), st.integers(0, 4))
DIRECT_CASES = st.builds(
    Geometry, st.integers(1, 3), st.integers(1, 6), st.integers(1, 20),
    st.tuples(st.integers(1, 18), st.integers(1, 40)),
    pairs(5), pairs(3), st.tuples(side, side), pairs(3), st.integers(1, 3), st.booleans(),
).filter(lambda one: min(one.places) > 0 and one.work < 10**7)  # fmt: skip
small = st.tuples(st.integers(0, 2), st.integers(0, 2))
WINOGRAD_CASES = st.builds(
    Geometry, st.integers(1, 3), st.integers(1, 40), st.integers(1, 40),
    st.tuples(st.integers(1, 30), st.integers(1, 40)),
    padding=st.tuples(small, small), spread=st.booleans(),
).filter(lambda one: min(one.places) > 0)  # fmt: skip

TILES_OF_ROWS = Geometry(2, 3, 17, (9, 70), (3, 5), padding=((1, 1), (2, 2)))
NARROW = Geometry(2, 5, 9, (13, 7), (3, 3), padding=((1, 1), (1, 1)))  # rows shorter than a vector
SKIPPING = Geometry(2, 2, 3, (11, 12), (2, 1), (3, 2), ((0, 3), (1, 0)))  # a stride beyond the window
DEPTHWISE = Geometry(3, 1, 1, (9, 9), (3, 3), (2, 2), ((1, 1), (1, 1)), groups=7)
MANY_WEIGHTS = Geometry(1, 190, 130, (6, 5), (3, 3), (2, 1), ((1, 1), (1, 1)))
ALL_ON_THE_PADDING = Geometry(1, 2, 3, (1, 1), (2, 2), (1, 1), ((3, 3), (3, 3)), (4, 4))
CUT = Geometry(2, 3, 4, (9, 9), (3, 3), padding=((-2, 1), (1, -3)))
CHUNKS = Geometry(1, 40, 3, (90, 90), (3, 3), padding=((1, 1), (1, 1)))  # planes beyond the cache: rows in parts
# With a plane for each column of the window: several images at once, rows in parts, strides, fewer places than lanes.
SMALL = Geometry(9, 2, 16, (11, 11), (5, 5))
SMALL_AND_PADDED = Geometry(2, 1, 19, (12, 10), (5, 4), padding=((1, 0), (2, 1)), dilation=(1, 2))
SMALL_STRIDES = Geometry(3, 1, 18, (23, 29), (4, 5), (2, 3), ((1, 2), (2, 1)))
SMALL_PAIRS = Geometry(3, 1, 18, (21, 37), (5, 5), (1, 2), ((2, 2), (2, 2)))
FEW_PLACES = Geometry(9, 1, 17, (6, 7), (4, 5))
ONE_ROW = Geometry(1, 128, 64, (1, 100), (1, 1))  # its weight gradient is shared out by outputs
TWO_PLACES = Geometry(1, 1, 1, (1, 1), (1, 2), padding=((0, 1), (0, 3)), dilation=(1, 2), groups=2)
FAR_BEFORE = Geometry(1, 1, 2, (3, 3), (2, 2), padding=((200, 200), (200, 200)), dilation=(200, 200))


def direct_examples(test):
    for one in (
        TILES_OF_ROWS, NARROW, SKIPPING, DEPTHWISE, MANY_WEIGHTS, ALL_ON_THE_PADDING, CUT, CHUNKS, SMALL,
        SMALL_AND_PADDED, SMALL_STRIDES, SMALL_PAIRS, FEW_PLACES, ONE_ROW, TWO_PLACES, FAR_BEFORE,
    ):  # fmt: skip
        test = example(one)(test)
    return test


def double(*arrays):
    return [None if one is None else one.astype(np.float64) for one in arrays]


def near(found, call, *arrays, tolerance):
    """Check shape, dtype and values against ``call(*arrays)`` in double precision.

    Errors may be as large as `tolerance` times the largest sum of the sizes of the terms that are added up.
    """
    exact = double(*arrays)
    expected, sizes = call(*exact), call(*[None if one is None else abs(one) for one in exact])
    assert (found.shape, found.dtype) == (expected.shape, np.float32)
    assert abs(found - expected).max() <= tolerance * sizes.max()


def check(forms, geometry, tolerance):
    """Check forward pass and gradients, with and without a ReLU after the convolution."""
    (x, w, b, g, mask), how = geometry.arrays(), geometry.how
    for bias in (b, None):
        plain = forms["conv2d"](x, w, bias, **how)
        near(plain, partial(kernels.conv2d, **how), x, w, bias, tolerance=tolerance)
        np.testing.assert_array_equal(forms["conv2d"](x, w, bias, relu=True, **how), np.maximum(plain, 0))
    for relu_mask, through in ((None, g), (mask, g * (mask > 0))):
        found = forms["conv2d_gradients"]([True] * 3, g, relu_mask, None, x, w, b, **how)
        near_gradients(found, geometry, x, w, through, tolerance)


def near_gradients(found, geometry, x, w, g, tolerance):
    """Check gx, gw and gb of a convolution of x by w whose output has the gradient g, each by `near`."""
    (gx, gw, gb), how = found, geometry.how
    input_of = partial(kernels.conv2d_input, input_size=geometry.size, **how)
    weight_of = partial(kernels.conv2d_weight, kernel_size=geometry.kernel_size, **how)
    near(gx, input_of, g, w, tolerance=tolerance)
    near(gw, weight_of, x, g, tolerance=tolerance)
    near(gb, lambda g: g.sum((0, 2, 3)), g, tolerance=DIRECT)


def forms_of(winograd):
    """Return the compiled forms of `conv2d` and its gradients, made to use Winograd's kernel always or never."""
    from tinygrad_cnn.fast import conv

    def forced(name):
        form = form_of(name)

        def run(*args, **how):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(conv, "_winograd", lambda *_: winograd)
                for plan in ("_forward", "_backward"):  # as if it were the first call with these shapes
                    patch.setattr(conv, plan, getattr(conv, plan).__wrapped__)
                return form(*args, **how)

        return run

    return {name: forced(name) for name in ("conv2d", "conv2d_input", "conv2d_weight", "conv2d_gradients")}


LARGE = Geometry(4, 12, 12, (16, 16), padding=((1, 1), (1, 1)))  # 64 tiles
