"""`SAMPLES`: for every kernel that the C library exports, a call compared with what it is to compute in float64.

A sample takes the sizes of the kernel's axes and fails if the result is wrong. `sample` names the sizes to try along
each axis, one at a time, while the others keep their defaults; so each loop of C is left after a part of a vector, a
whole one, and one more, and each limit on tiles and blocks is passed by one.
"""

import numpy as np
from c_constants import around, constants
from guarded import Guarded, beside, beside_nan, is_placed
from kernel_forms import float32, near, with_specials

from tinygrad_cnn import kernels

LANES = constants("activation").LANES
WIDTHS = around(LANES)
SAMPLES = {}


def sample(**axes):
    """Register the decorated function as the sample of the C function of its name, with the sizes along its axes."""

    def register(check):
        SAMPLES[check.__name__] = check, [(axis, size) for axis, sizes in axes.items() for size in sizes]
        return check

    return register


def call(name, *arguments):
    """Call a C function that must answer DONE, or nothing. It must not write to inputs, nor beside any array.

    Arrays of float32 that `blank` did not make are inputs; it gets copies that lie between NaN, and must not use those.
    """
    from tinygrad_cnn.fast.native import DONE, native

    passed = [
        beside_nan(a) if isinstance(a, np.ndarray) and a.dtype == np.float32 and not is_placed(a) else a
        for a in arguments
    ]
    placed = [a for one in passed for a in (one if isinstance(one, tuple) else (one,)) if is_placed(a)]
    before = [beside(a) for a in placed]
    assert getattr(native, name)(*passed) in (DONE, None), f"{name} did not compute"
    assert [beside(a) for a in placed] == before, f"{name} wrote beside an array"
    for copy, a in zip(passed, arguments, strict=True):
        assert copy is a or copy.tobytes() == a.tobytes(), f"{name} changed an input"


def blank(*shape, dtype=np.float32):
    """Return an array to write a result to, in the middle of a larger one: any element that is left out is seen."""
    return Guarded().empty(shape, dtype)


def double(*arrays):
    return [None if a is None else np.asarray(a, np.float64) for a in arrays]


# --- element by element -------------------------------------------------------------------------------------------

ELEMENTS = (*WIDTHS, 4 * LANES + 1, *around(constants("activation").CHUNK)[1:])  # loops are unrolled four times


@sample(n=ELEMENTS)
def relu(n):
    x, y = with_specials(float32(0, n)), blank(n)
    call("relu", x, y)
    np.testing.assert_array_equal(y, np.where(x <= 0, 0, x))


@sample(n=ELEMENTS)
def relu_input(n):
    g, y, gx = with_specials(float32(0, n)), with_specials(float32(1, n), 1), blank(n)
    call("relu_input", g, y, gx)
    np.testing.assert_array_equal(gx, np.where(y <= 0, 0, g))


@sample(n=ELEMENTS)
def dropout(n):
    x, keep, y = with_specials(float32(0, n)), float32(1, n) > 0, blank(n)
    call("dropout", x, keep, y, 1.25)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(y, x * np.where(keep, np.float32(1.25), np.float32(0)))


# --- softmax and cross-entropy ------------------------------------------------------------------------------------

SOFTMAX = constants("softmax")
CLASSES = (*WIDTHS, *around(SOFTMAX.SUMMED)[1:])
ROWS = around(SOFTMAX.ROWS_AT_ONCE)


@sample(rows=ROWS, classes=CLASSES)
def softmax(rows=3, classes=5):
    x, y = float32(0, rows, classes) * 3, blank(rows, classes)
    if rows > 2 and classes > 2:
        x[1, 1], x[2, 2] = np.nan, -np.inf
    for logarithmic, reference in enumerate((kernels.softmax, kernels.log_softmax)):
        call("softmax", x, y, classes, logarithmic)
        near(y, reference(*double(x), 1))


def _scores(rows, classes, positions):
    shape = (rows, classes, positions) if positions > 1 else (rows, classes)
    target = np.random.default_rng(2).integers(0, classes, (rows, positions) if positions > 1 else rows)
    x = float32(0, *shape) * 3
    if rows > 2:
        x[1, 0] = np.nan
    return x, target


@sample(rows=ROWS, classes=CLASSES, positions=WIDTHS)
def cross_entropy(rows=3, classes=5, positions=1):
    x, target = _scores(rows, classes, positions)
    losses, total = blank(*target.shape), blank()
    call("cross_entropy", x, target, losses, None, 1)
    near(losses, kernels.cross_entropy(*double(x), target, "none"))
    call("cross_entropy", x, target, losses, total, target.size)
    near(total, kernels.cross_entropy(*double(x), target, "mean"))


@sample(rows=ROWS, classes=CLASSES, positions=WIDTHS)
def cross_entropy_input(rows=3, classes=5, positions=1):
    x, target = _scores(rows, classes, positions)
    for reduction, g in (("none", float32(1, *target.shape)), ("mean", np.array(0.7, np.float32))):
        gx = blank(*x.shape)
        call("cross_entropy_input", g, x, target, gx, target.size)
        near(gx, kernels.cross_entropy_input(*double(g, x), target, reduction))


# --- products of matrices -----------------------------------------------------------------------------------------

MATMUL = constants("matmul")
TILE_ROWS = around(MATMUL.DOT_ROWS, MATMUL.MOST_ROWS, MATMUL.TALL_ROWS)
TILE_COLUMNS = (*around(MATMUL.DOT_TAPS, LANES), MATMUL.WIDE * LANES + 1, MATMUL.TASKS * MATMUL.WIDE * LANES + 1)


