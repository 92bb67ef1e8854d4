"""Every compiled form in the dispatch tables computes what the NumPy kernel does."""

import numpy as np
import pytest
from c_constants import around, constants
from conv_geometry import Geometry
from kernel_forms import dispatch, float32, form_of, near, needs_compiler

from tinygrad_cnn import kernels

pytestmark = needs_compiler

WIDTHS = (*around(constants("activation").LANES), constants("activation").CHUNK + 1)
HOW = {"kernel_size": (2, 2), "stride": (2, 2), "padding": ((0, 0), (1, 1)), "dilation": (1, 1)}
AVERAGE = {name: HOW[name] for name in ("kernel_size", "stride", "padding")} | {
    "counted": HOW["padding"], "divisor_override": None,
}  # fmt: skip


def _classified(n):
    return float32(0, n, 3), np.arange(n) % 3


def _convolved(n):
    geometry = Geometry(1, 2, 3, (3, n + 2))
    return geometry, geometry.arrays()


def _taps(n):
    x = float32(0, 1, 2, 4, 2 * n)
    return x, kernels.max_pool2d(x.astype(float), **HOW)[1]


def _statistics(n):
    x = float32(0, 3, 2, n) + 1
    return x, {"dims": (0, 2), "eps": 0.1, "mean": x.mean((0, 2), keepdims=True), "var": x.var((0, 2), keepdims=True)}


LINE = {"stride": (1,), "padding": ((0, 0),), "dilation": (1,), "groups": 1}
HALVED = {"kernel_size": (2,), "stride": (2,), "padding": ((0, 0),)}

ARGUMENTS = {  # of each kernel that NumPy has too, for a size n: positional ones, and those by keyword
    "relu": lambda n: ((float32(0, n),), {}),
    "relu_input": lambda n: ((float32(0, n), float32(1, n)), {}),
    "dropout": lambda n: ((float32(0, n), float32(1, n) > 0), {"p": 0.2}),
    "softmax": lambda n: ((float32(0, 3, n),), {"dim": 1}),
    "log_softmax": lambda n: ((float32(0, 3, n),), {"dim": 1}),
    "cross_entropy": lambda n: (_classified(n), {"reduction": "mean"}),
    "cross_entropy_input": lambda n: ((float32(1, n), *_classified(n)), {"reduction": "none"}),
    "matmul": lambda n: ((float32(0, 3, 5), float32(1, 5, n)), {}),
    "linear": lambda n: ((float32(0, 3, 5), float32(1, n, 5), float32(2, n)), {}),
    "batch_norm": lambda n: ((float32(0, 3, 2, n), float32(1, 2), float32(2, 2), None, None), {"eps": 0.1}),
    "standardize_input": lambda n: ((float32(1, 3, 2, n), _statistics(n)[0], None), _statistics(n)[1]),
    "standardize_dot": lambda n: ((float32(1, 3, 2, n), _statistics(n)[0]), _statistics(n)[1]),
    "conv2d": lambda n: (_convolved(n)[1][:3], _convolved(n)[0].how),
    "conv2d_input": lambda n: (
        (_convolved(n)[1][3], _convolved(n)[1][1]), {"input_size": _convolved(n)[0].size, **_convolved(n)[0].how}),
    "conv2d_weight": lambda n: (
        (_convolved(n)[1][0], _convolved(n)[1][3]), {"kernel_size": (3, 3), **_convolved(n)[0].how}),
    "conv1d": lambda n: ((float32(0, 2, 2, n + 2), float32(1, 3, 2, 3), float32(2, 3)), LINE),
    "conv_transpose2d": lambda n: (
        (_convolved(n)[1][3], _convolved(n)[1][1], float32(2, 2)),
        {"input_size": _convolved(n)[0].size, **_convolved(n)[0].how}),
    "addmm": lambda n: ((float32(2, n), float32(0, 3, 5), float32(1, 5, n)), {"beta": 2, "alpha": 3}),
    "max_pool1d": lambda n: ((float32(0, 1, 2, 2 * n),), {**HALVED, "dilation": (1,)}),
    "avg_pool1d": lambda n: (
        (float32(0, 1, 2, 2 * n),), {**HALVED, "counted": ((0, 0),), "divisor_override": None}),
    "max_pool2d": lambda n: ((float32(0, 1, 2, 4, 2 * n),), HOW),
    "max_pool2d_scatter": lambda n: (
        (float32(1, *_taps(n)[1].shape), _taps(n)[1]), {"input_size": _taps(n)[0].shape[2:], **HOW}),
    "max_pool2d_gather": lambda n: (_taps(n), HOW),
    "avg_pool2d": lambda n: ((float32(0, 1, 2, 4, 2 * n),), AVERAGE),
    "avg_pool2d_input": lambda n: (
        (float32(1, *_taps(n)[1].shape),), {"input_size": _taps(n)[0].shape[2:], **AVERAGE}),
}  # fmt: skip


