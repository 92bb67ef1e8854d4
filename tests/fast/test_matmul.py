"""Products of matrices: the compiled forms equal NumPy's in double precision, whatever the layout in memory."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kernel_forms import falls_back, float32, form_of, needs_compiler, same_bits_on_any_threads, spread_out

from tinygrad_cnn import kernels
from tinygrad_cnn.backends.kernels import kernels_of

pytestmark = needs_compiler

SIZES = st.integers(1, 200)
SHAPES = st.tuples(SIZES, SIZES, SIZES)  # rows, depth, columns
LAYOUTS = {
    "rows": np.ascontiguousarray,
    "columns": np.asfortranarray,
    "spread": spread_out,
    "part": lambda a: np.pad(a, 3)[3:-3, 3:-3],
    "backwards": lambda a: np.flip(np.flip(a).copy()),
}
LAYOUT = st.sampled_from(sorted(LAYOUTS))
GUARD = np.float32(12345.678)


def form(name):
    with kernels_of("compiled"):
        return form_of(name)


def near(found, *factors, plus=0.0):
    """Check the product of the matrices `factors`, each element to rounding of the sum of the sizes of its terms."""
    a, b = [one.astype(np.float64) for one in factors]
    assert found.dtype == np.float32
    assert found.shape == (a @ b).shape
    assert (abs(found - (a @ b + plus)) <= 1e-6 * (abs(a) @ abs(b) + abs(plus)) + 1e-30).all()


def some_shapes(test):
    for shape in [(1, 1, 1), (3, 1200, 2), (130, 5, 7), (2, 3, 700), (33, 520, 49), (64, 2100, 64)]:
        test = example(shape, "rows", "rows")(test)
    return test


@some_shapes
@settings(max_examples=100)
@given(SHAPES, LAYOUT, LAYOUT)
def test_matmul(shape, layout_a, layout_b):
    n, k, m = shape
    a, b = LAYOUTS[layout_a](float32(0, n, k)), LAYOUTS[layout_b](float32(1, k, m))
    near(form("matmul")(a, b), a, b)


@some_shapes
@settings(max_examples=60)
@given(SHAPES, LAYOUT, LAYOUT)
def test_linear(shape, layout_x, layout_w):
    n, k, m = shape
    x, w, b = LAYOUTS[layout_x](float32(0, n, k)), LAYOUTS[layout_w](float32(1, m, k)), float32(2, m)
    near(form("linear")(x, w, None), x, w.T)
    plain = form("linear")(x, w, spread_out(b))
    near(plain, x, w.T, plus=b)
    np.testing.assert_array_equal(form("linear")(x, w, b, relu=True), np.maximum(plain, 0))


@some_shapes
@settings(max_examples=60)
@given(SHAPES, LAYOUT, LAYOUT)
def test_gradients_of_linear(shape, layout_x, layout_w):
    n, k, m = shape
    x, w = LAYOUTS[layout_x](float32(0, n, k)), LAYOUTS[layout_w](float32(1, m, k))
    g = LAYOUTS[layout_x](float32(2, n, m))
    gx, gw, gb = form("linear_gradients")([True] * 3, g, None, None, x, w, None)
    near(gx, g, w)
    near(gw, g.T, x)
    near(gb[None], np.ones((1, n), np.float32), g)
    for i, expected in enumerate((gx, gw, gb)):
        wanted = [k == i for k in range(3)]
        found = form("linear_gradients")(wanted, g, None, None, x if i == 1 else None, w if i == 0 else None, None)
        assert [one is not None for one in found] == wanted
        np.testing.assert_array_equal(found[i], expected)


@pytest.mark.parametrize("lead", [(), (5,), (2, 3), (2, 3, 4)])
def test_inputs_of_any_number_of_axes(lead):
    x, w, b, g = float32(0, *lead, 7), float32(1, 9, 7), float32(2, 9), float32(3, *lead, 9)
    y = form("linear")(x, w, b)
    assert y.shape == (*lead, 9)
    np.testing.assert_allclose(y, x @ w.T + b, rtol=1e-5, atol=1e-6)
    gx, gw, gb = form("linear_gradients")([True] * 3, g, None, None, x, w, b)
    np.testing.assert_allclose(gx, g @ w, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(gw, g.reshape(-1, 9).T @ x.reshape(-1, 7), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(gb, g.reshape(-1, 9).sum(0), rtol=1e-5, atol=1e-5)


def test_sums_of_many_rows_are_as_accurate_as_sums_in_double_precision():
    g = float32(0, 30000, 37) + np.float32(100)
    _, _, gb = form("linear_gradients")([False, False, True], g, None, None, None, None, None)
    exact = g.astype(np.float64).sum(0)
    assert abs(gb - exact).max() < 1e-6 * abs(exact).max()


@settings(max_examples=60)
@given(SHAPES)
def test_nothing_is_written_beside_results_nor_depends_on_what_lies_beside_arrays(shape):
    from tinygrad_cnn.fast import matmul

    wholes, room = [], 67  # an odd place: no vector is aligned

    def empty(shape, dtype):
        whole = np.full(int(np.prod(shape)) + 2 * room, GUARD, dtype)
        wholes.append(whole)
        return whole[room:-room].reshape(shape)

    def beside_nan(a):
        whole = np.full(a.size + 2 * room, np.nan, np.float32)
        whole[room:-room] = a.ravel()
        return whole[room:-room].reshape(a.shape)

    n, k, m = shape
    a, b, w, bias, g = map(
        beside_nan, (float32(0, n, k), float32(1, k, m), float32(2, m, k), float32(3, m), float32(4, n, m))
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matmul, "empty", empty)
        results = [
            matmul.matmul(a, b),
            matmul.matmul(a, w.T),
            matmul.matmul(beside_nan(a.T).T, b),
            matmul.linear(a, w, bias),
            *matmul.linear_gradients([True] * 3, g, None, None, a, w, bias),
        ]
    assert len(wholes) == len(results) == 7
    assert all(np.isfinite(one).all() for one in results)
    for whole in wholes:
        assert (whole[:room] == GUARD).all()
        assert (whole[-room:] == GUARD).all()
        assert (whole[room:-room] != GUARD).all()


def test_nan_and_infinities_spoil_their_row_or_column_only():
    a, b = float32(0, 20, 40), float32(1, 40, 60)
    a[3, 5], b[7, 11], a[4, 0] = np.nan, np.inf, -np.inf
    for right in (b, np.asfortranarray(b)):
        y = form("matmul")(a, right)
        assert np.isnan(y[3]).all()
        assert not np.isfinite(y[:, 11]).any()
        assert not np.isfinite(y[4]).any()
        assert np.isfinite(np.delete(np.delete(y, [3, 4], 0), 11, 1)).all()
    rectified = form("linear")(a, b.T, None, relu=True)
    assert np.isnan(rectified[3]).all()
    np.testing.assert_array_equal(rectified, np.maximum(form("linear")(a, b.T, None), 0))


def test_any_number_of_threads_gives_the_same_bits():
    a, b, g = float32(0, 150, 600), float32(1, 600, 210), float32(2, 150, 210)
    call = lambda: (  # noqa: E731
        form_of("matmul")(a, b),
        form_of("matmul")(a, np.asfortranarray(b)),
        form_of("matmul")(np.asfortranarray(a), b),
        *form("linear_gradients")([True] * 3, g, None, None, a, b.T, None),
    )
    same_bits_on_any_threads(call)
    assert [one.tobytes() for one in call()] == [one.tobytes() for one in call()]


def test_what_is_left_to_numpy():
    a, b, w = float32(0, 4, 5), float32(1, 5, 6), float32(2, 6, 5)
    assert falls_back("matmul", a[None], b)
    assert falls_back("matmul", a[0], b)
    assert falls_back("matmul", a[:0], b)
    assert falls_back("matmul", a[:, :0], b[:0])
    assert falls_back("matmul", a, b[:4])
    assert falls_back("matmul", a.astype(np.float64), b)
    assert falls_back("linear", a[:0], w, None)
    assert falls_back("linear", a[:, :4], w, None)
    assert falls_back("linear", a, w, np.ones(6))
    far = np.broadcast_to(np.float32(1), (5, 2**29))  # beyond 32-bit offsets; takes no memory
    assert falls_back("matmul", a, far)
    assert falls_back("linear", far.T[:1], np.broadcast_to(np.float32(1), (2**29, 5)), None)
    gradients, g = form("linear_gradients"), float32(3, 4, 6)
    assert gradients([True] * 3, g.astype(np.float64), None, None, a, w, None) is None
    assert gradients([True] * 3, g, g, None, a, w, None) is None  # a ReLU follows
    assert gradients([True] * 3, g[:0], None, None, a[:0], w, None) is None
    with kernels_of("compiled"):
        assert kernels.matmul(a[:, :0], b[:0]).tolist() == np.zeros((4, 6)).tolist()
        assert kernels.linear(a[:0], w, None).shape == (0, 6)
        with pytest.raises(ValueError, match="matmul"):
            kernels.matmul(a, b[:4])
