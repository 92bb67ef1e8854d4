"""Padding, and copying along axes, with their transposes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_promises import close, inner, keeps_promises

from tinygrad_cnn import kernels


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


def test_a_constant_is_put_around_and_negative_numbers_cut_off():
    x = np.arange(6.0).reshape(2, 3)
    for padding, value in ((((1, 2), (0, 3)), 7), (((-1, 1), (2, -2)), -np.inf), (((0, 0), (1, 0)), np.nan)):
        expected = np.pad(x, [(max(a, 0), max(b, 0)) for a, b in padding], constant_values=value)
        kept = [slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(padding, expected.shape, strict=True)]
        found = keeps_promises(lambda x, p=padding, v=value: kernels.pad_constant(x, p, v), x)
        np.testing.assert_array_equal(found, expected[tuple(kept)])


def test_nothing_to_add_is_no_copy_and_only_cutting_is_a_view():
    x = np.arange(6.0).reshape(2, 3)
    assert kernels.pad_constant(x, ((0, 0), (0, 0))) is x
    assert kernels.pad_constant(x, ((0, 0), (-1, 0))).base is not None
    assert np.shares_memory(kernels.pad_constant(x, ((0, 0), (-1, -1))), x)


def test_integers_and_empty_arrays_are_padded():
    assert kernels.pad_constant(np.array([1], "i2"), ((1, 1),), 5).tolist() == [5, 1, 5]
    assert kernels.pad_constant(np.array([1], "i2"), ((1, 1),), 5).dtype == "i2"
    assert kernels.pad_constant(np.zeros((0, 2)), ((1, 0), (0, 0)), 3).tolist() == [[3, 3]]
    assert kernels.pad_constant(np.arange(3), ((-3, 1),), 9).tolist() == [9]


@pytest.mark.parametrize(("mode", "name"), [("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")])
@pytest.mark.parametrize("padding", [(0, 0), (3, 0), (2, 3), (-1, 2), (1, -2)])
def test_borders_copy_what_numpy_copies(mode, name, padding):
    before, after = padding
    line = np.arange(5)
    cut = line[max(-before, 0) : 5 - max(-after, 0)]
    grown = (max(before, 0), max(after, 0))
    if mode == "circular":
        expected = np.pad(cut, grown, name)
    else:
        expected = np.pad(line, grown, name)
        expected = expected[max(-before, 0) : len(expected) - max(-after, 0)]
    assert kernels.border_sources(5, padding, mode).tolist() == expected.tolist()


def test_positions_named_out_of_order_and_often_add_up():
    g = np.arange(10.0).reshape(2, 5)
    found = keeps_promises(lambda g: kernels.add_along(g, {1: np.array([2, 0, 2, 1, 0])}, (2, 4)), g)
    assert found.tolist() == [[5, 3, 2, 0], [15, 8, 12, 0]]
    assert kernels.add_along(np.zeros((2, 0)), {1: np.array([], int)}, (2, 3)).tolist() == [[0] * 3] * 2
