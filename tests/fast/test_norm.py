"""Batch normalisation: the compiled form equals the NumPy form, and is as accurate."""

from typing import Any, NamedTuple

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
    vjps_of,
)

from tinygrad_cnn import kernels

pytestmark = needs_compiler

SHAPES = st.one_of(
    st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 40)),
    st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 9), st.integers(3, 40)),
    st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(500, 1100)),
    st.tuples(st.integers(21, 140), st.integers(1, 40)),  # channels along vectors: parts of one, and some
    st.tuples(st.integers(21, 40), st.integers(60, 300), st.just(1)),  # and blocks of several, and odd ends of them
).filter(lambda shape: shape[0] * np.prod(shape[2:]) > 20)  # of few values the variance may be next to nothing
LONG = example((2, 3, 1111), True)
OPTIONAL = st.booleans()


def weights(c, given=True, seed=3):
    return (float32(seed, c), float32(seed + 1, c)) if given else (None, None)


@LONG
@given(SHAPES, OPTIONAL)
def test_with_the_statistics_of_the_batch(shape, affine):
    w, b = weights(shape[1], affine)
    agree(*both("batch_norm", float32(0, *shape), w, b, None, None, eps=1e-5), rtol=2e-5, atol=2e-5)


@LONG
@given(SHAPES, OPTIONAL)
def test_with_given_statistics(shape, affine):
    w, b = weights(shape[1], affine)
    mean, var = float32(8, shape[1]), abs(float32(9, shape[1])) + 0.1
    agree(*both("batch_norm", float32(0, *shape), w, b, mean, var, eps=1e-5), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("shape", [(3, 4, 5, 7), (9, 4), (9, 141)])
@pytest.mark.parametrize("given_statistics", [False, True])
def test_with_a_relu(given_statistics, shape):
    x, (w, b) = float32(0, *shape), weights(shape[1])
    statistics = (b, abs(w)) if given_statistics else (None, None)
    plain = form_of("batch_norm")(x, w, b, *statistics, eps=1e-5)[0]
    rectified = form_of("batch_norm")(x, w, b, *statistics, eps=1e-5, relu=True)[0]
    np.testing.assert_array_equal(rectified, np.maximum(plain, 0))
    assert (plain < 0).any()


@pytest.mark.parametrize("shape", [(8, 2, 64, 64), (8192, 3)])
@pytest.mark.parametrize("mean", [0, 1000, 1e6])
def test_a_large_mean_costs_no_more_accuracy_than_in_numpy(mean, shape):
    x = float32(0, *shape) + np.float32(mean)
    exact = kernels.batch_norm(x.astype(np.float64), None, None, None, None, eps=1e-5)
    found, reference = both("batch_norm", x, None, None, None, None, eps=1e-5)
    for ours, numpy, true in zip(found, reference, exact, strict=True):
        assert abs(ours - true).max() <= 1.1 * abs(numpy - true).max() + 1e-6 * abs(true).max()


@pytest.mark.parametrize("c", [1, 5, 150])
@pytest.mark.parametrize("rows", [1, 2])
def test_few_rows(rows, c):
    x, (w, b) = float32(0, rows, c), weights(c)
    agree(*both("batch_norm", x, w, b, None, None, eps=0.1), rtol=2e-5, atol=2e-5)
    near_vjps(gradient_inputs((rows, c), True, True, eps=0.1))


@pytest.mark.parametrize("eps", [1e-5, 0])
def test_constant_columns(eps):
    x = np.full((32, 150), 3, np.float32)
    found, expected = both("batch_norm", x, None, None, None, None, eps=eps)
    agree(found, expected)
    assert (found[1] == 3).all()
    assert (found[2] == 0).all()


@pytest.mark.parametrize("shape", [(9, 4), (9, 150)])
def test_nan_and_infinity_spoil_their_column_only(shape):
    x = float32(0, *shape)
    x[1, 1], x[2, 2], x[2, -1] = np.nan, np.inf, -np.inf
    found, expected = both("batch_norm", x, None, None, None, None, eps=1e-5)
    agree(found, expected, rtol=2e-5, atol=2e-5)
    assert np.isfinite(found[0]).all(axis=0).sum() == shape[1] - 3
    with np.errstate(all="ignore"):
        near_vjps(Gradient(float32(1, *shape), None, x, None, *found[1:], 1e-5))


def test_nan_and_infinity_spoil_their_channel_only():
    x = float32(0, 3, 4, 5, 7)
    x[1, 1, 2, 3], x[2, 2, 0, 0] = np.nan, np.inf
    found, expected = both("batch_norm", x, None, None, None, None, eps=1e-5)
    agree(found, expected, rtol=2e-5, atol=2e-5)
    assert np.isnan(found[0][:, 1]).all()
    assert np.isfinite(found[0][:, [0, 3]]).all()


class Gradient(NamedTuple):
    """What the gradients of a batch normalisation are made of."""

    g: Any
    relu_mask: Any
    x: Any
    w: Any
    mean: Any
    var: Any
    eps: float

    def compiled(self, wanted=(True, True, True)):
        """Return gx, gw and gb of the compiled form, None where they are not wanted; or None."""
        found = form_of("batch_norm_gradients")(
            (*wanted, False, False), self.g, self.relu_mask, None, self.x, self.w, None, None, None,
            batch_mean=self.mean, batch_var=self.var, eps=self.eps,
        )  # fmt: skip
        return found and found[:3]


def gradient_inputs(shape, affine, masked, eps=1e-5):
    x, g, (w, _) = float32(0, *shape), float32(1, *shape), weights(shape[1], affine)
    _, mean, var = kernels.batch_norm(x, w, None, None, None, eps=eps)
    return Gradient(g, np.maximum(float32(2, *shape), 0) if masked else None, x, w, mean, var, eps)


def near_vjps(given_):
    """Check the compiled gradients against those of the VJPs, for each choice of inputs that wants that of x."""
    ones = np.ones(given_.x.shape[1], np.float32)
    w = ones if given_.w is None else given_.w
    exact = vjps_of("batch_norm", given_.g, given_.relu_mask, given_.x, w, ones, None, None, eps=given_.eps)
    exact = [one.astype(np.float32) for one in exact[:3]]
    agree(given_.compiled(), exact, rtol=1e-4, atol=1e-4)
    for wanted in ((True, False, True), (True, True, False)):
        some = [one if keep else None for one, keep in zip(exact, wanted, strict=True)]
        agree(given_.compiled(wanted), some, rtol=1e-4, atol=1e-4)
    return exact


@example((2, 3, 1111), True, True)
@given(SHAPES, OPTIONAL, OPTIONAL)
def test_gradients(shape, affine, masked):
    near_vjps(gradient_inputs(shape, affine, masked))


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (30, 3), (30, 131)])
def test_a_relu_mask_lets_all_through_where_it_is_nan_and_stops_infinities_where_it_is_0(shape):
    given_ = gradient_inputs(shape, True, True)
    first = (0,) * (len(shape) - 2)
    mask, g = given_.relu_mask, given_.g
    mask[0, 0, *first], mask[0, 1, *first], mask[0, 2, *first] = np.nan, 0, 0
    g[0, 1, *first], g[0, 2, *first] = np.inf, np.nan
    assert all(np.isfinite(one).all() for one in near_vjps(given_))