def _near_product(y, a, b, plus=0, after=np.asarray):
    """Check y = after(a · b + plus), each element to rounding of the sum of the sizes of its terms."""
    a, b = double(a, b)
    near(y, after(a @ b + plus), abs(a) @ abs(b) + abs(plus))


@sample(rows=TILE_ROWS, depth=(*WIDTHS, *around(MATMUL.SPAN)[1:]), columns=TILE_COLUMNS, many=(1,))
def matmul_nt(rows=3, depth=7, columns=5, many=0):
    if many:  # rows, which one task computes because there are as many columns
        rows, columns = MATMUL.ROWS_AT_ONCE + 1, MATMUL.TASKS * MATMUL.DOT_TAPS
    a, b, bias = float32(0, rows, depth), float32(1, columns, depth), float32(2, columns)
    y = blank(rows, columns)
    call("matmul_nt", a, b, None, y, 0)
    _near_product(y, a, b.T)
    call("matmul_nt", a, b, bias, y, 1)
    _near_product(y, a, b.T, bias, lambda exact: np.maximum(exact, 0))


@sample(rows=TILE_ROWS, depth=(1, 2, *around(MATMUL.DEPTH)[1:]), columns=TILE_COLUMNS)
def matmul_nn(rows=3, depth=7, columns=5):
    a, b, y = float32(0, rows, depth), float32(1, depth, columns), blank(rows, columns)
    call("matmul_nn", a, b, y)
    _near_product(y, a, b)


@sample(rows=TILE_ROWS, depth=(1, 2, *around(MATMUL.DEPTH)[1:]), columns=TILE_COLUMNS)
def matmul_tn(rows=3, depth=7, columns=5):
    a, b, y = float32(0, depth, rows), float32(1, depth, columns), blank(rows, columns)
    call("matmul_tn", a, b, y)
    _near_product(y, a.T, b)


@sample(rows=(*TILE_ROWS, *around(MATMUL.MOST_SUMMED)[1:]), inputs=WIDTHS, outputs=WIDTHS)
def linear_gradients(rows=3, inputs=5, outputs=7):
    g, x, w = float32(0, rows, outputs), float32(1, rows, inputs), float32(2, outputs, inputs)
    gx, gw, gb = blank(rows, inputs), blank(outputs, inputs), blank(outputs)
    call("linear_gradients", g, x, w, gx, gw, gb)
    _near_product(gx, g, w)
    _near_product(gw, g.T, x)
    near(gb, g.sum(0, dtype=float), abs(g).sum(0))


# --- batch normalisation ------------------------------------------------------------------------------------------

NORM = constants("norm")
IMAGES = around(NORM.MOST_HELD)[1:]
POSITIONS = (*WIDTHS[1:], *around(NORM.MOST_HELD * LANES)[1:])
CHANNELS = (*WIDTHS, *around(NORM.BLOCK)[1:])
EPS = 0.1  # with few elements a variance may be next to nothing


def _normalized(images, channels, positions):
    shape = (images, channels, positions) if positions > 1 else (images, channels)
    return float32(0, *shape) + 1, float32(1, *shape), float32(2, channels), float32(3, channels)


def batch_norm(images=3, channels=4, positions=1):
    x, _, w, b = _normalized(images, channels, positions)
    for relu_after in (0, 1):
        y, mean, var = blank(*x.shape), blank(channels), blank(channels)
        call("batch_norm", x, w, b, mean, var, y, EPS, relu_after)
        exact = kernels.batch_norm(*double(x, w, b), None, None, eps=EPS)
        near(y, np.maximum(exact[0], 0) if relu_after else exact[0])
        near(mean, exact[1].ravel())
        near(var, exact[2].ravel())


def batch_norm_given(images=3, channels=4, positions=1):
    x, _, w, b = _normalized(images, channels, positions)
    mean, var = float32(4, channels), abs(float32(5, channels))
    for relu_after in (0, 1):
        y = blank(*x.shape)
        call("batch_norm_given", x, w, b, mean, var, y, EPS, relu_after)
        exact = kernels.batch_norm(*double(x, w, b, mean, var), eps=EPS)[0]
        near(y, np.maximum(exact, 0) if relu_after else exact)


def _gradients_of_batch_norm(g, x, w, mean, var):
    """Return gx, gw and gb for the statistics of x."""
    how = {"dims": (0, *range(2, x.ndim)), "eps": EPS, "mean": mean, "var": var}
    gw = kernels.standardize_dot(g, x, **how)
    return kernels.standardize_input(g, x, w.reshape(mean.shape), **how), gw.ravel(), g.sum(how["dims"])


def batch_norm_gradients(images=3, channels=4, positions=1):
    x, g, w, _ = _normalized(images, channels, positions)
    _, mean, var = kernels.batch_norm(x.astype(float), None, None, None, None, eps=EPS)
    mean, var = mean.astype(np.float32), var.astype(np.float32)
    mask = np.maximum(float32(6, *x.shape), 0)
    for relu_mask in (None, mask):
        gx, gw, gb = blank(*x.shape), blank(channels), blank(channels)
        call("batch_norm_gradients", g, relu_mask, x, w, mean, var, gx, gw, gb, EPS)
        through = g if relu_mask is None else g * (mask > 0)
        exact = _gradients_of_batch_norm(*double(through, x, w, mean, var))
        many = 1 + images * positions
        for found, expected, sizes in zip((gx, gw, gb), exact, (20, many, many), strict=True):
            near(found, expected, sizes)


for kernel in (batch_norm, batch_norm_given, batch_norm_gradients):
    sample(images=(1, 2, *IMAGES), channels=CHANNELS, positions=POSITIONS)(kernel)
