"""The samples of the kernels that move a window: convolution and pooling."""

import numpy as np
from c_constants import around, constants
from conv_geometry import Geometry
from kernel_forms import float32, near, with_specials
from kernel_samples import LANES, WIDTHS, blank, call, double, sample

from tinygrad_cnn import kernels

# --- convolution --------------------------------------------------------------------------------------------------

CONV = constants("conv")
TAPS = 9
OUTPUTS = (*around(CONV.DOT_ROWS, CONV.MOST_ROWS), 2 * CONV.MOST_ROWS + 1)
COLUMNS = (*WIDTHS, *around(3 * LANES, 4 * LANES, CONV.MOST_VECTORS * LANES)[1:])
MANY = CONV.WEIGHT_FLOATS // (2 * TAPS) + 1  # outputs whose weights are not packed
MANY_SUMS = CONV.SUM_FLOATS // (2 * TAPS) + 1  # whose weight gradient is made by columns
KEPT_SUMS = CONV.VECTOR_SUMS // (2 * TAPS)  # the most that keep a vector of sums each
SHAPES = {
    "images": (CONV.TASKS, CONV.TASKS + 1, 2 * CONV.TASKS + 1),
    "outputs": (*OUTPUTS, KEPT_SUMS, KEPT_SUMS + 1, MANY_SUMS, MANY),
    "channels": around(CONV.DOT_TAPS),
    "width": COLUMNS,
    "stride": (2, 3, 4),
    "dilation": (2,),
    "kernel_size": (1, 2, 5),
    "groups": (2,),
}


def _geometry(images=2, channels=2, outputs=3, width=5, stride=1, dilation=1, kernel_size=3, groups=1):
    """Return the geometry of a convolution whose output has `width` columns and three rows, padded by 1 before."""
    reach = dilation * (kernel_size - 1)
    size = tuple(max((count - 1) * stride + reach, 1) for count in (3, width))
    return Geometry(
        images, channels, outputs, size, (kernel_size, kernel_size), (stride, stride), ((1, 0), (1, 0)),
        (dilation, dilation), groups,
    )  # fmt: skip


def _numbers(geometry):
    """Return the integers that C takes."""
    (top, _), (left, _) = geometry.padding
    return (*geometry.stride, top, left, *geometry.dilation, geometry.groups)


def _close(found, reference, *arrays, tolerance=1e-6, after=None, **how):
    exact = reference(*double(*arrays), **how)
    sizes = reference(*[None if a is None else abs(a) for a in double(*arrays)], **how)
    near(found, exact if after is None else after(exact), sizes.max() * tolerance / 1e-6)


def _check_forward(name, geometry, *numbers, tolerance=1e-6):
    x, w, b, g, _ = geometry.arrays()
    for bias, relu_after in ((b, 0), (None, 0), (b, 1)):
        y, after = blank(*g.shape), (lambda y: np.maximum(y, 0)) if relu_after else None
        call(name, x, w, bias, y, *numbers, relu_after)
        _close(y, kernels.conv2d, x, w, bias, tolerance=tolerance, after=after, **geometry.how)


def _check_input(name, geometry, *numbers, tolerance=1e-6):
    x, w, _, g, mask = geometry.arrays()
    for relu_mask, through in ((None, g), (mask, g * (mask > 0))):
        gx = blank(*x.shape)
        call(name, g, relu_mask, w, gx, *numbers)
        _close(gx, kernels.conv2d_input, through, w, tolerance=tolerance, input_size=geometry.size, **geometry.how)


def _check_weight(name, geometry, *numbers, tolerance=1e-6):
    x, w, _, g, mask = geometry.arrays()
    size = geometry.kernel_size
    for relu_mask, through in ((None, g), (mask, g * (mask > 0))):
        gw = blank(*w.shape)
        call(name, x, g, relu_mask, gw, *numbers)
        _close(gw, kernels.conv2d_weight, x, through, tolerance=tolerance, kernel_size=size, **geometry.how)


@sample(**SHAPES)
def conv2d(**shape):
    geometry = _geometry(**shape)
    _check_forward("conv2d", geometry, *_numbers(geometry))