@LONG
@given(SHAPES, OPTIONAL)
def test_standardize_input_and_dot(shape, affine):
    g, _, x, w, mean, var, eps = gradient_inputs(shape, affine, False)
    how = {"dims": (0, *range(2, len(shape))), "eps": eps, "mean": mean, "var": var}
    scale = None if w is None else w.reshape(mean.shape)
    agree(*both("standardize_input", g, x, scale, **how), rtol=1e-4, atol=1e-4)
    agree(*both("standardize_dot", g, x, **how), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", [(3, 4, 5, 7), (31, 19)])
def test_arrays_that_are_not_contiguous(shape):
    given_ = gradient_inputs(shape, True, True)
    g, mask, x, w, mean, var, eps = given_
    wide = spread_out(w)
    agree(*both("batch_norm", spread_out(x), wide, wide, None, None, eps=eps), rtol=2e-5, atol=2e-5)
    agree(*both("batch_norm", spread_out(x), wide, wide, wide, abs(wide), eps=eps), rtol=2e-5, atol=2e-5)
    spread = Gradient(spread_out(g), spread_out(mask), spread_out(x), wide, mean, var, eps)
    agree(spread.compiled(), given_.compiled(), rtol=0, atol=0)


@pytest.mark.parametrize("shape", [(30, 7, 31, 33), (301, 1003)])
def test_any_number_of_threads_gives_the_same_bits(shape):
    given_ = gradient_inputs(shape, True, True)
    g, _, x, w, mean, var, eps = given_
    same_bits_on_any_threads(
        lambda: (
            *form_of("batch_norm")(x, w, w, None, None, eps=eps),
            form_of("batch_norm")(x, w, w, w, abs(w), eps=eps)[0],
            *given_.compiled(),
            form_of("standardize_dot")(g, x, dims=(0, *range(2, x.ndim)), eps=eps, mean=mean, var=var),
        )
    )


def test_what_is_left_to_numpy():
    given_ = gradient_inputs((3, 4, 5, 7), True, False)
    g, _, x, w, mean, var, eps = given_
    none = (None, None, None, None)
    assert falls_back("batch_norm", x[:0], *none, eps=eps)
    assert falls_back("batch_norm", x.astype(np.float64), *none, eps=eps)
    assert falls_back("batch_norm", x[0, :, 0, 0], *none, eps=eps)
    assert falls_back("batch_norm", x, w[:2], *none[1:], eps=eps)
    assert falls_back("batch_norm", x, w.reshape(2, 2), *none[1:], eps=eps)
    assert falls_back("batch_norm", x, w.astype(np.float64), *none[1:], eps=eps)
    how = {"dims": (2, 3), "eps": eps, "mean": mean, "var": var}
    assert falls_back("standardize_input", g, x, None, **how)
    assert falls_back("standardize_dot", g, x, **how)
    assert given_._replace(g=g[:2]).compiled() is None
    assert given_._replace(x=x.astype(np.float64)).compiled() is None
    assert given_.compiled((False, True, True)) is None  # the VJPs of w and b need no more
    given_statistics = form_of("batch_norm_gradients")([True] * 3 + [False] * 2, g, None, None, x, w, w, w, w, eps=eps)
    assert given_statistics is None
