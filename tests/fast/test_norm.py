"""Batch normalisation: the compiled form equals the NumPy form, and is as accurate."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from kernel_forms import agree, both, falls_back, float32, form_of, needs_compiler, same_bits_on_any_threads, spread_out

from tinygrad_cnn import kernels
from tinygrad_cnn.backends.kernels import kernels_of

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
    with kernels_of("compiled"):
        plain = kernels.batch_norm(x, w, b, *statistics, eps=1e-5)[0]
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
    g, gate, *rest, _ = gradient_inputs((rows, c), True, True)
    agree(*both("batch_norm_gradients", g, gate, *rest, 0.1), rtol=1e-4, atol=1e-4)


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
    g = float32(1, *shape)
    with np.errstate(all="ignore"):
        agree(*both("batch_norm_gradients", g, None, x, None, *found[1:], 1e-5), rtol=1e-4, atol=1e-4)


def test_nan_and_infinity_spoil_their_channel_only():
    x = float32(0, 3, 4, 5, 7)
    x[1, 1, 2, 3], x[2, 2, 0, 0] = np.nan, np.inf
    found, expected = both("batch_norm", x, None, None, None, None, eps=1e-5)
    agree(found, expected, rtol=2e-5, atol=2e-5)
    assert np.isnan(found[0][:, 1]).all()
    assert np.isfinite(found[0][:, [0, 3]]).all()


def gradient_inputs(shape, affine, gated):
    x, g, (w, _) = float32(0, *shape), float32(1, *shape), weights(shape[1], affine)
    _, mean, var = kernels.batch_norm(x, w, None, None, None, eps=1e-5)
    gate = np.maximum(float32(2, *shape), 0) if gated else None
    return g, gate, x, w, mean, var, 1e-5


@example((2, 3, 1111), True, True)
@given(SHAPES, OPTIONAL, OPTIONAL)
def test_gradients(shape, affine, gated):
    agree(*both("batch_norm_gradients", *gradient_inputs(shape, affine, gated)), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (30, 3), (30, 131)])
def test_the_gate_lets_nan_through_and_stops_infinities_where_it_is_shut(shape):
    g, gate, *rest = gradient_inputs(shape, True, True)
    first = (0,) * (len(shape) - 2)
    gate[0, 0, *first], gate[0, 1, *first], gate[0, 2, *first] = np.nan, 0, 0
    g[0, 1, *first], g[0, 2, *first] = np.inf, np.nan
    found, expected = both("batch_norm_gradients", g, gate, *rest)
    agree(found, expected, rtol=1e-4, atol=1e-4)
    assert all(np.isfinite(one).all() for one in found)


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
    g, gate, x, w, mean, var, eps = gradient_inputs(shape, True, True)
    wide = spread_out(w)
    agree(*both("batch_norm", spread_out(x), wide, wide, None, None, eps=eps), rtol=2e-5, atol=2e-5)
    agree(*both("batch_norm", spread_out(x), wide, wide, wide, abs(wide), eps=eps), rtol=2e-5, atol=2e-5)
    agree(
        *both("batch_norm_gradients", spread_out(g), spread_out(gate), spread_out(x), wide, mean, var, eps),
        rtol=1e-4, atol=1e-4,
    )  # fmt: skip


@pytest.mark.parametrize("shape", [(30, 7, 31, 33), (301, 1003)])
def test_any_number_of_threads_gives_the_same_bits(shape):
    given_ = gradient_inputs(shape, True, True)
    g, _, x, w, mean, var, eps = given_
    same_bits_on_any_threads(
        lambda: (
            *form_of("batch_norm")(x, w, w, None, None, eps=eps),
            form_of("batch_norm")(x, w, w, w, abs(w), eps=eps)[0],
            *kernels.batch_norm_gradients(*given_),
            form_of("standardize_dot")(g, x, dims=(0, *range(2, x.ndim)), eps=eps, mean=mean, var=var),
        )
    )


def test_what_is_left_to_numpy():
    g, _, x, w, mean, var, eps = gradient_inputs((3, 4, 5, 7), True, False)
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
    assert falls_back("batch_norm_gradients", g[:2], None, x, w, mean, var, eps)


@given(st.integers(1, 40), st.floats(0, 1), st.floats(1, 2))
def test_running_statistics_follow(channels, share, correction):
    mean, var = float32(0, 1, channels, 1, 1), abs(float32(1, 1, channels, 1, 1))
    moved = []
    for mode in ("compiled", "numpy"):
        running = float32(2, channels), abs(float32(3, channels))
        with kernels_of(mode):
            kernels.follow(*running, mean, var, share, correction)
        moved.append(running)
    for found, expected in zip(*moved, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_running_statistics_that_are_left_to_numpy():
    mean, var = float32(0, 1, 4), float32(1, 1, 4)
    running = float32(2, 4), float32(3, 4)
    assert falls_back("follow", running[0].astype(np.float64), running[1], mean, var, 0.1, 1.0)
    assert falls_back("follow", running[0][:3], running[1], mean, var, 0.1, 1.0)
    running[1].flags.writeable = False
    before = running[0].copy()
    assert falls_back("follow", *running, mean, var, 0.1, 1.0)
    np.testing.assert_array_equal(running[0], before)
    with pytest.raises(ValueError, match="read-only"):
        kernels.follow(*running, mean, var, 0.1, 1.0)
    np.testing.assert_array_equal(running[0], before)