def _agree(found, expected):
    """Compare results, or tuples and lists of them, with those that NumPy computed in float64."""
    if isinstance(expected, (tuple, list)):
        for one, other in zip(found, expected, strict=True):
            _agree(one, other)
    elif expected is None or expected.dtype.kind != "f":
        np.testing.assert_array_equal(found, expected)
    else:
        near(found, expected, 1 + abs(expected).max(initial=0) * 4)


def _double(value):
    return value.astype(np.float64) if isinstance(value, np.ndarray) and value.dtype == np.float32 else value


def _exact(name, positional, named):
    """Return what the NumPy form gives in float64."""
    return dispatch.numpy_kernels[name](
        *map(_double, positional), **{key: _double(value) for key, value in named.items()}
    )


@pytest.mark.parametrize("n", WIDTHS)
@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_form_computes_what_numpy_does(name, n):
    positional, named = ARGUMENTS[name](n)
    found = form_of(name)(*positional, **named)
    assert found is not NotImplemented
    _agree(found, _exact(name, positional, named))


@pytest.mark.parametrize("n", WIDTHS)
@pytest.mark.parametrize("name", ["batch_norm", "conv2d", "linear"])
def test_a_form_with_a_relu_gives_what_is_above_0(name, n):
    positional, named = ARGUMENTS[name](n)
    expected, found = _exact(name, positional, named), form_of(name)(*positional, relu=True, **named)
    _agree(found, (np.maximum(expected[0], 0), *expected[1:]) if name == "batch_norm" else np.maximum(expected, 0))


def _conv2d_gradients(n):
    geometry, (x, w, b, g, mask) = _convolved(n)
    through = g * (mask > 0)
    found = form_of("conv2d_gradients")([True] * 3, g, mask, None, x, w, b, **geometry.how)
    return found, [
        _exact("conv2d_input", (through, w), {"input_size": geometry.size, **geometry.how}),
        _exact("conv2d_weight", (x, through), {"kernel_size": (3, 3), **geometry.how}),
        through.sum((0, 2, 3), dtype=float),
    ]


def _linear_gradients(n):
    g, x, w = float32(0, 3, n), float32(1, 3, 5), float32(2, n, 5)
    found = form_of("linear_gradients")([True] * 3, g, None, None, x, w, None)
    return found, [g.astype(float) @ w, g.T.astype(float) @ x, g.sum(0, dtype=float)]


def _cross_entropy_gradients(n):
    g, (x, target) = np.array(0.7, np.float32), _classified(n)
    found = form_of("cross_entropy_gradients")([True, False], g, None, None, x, target, reduction="mean")
    return found, [_exact("cross_entropy_input", (g, x, target), {"reduction": "mean"}), None]


def _batch_norm_gradients(n):
    g, mask, w, (x, how) = float32(1, 3, 2, n), float32(2, 3, 2, n), float32(3, 2), _statistics(n)
    through = np.where(mask <= 0, 0, g).astype(float)
    aux = {"batch_mean": how["mean"], "batch_var": how["var"], "eps": how["eps"]}
    found = form_of("batch_norm_gradients")([True] * 5, g, mask, None, x, w, w, None, None, **aux)[:3]
    return found, [
        _exact("standardize_input", (through, x, w.reshape(1, 2, 1)), how),
        _exact("standardize_dot", (through, x), how).ravel(),
        through.sum((0, 2)),
    ]


GRADIENTS = {
    "batch_norm": _batch_norm_gradients,
    "conv2d": _conv2d_gradients,
    "cross_entropy": _cross_entropy_gradients,
    "linear": _linear_gradients,
}


@pytest.mark.parametrize("n", WIDTHS)
@pytest.mark.parametrize("name", GRADIENTS)
def test_joint_gradients_are_those_of_numpy(name, n):
    _agree(*GRADIENTS[name](n))


def test_every_form_is_compared_with_numpy():
    assert {name for names in dispatch.KERNELS.values() for name in names} == ARGUMENTS.keys()
    computed = {name for names in dispatch.GRADIENTS.values() for name in names} - {"relu"}  # which only masks g later
    assert computed == GRADIENTS.keys()