@sample(**SHAPES)
def conv2d_input(**shape):
    geometry = _geometry(**shape)
    _check_input("conv2d_input", geometry, *_numbers(geometry))


@sample(**SHAPES, rounds=(2,))
def conv2d_weight(rounds=1, **shape):
    if rounds > 1:  # the columns of one image are more than half of those that are made at once
        width = CONV.COLUMN_FLOATS // (rounds * 3 * (MANY_SUMS + 2 * TAPS)) + 1
        shape = {"images": rounds, "outputs": MANY_SUMS, "width": width}
    geometry = _geometry(**shape)
    _check_weight("conv2d_weight", geometry, *_numbers(geometry))


# --- Winograd's convolution ---------------------------------------------------------------------------------------

WINOGRAD = constants("winograd")
TILES = {
    "images": (1, WINOGRAD.TASKS + 1, WINOGRAD.FEW_TILES + 1, WINOGRAD.GROUP + 1),
    "channels": (*WIDTHS, *around(WINOGRAD.BLOCK, WINOGRAD.DEEP)[1:]),
    "outputs": (*WIDTHS, *around(WINOGRAD.BAND)[1:]),
    "width": (*around(WINOGRAD.TILE, LANES), WINOGRAD.TILE * LANES + 1, WINOGRAD.TILE * (WINOGRAD.POSITIONS + 1)),
    "outlier": (0, 1),
}


def _tiles(images=2, channels=3, outputs=5, width=6):
    """Return the geometry of a padded 3×3 convolution with `width` columns and five rows."""
    return Geometry(images, channels, outputs, (5, width), padding=((1, 1), (1, 1)))


class _Outlying(Geometry):
    """The same with one row of tiles that has a very large input and a very large gradient."""

    def arrays(self):
        x, w, b, g, mask = super().arrays()
        x[0, 0, 0, 0] = g[0, 0, 0, 0] = 1e8
        return x, w, b, g, mask


def _winograd(check, name, outlier=0, **shape):
    geometry = _tiles(**shape)
    if outlier:
        geometry = _Outlying(
            geometry.images, geometry.channels, geometry.outputs, geometry.size, padding=geometry.padding
        )
    check(name, geometry, 1, 1, tolerance=1e-5)


@sample(**TILES)
def winograd_conv2d(**shape):
    _winograd(_check_forward, "winograd_conv2d", **shape)


@sample(**TILES)
def winograd_conv2d_input(**shape):
    _winograd(_check_input, "winograd_conv2d_input", **shape)


@sample(**TILES)
def winograd_conv2d_weight(**shape):
    _winograd(_check_weight, "winograd_conv2d_weight", **shape)


@sample(width=WIDTHS, winograd=(0, 1), images=(1, CONV.MOST_ADDED + 2, 3 * CONV.MOST_ADDED))
def conv2d_gradients(winograd=0, **shape):
    geometry = _tiles(**shape)
    x, w, b, g, mask = geometry.arrays()
    through = g * (mask > 0)
    gx, gw, gb = blank(*x.shape), blank(*w.shape), blank(*b.shape)
    call("conv2d_gradients", g, mask, x, w, gx, gw, gb, *_numbers(geometry), winograd, winograd)
    how = {"tolerance": 1e-5, **geometry.how}
    _close(gx, kernels.conv2d_input, through, w, input_size=geometry.size, **how)
    _close(gw, kernels.conv2d_weight, x, through, kernel_size=geometry.kernel_size, **how)
    near(gb, through.sum((0, 2, 3), dtype=float), abs(through).sum((0, 2, 3)))


# --- pooling ------------------------------------------------------------------------------------------------------

KINDS = [  # of windows: size, stride, padding before and after, dilation, and rows and columns that no window meets
    (2, 2, 0, 0, 1, 0),  # pairs
    (2, 2, 0, 0, 1, 1),
    (3, 1, 0, 0, 1, 0),
    (3, 2, 1, 1, 1, 0),
    (4, 4, 0, 1, 1, 0),
    (5, 5, 2, 2, 1, 0),
    (2, 3, 1, 0, 2, 0),
]
UNDILATED = range(len(KINDS) - 1)
PLANES = (1, constants("pool").TASKS, constants("pool").TASKS + 1)


