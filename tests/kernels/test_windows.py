"""Sliding windows: how many there are, what each sees, and the transpose that adds them back."""

import numpy as np
import op_references as ref
import pytest
from hypothesis import given, settings
from kernel_promises import close, geometries, inner, keeps_promises

from tinygrad_cnn import kernels
from tinygrad_cnn.kernels.windows import add_at, is_sparse, lift


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


def values(*shape):
    return np.random.default_rng(shape).standard_normal(shape)


def test_every_tap_sees_what_the_loops_see():
    x = values(2, 3, 5, 7)
    how = {"kernel_size": (3, 2), "stride": (2, 1), "dilation": (1, 3), "padding": ((1, 0), (2, 1))}
    found = keeps_promises(lambda x: kernels.padded_windows(x, **how), x)
    np.testing.assert_array_equal(found, ref.unfold(x, **how).reshape(found.shape))


def test_windows_are_a_view():
    x = values(1, 1, 4, 6)
    view = kernels.windows(x, (2, 2), (1, 2), (1, 1))
    assert view.shape == (1, 1, 2, 2, 3, 3)
    assert np.shares_memory(view, x)
    np.testing.assert_array_equal(view[0, 0, 1, 0], x[0, 0, 1:, ::2])


SPARSE = {
    "far apart": {
        "kernel_size": (2, 2), "stride": (1, 1), "dilation": (4000, 1), "padding": ((2000, 2001), (0, 0)),
    },
    "much padding": {
        "kernel_size": (1, 2), "stride": (3000, 1), "dilation": (1, 1), "padding": ((5000, 4000), (1, 1)),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", SPARSE)
def test_mostly_empty_images_are_not_laid_out(name):
    size, how = (3, 4), SPARSE[name]
    assert is_sparse(size, how["kernel_size"], how["stride"], how["padding"], how["dilation"])
    x = values(2, 1, *size)
    found = kernels.padded_windows(x, **how)
    padded = np.pad(x, ((0, 0), (0, 0), *how["padding"]))
    np.testing.assert_array_equal(found, kernels.windows(padded, how["kernel_size"], how["stride"], how["dilation"]))
    taps = values(*found.shape)
    folded = kernels.fold(taps, size, how["stride"], how["padding"], how["dilation"])
    assert inner(found, taps) == close(inner(x, folded))


def test_ordinary_images_are_laid_out():
    assert not is_sparse((28, 28), (3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1))
    assert not is_sparse((1, 1), (7, 7), (2, 2), ((3, 3), (3, 3)), (1, 1))


def test_one_axis_is_lifted_to_two():
    how = {"kernel_size": (3,), "stride": (2,), "padding": ((1, 2),), "groups": 4}
    assert lift(how) == {"kernel_size": (1, 3), "stride": (1, 2), "padding": ((0, 0), (1, 2)), "groups": 4}


def test_pieces_are_added_and_the_padding_is_cut_off():
    pieces = [((..., slice(at, at + 2), slice(at, at + 2)), np.ones((1, 1, 2, 2))) for at in (0, 1)]
    found = add_at(pieces, (1, 1, 2, 2), ((1, 0), (0, 1)), np.dtype("f4"))
    assert found.dtype == "f4"
    assert found[0, 0].tolist() == [[1, 2], [0, 1]]


def test_an_empty_batch_has_windows_of_nothing():
    how = {"stride": (1, 1), "padding": ((1, 1), (0, 0)), "dilation": (1, 1)}
    taps = kernels.padded_windows(np.zeros((0, 2, 3, 4), "f4"), kernel_size=(2, 2), **how)
    assert (taps.shape, taps.dtype) == ((0, 2, 2, 2, 4, 3), "f4")
    assert kernels.fold(taps, (3, 4), **how).shape == (0, 2, 3, 4)
