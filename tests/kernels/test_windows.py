"""The gradient kernels are exact adjoints: ⟨A·x, g⟩ = ⟨x, Aᵀ·g⟩, over random geometry."""

from dataclasses import dataclass

import numpy as np
import op_references as ref
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_cnn import kernels
from tinygrad_cnn.kernels import conv


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


@given(geometries(least=-2))
@settings(max_examples=150, deadline=None)
def test_convolution_and_its_two_gradients(geometry):
    x, w, g, how = convolution(geometry)
    forward = inner(kernels.conv2d(x, w, None, **how), g)
    assert inner(x, kernels.conv2d_input(g, w, input_size=x.shape[2:], **how)) == close(forward)
    assert inner(w, kernels.conv2d_weight(x, g, kernel_size=w.shape[2:], **how)) == close(forward)


@given(geometries(least=-2))
@settings(max_examples=30, deadline=None)
def test_convolution_equals_the_loops(geometry):
    x, w, _, how = convolution(geometry)
    np.testing.assert_allclose(kernels.conv2d(x, w, None, **how), ref.conv2d(x, w, None, **how), atol=1e-12)


@given(geometries(), st.sampled_from([1, 700, 2000]))
@settings(max_examples=60, deadline=None)
def test_convolution_in_chunks_equals_convolution_at_once(geometry, limit):
    x, w, g, how = convolution(geometry)
    b = geometry.normal(len(w))

    def three():
        return (
            kernels.conv2d(x, w, b, **how),
            kernels.conv2d_input(g, w, input_size=x.shape[2:], **how),
            kernels.conv2d_weight(x, g, kernel_size=w.shape[2:], **how),
        )

    whole = three()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conv, "_CHUNK_BYTES", limit)
        for chunked, expected in zip(three(), whole, strict=True):
            np.testing.assert_allclose(chunked, expected, rtol=1e-12, atol=1e-12)


def test_a_chunk_is_never_larger_than_the_limit_nor_empty(monkeypatch):
    monkeypatch.setattr(conv, "_CHUNK_BYTES", 100)
    assert [(part.start, part.stop) for part in conv._chunks(5, 40)] == [(0, 2), (2, 4), (4, 5)]
    assert [(part.start, part.stop) for part in conv._chunks(2, 1000)] == [(0, 1), (1, 2)]
    assert list(conv._chunks(0, 40)) == []


@given(geometries(dilated=False), st.sampled_from(["all", "none", "part"]), st.sampled_from([None, 3]))
@settings(max_examples=100, deadline=None)
def test_average_pooling_and_its_gradient(geometry, counting, divisor):
    padding = geometry.padding
    counted = {
        "all": padding,
        "none": ((0, 0), (0, 0)),
        "part": tuple((before, after // 2) for before, after in padding),
    }[counting]
    counts = ref._window_counts(
        (geometry.h, geometry.w), geometry.kernel_size, geometry.stride, padding, counted, divisor
    )
    if not counts.all():  # a window on the padding alone has no average
        return
    how = {
        "kernel_size": geometry.kernel_size,
        "stride": geometry.stride,
        "padding": padding,
        "counted": counted,
        "divisor_override": divisor,
    }
    x = geometry.normal(geometry.n, geometry.c, geometry.h, geometry.w)
    y = kernels.avg_pool2d(x, **how)
    np.testing.assert_allclose(y, ref.avg_pool2d(x, **how), atol=1e-12)
    g = geometry.normal(*y.shape)
    assert inner(x, kernels.avg_pool2d_input(g, input_size=x.shape[2:], **how)) == close(inner(y, g))


@given(geometries())
@settings(max_examples=100, deadline=None)
def test_max_pooling_scatters_and_gathers_by_the_same_winners(geometry):
    how = {"kernel_size": geometry.kernel_size, **geometry.how}
    x = geometry.normal(geometry.n, geometry.c, geometry.h, geometry.w)
    y, taps = kernels.max_pool2d(x, **how)
    expected, winners, flat = ref.max_taps(x, **how)
    np.testing.assert_array_equal(y, expected)
    seen = np.isfinite(expected)  # windows on the padding alone have no winner
    np.testing.assert_array_equal(taps[seen], winners[seen])
    if not seen.all():
        return
    np.testing.assert_array_equal(kernels.max_pool2d_gather(x, taps, **how), y)
    np.testing.assert_array_equal(kernels.max_pool2d_positions(taps, input_size=x.shape[2:], **how), flat)
    g = geometry.normal(*y.shape)
    other = geometry.normal(*x.shape, 1)[..., 0]
    spread = kernels.max_pool2d_scatter(g, taps, input_size=x.shape[2:], **how)
    assert inner(other, spread) == close(inner(kernels.max_pool2d_gather(other, taps, **how), g))


@given(geometries(least=-2))
@settings(max_examples=60, deadline=None)
def test_fold_is_the_adjoint_of_windows(geometry):
    x = geometry.normal(geometry.n, geometry.c, geometry.h, geometry.w)
    view = kernels.windows(kernels.pad2d(x, geometry.padding), geometry.kernel_size, geometry.stride, geometry.dilation)
    taps = geometry.normal(*view.shape)
    folded = kernels.fold(taps, x.shape[2:], geometry.stride, geometry.padding, geometry.dilation)
    assert inner(view, taps) == close(inner(x, folded))


@given(geometries(least=-2))
@settings(max_examples=60, deadline=None)
def test_output_size_counts_the_windows_that_fit(geometry):
    for axis, size in enumerate((geometry.h, geometry.w)):
        before, after = geometry.padding[axis]
        arguments = geometry.kernel_size[axis], geometry.stride[axis]
        found = kernels.output_size(size, *arguments, before, after, geometry.dilation[axis])
        assert found == ref.out_size(size, *arguments, (before, after), geometry.dilation[axis])


@given(st.lists(st.integers(0, 4), max_size=9), st.integers(0, 2), st.integers(0, 999))
@settings(max_examples=60, deadline=None)
def test_adding_along_is_the_adjoint_of_copying_along(source, axis, seed):
    normal = np.random.default_rng(seed).standard_normal
    x = normal(np.insert((3, 2, 4), axis, 5))
    sources = {axis: np.array(source, np.intp), 3: np.array([2, 0, 0])}
    copied = kernels.copy_along(x, sources)
    assert copied.shape == tuple(len(sources[i]) if i in sources else size for i, size in enumerate(x.shape))
    g = normal(copied.shape)
    assert inner(copied, g) == close(inner(x, kernels.add_along(g, sources, x.shape)))


@given(
    st.lists(st.tuples(st.integers(-4, 3), st.integers(-4, 3)), min_size=2, max_size=2), st.integers(1, 4), st.data()
)
@settings(max_examples=60, deadline=None)
def test_padding_by_the_opposite_is_the_adjoint_of_padding(padding, height, data):
    width = data.draw(st.integers(1, 4))
    if any(size + sum(around) < 0 for size, around in zip((height, width), padding, strict=True)):
        return
    x = np.random.default_rng(0).standard_normal((height, width))
    y = kernels.pad_constant(x, tuple(padding))
    assert y.shape == (height + sum(padding[0]), width + sum(padding[1]))
    g = np.random.default_rng(1).standard_normal(y.shape)
    opposite = tuple((-before, -after) for before, after in padding)
    assert inner(y, g) == close(inner(x, kernels.pad_constant(g, opposite)))
