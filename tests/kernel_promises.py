"""What tests of the array kernels share: random geometry, layouts in memory, and what all kernels promise."""

from dataclasses import dataclass

import numpy as np
import op_references as ref
import pytest
from hypothesis import strategies as st

LAYOUTS = ("transposed", "strided", "backwards")


@dataclass(frozen=True)
class Geometry:
    n: int
    groups: int
    c: int  # a group
    o: int  # a group
    h: int
    w: int
    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[tuple[int, int], tuple[int, int]]
    dilation: tuple[int, int]
    seed: int

    @property
    def how(self):
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}

    @property
    def output_size(self):
        return ref.out_shape(self.h, self.w, self.kernel_size, self.stride, self.padding, self.dilation)

    def normal(self, *shape):
        return np.random.default_rng([self.seed, *shape]).standard_normal(shape)


@st.composite
def geometries(draw, dilated=True, least=0):
    def pair(low, high):
        return draw(st.integers(low, high)), draw(st.integers(low, high))

    kernel_size = pair(1, 3)
    dilation = pair(1, 3) if dilated else (1, 1)
    padding = tuple((draw(st.integers(0, 2)), draw(st.integers(least, 2))) for _ in range(2))  # < 0 cuts places off
    extents = [d * (k - 1) + 1 for k, d in zip(kernel_size, dilation, strict=True)]
    sizes = [max(1, extent - sum(pad)) + draw(st.integers(0, 5)) for extent, pad in zip(extents, padding, strict=True)]
    return Geometry(
        n=draw(st.integers(1, 3)),
        groups=draw(st.integers(1, 3)),
        c=draw(st.integers(1, 2)),
        o=draw(st.integers(1, 2)),
        h=sizes[0],
        w=sizes[1],
        kernel_size=kernel_size,
        stride=pair(1, 4),
        padding=padding,
        dilation=dilation,
        seed=draw(st.integers(0, 999)),
    )


def inner(a, b):
    assert a.shape == b.shape
    return float((a * b).sum())


def close(value):
    return pytest.approx(value, rel=1e-9, abs=1e-9)


def convolution(geometry):
    """Return x, w, g of a convolution of `geometry` and its arguments."""
    channels, filters = geometry.c * geometry.groups, geometry.o * geometry.groups
    x = geometry.normal(geometry.n, channels, geometry.h, geometry.w)
    w = geometry.normal(filters, geometry.c, *geometry.kernel_size)
    g = geometry.normal(geometry.n, filters, *geometry.output_size)
    return x, w, g, {**geometry.how, "groups": geometry.groups}


def laid_out(x, layout):
    """Return an array equal to `x` that lies otherwise in memory."""
    if not x.ndim:
        return x.copy()
    if layout == "transposed":
        return np.asarray(x.T.copy().T)
    if layout == "strided":
        return np.repeat(x, 2, axis=-1)[..., ::2]
    return x[..., ::-1].copy()[..., ::-1] if layout == "backwards" else x


def results(found):
    """Return the arrays of a result, which may be a tuple with some that are None."""
    return [one for one in (found if isinstance(found, tuple) else (found,)) if one is not None]


def keeps_promises(kernel, *arrays, rtol=1e-5):
    """Check what every kernel promises, for float64 `arrays`; return the result for them.

    The inputs are only read, their layout does not matter, float32 gives float32, and the results are new arrays.
    """
    expected = results(kernel(*arrays))
    for layout in ("plain", *LAYOUTS):
        given = [laid_out(x, layout).copy() if layout == "plain" else laid_out(x, layout) for x in arrays]
        for x in given:
            x.flags.writeable = False
        found = results(kernel(*given))
        for one, other in zip(found, expected, strict=True):
            assert isinstance(one, np.ndarray | np.generic)  # NumPy gives numbers in the place of 0-d arrays
            assert (one.shape, one.dtype) == (other.shape, other.dtype)
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13, err_msg=layout)
            assert not any(np.shares_memory(one, x) for x in given)
        for x, original in zip(given, arrays, strict=True):
            np.testing.assert_array_equal(x, original)
    single = [x.astype("f4") if x.dtype == "f8" else x for x in arrays]
    for one, other in zip(results(kernel(*single)), expected, strict=True):
        assert one.dtype == ("f4" if other.dtype == "f8" else other.dtype)
        np.testing.assert_allclose(one, other, rtol=rtol, atol=1e-5)
    return expected[0] if len(expected) == 1 else tuple(expected)
