"""Products of matrices: the compiled forms equal NumPy's in double precision, whatever the layout in memory."""

import numpy as np
import pytest
from guarded import Guarded, beside_nan
from hypothesis import given, settings
from kernel_forms import agree, both, falls_back, float32, form_of, needs_compiler, same_bits_on_any_threads
from matrices import LAYOUT, LAYOUTS, SHAPES, near_product, some_shapes

from tinygrad_cnn.autograd import registry
from tinygrad_cnn.backends.kernels import kernels_of

pytestmark = needs_compiler


@some_shapes
@settings(max_examples=100)
@given(SHAPES, LAYOUT, LAYOUT)
def test_matmul(shape, layout_a, layout_b):
    n, k, m = shape
    a, b = LAYOUTS[layout_a](float32(0, n, k)), LAYOUTS[layout_b](float32(1, k, m))
    near_product(form_of("matmul")(a, b), a, b)


@settings(max_examples=60)
@given(SHAPES)
def test_nothing_is_written_beside_results_nor_depends_on_what_lies_beside_arrays(shape):
    from tinygrad_cnn.fast import matmul

    n, k, m = shape
    a, b, w = map(beside_nan, (float32(0, n, k), float32(1, k, m), float32(2, m, k)))
    guarded = Guarded()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matmul, "empty", guarded.empty)
        results = [matmul.matmul(a, b), matmul.matmul(a, w.T), matmul.matmul(beside_nan(a.T).T, b)]
    assert len(guarded.wholes) == 3
    assert all(np.isfinite(one).all() for one in results)
    guarded.check()


def test_nan_and_infinities_spoil_their_row_or_column_only():
    a, b = float32(0, 20, 40), float32(1, 40, 60)
    a[3, 5], b[7, 11], a[4, 0] = np.nan, np.inf, -np.inf
    for right in (b, np.asfortranarray(b)):
        y = form_of("matmul")(a, right)
        assert np.isnan(y[3]).all()
        assert not np.isfinite(y[:, 11]).any()
        assert not np.isfinite(y[4]).any()
        assert np.isfinite(np.delete(np.delete(y, [3, 4], 0), 11, 1)).all()


def test_addmm_scales_and_adds():
    x, a, b = float32(0, 4), float32(1, 3, 5), float32(2, 5, 4)
    for beta, alpha in ((1, 1), (0.5, 2), (0, 3)):
        found, expected = both("addmm", x, a, b, beta=beta, alpha=alpha)
        agree(found, expected)
    assert np.isfinite(form_of("addmm")(x * np.float32(np.nan), a, b, beta=0, alpha=1)).all()


def test_any_number_of_threads_gives_the_same_bits():
    a, b, matmul = float32(0, 150, 600), float32(1, 600, 210), form_of("matmul")
    call = lambda: (matmul(a, b), matmul(a, np.asfortranarray(b)), matmul(np.asfortranarray(a), b))  # noqa: E731
    same_bits_on_any_threads(call)
    assert [one.tobytes() for one in call()] == [one.tobytes() for one in call()]


def test_what_is_left_to_numpy():
    a, b = float32(0, 4, 5), float32(1, 5, 6)
    assert falls_back("matmul", a[None], b)
    assert falls_back("matmul", a[0], b)
    assert falls_back("matmul", a[:0], b)
    assert falls_back("matmul", a[:, :0], b[:0])
    assert falls_back("matmul", a, b[:4])
    assert falls_back("matmul", a.astype(np.float64), b)
    far = np.broadcast_to(np.float32(1), (5, 2**29))  # beyond 32-bit offsets; takes no memory
    assert falls_back("matmul", a, far)
    with kernels_of("compiled"):
        assert registry["matmul"].kernel(a[:, :0], b[:0]).tolist() == np.zeros((4, 6)).tolist()
        with pytest.raises(ValueError, match="matmul"):
            registry["matmul"].kernel(a, b[:4])