def _pooling(kind, width, planes):
    """Return the geometry of windows of this kind, `width` of them in a row and two rows, and arrays x, g and taps."""
    size, stride, before, after, dilation, more = KINDS[kind]
    reach = dilation * (size - 1) + 1
    sides = [max((count - 1) * stride + reach - before - after, 1) + more for count in (2, width)]
    padding = ((before, after), (before, after))
    how = {
        "kernel_size": (size, size),
        "stride": (stride, stride),
        "padding": padding,
        "dilation": (dilation, dilation),
    }
    x = with_specials(float32(0, planes, 1, *sides))
    taps = kernels.max_pool2d(x.astype(float), **how)[1]
    numbers = (size, size, stride, stride, before, before, dilation, dilation)
    return how, numbers, x, float32(1, *taps.shape), taps


def max_pool2d(kind=0, width=5, planes=2):
    how, numbers, x, g, taps = _pooling(kind, width, planes)
    y, found = blank(*g.shape), blank(*taps.shape, dtype=np.uint8)
    call("max_pool2d", x, y, found, *numbers)
    np.testing.assert_array_equal(y, kernels.max_pool2d(x.astype(float), **how)[0])
    np.testing.assert_array_equal(found, taps)


def max_pool2d_scatter(kind=0, width=5, planes=2):
    how, numbers, x, g, taps = _pooling(kind, width, planes)
    taps = np.random.default_rng(2).integers(0, numbers[0] * numbers[1], taps.shape, np.uint8)
    gx = blank(*x.shape)
    call("max_pool2d_scatter", g, taps, gx, *numbers)
    near(gx, kernels.max_pool2d_scatter(g.astype(float), taps, input_size=x.shape[2:], **how))


def max_pool2d_gather(kind=0, width=5, planes=2):
    how, numbers, x, g, taps = _pooling(kind, width, planes)
    taps = np.random.default_rng(2).integers(0, numbers[0] * numbers[1], taps.shape, np.uint8)  # on the padding too
    y = blank(*g.shape)
    call("max_pool2d_gather", x, taps, y, *numbers)
    np.testing.assert_array_equal(y, kernels.max_pool2d_gather(x.astype(float), taps, **how))


def _averaging(kind, width, planes):
    """Yield what C takes in the end (a share, or a number), and the arguments of the reference that it agrees with."""
    how, numbers, x, g, _ = _pooling(kind, width, planes)
    how = {**how, "counted": how["padding"]}
    del how["dilation"]
    for divisor in (numbers[0] * numbers[1], 7):
        yield None, divisor, {**how, "divisor_override": divisor}, numbers[:6], x, g
    share = abs(float32(3, *g.shape[2:])) + 1
    yield share, 0, {**how, "divisor_override": 1}, numbers[:6], x, g


def avg_pool2d(kind=0, width=5, planes=2):
    for share, divisor, how, numbers, x, g in _averaging(kind, width, planes):
        y = blank(*g.shape)
        with np.errstate(invalid="ignore"):
            exact = kernels.avg_pool2d(x.astype(float), **how)
        call("avg_pool2d", x, share, divisor, y, *numbers)
        near(y, exact if share is None else exact / share, 20)


def avg_pool2d_input(kind=0, width=5, planes=2):
    for share, divisor, how, numbers, x, g in _averaging(kind, width, planes):
        gx = blank(*x.shape)
        call("avg_pool2d_input", g, share, divisor, gx, *numbers)
        exact = g.astype(float) if share is None else g.astype(float) / share
        near(gx, kernels.avg_pool2d_input(exact, input_size=x.shape[2:], **how), 20)


for kernel in (max_pool2d, max_pool2d_scatter, max_pool2d_gather, avg_pool2d, avg_pool2d_input):
    kinds = UNDILATED if kernel.__name__.startswith("avg") else range(len(KINDS))
    sample(kind=kinds, width=(*WIDTHS, 2 * LANES + 1), planes=PLANES)(kernel)
