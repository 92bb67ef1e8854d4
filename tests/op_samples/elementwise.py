"""Rows of the table: elementwise."""

import math

import numpy as np

from op_samples.table import apart, normal, positive, row
from tinygrad_cnn import ops

_UNARY = [
    ("neg", lambda x: -x, normal, False),
    ("exp", lambda x: np.e**x, normal, True),
    ("log", lambda x: np.log2(x) * np.log(2), positive, True),
    ("sqrt", lambda x: x**0.5, positive, True),
    ("abs", lambda x: np.where(x < 0, -x, x), apart, False),
    ("sign", lambda x: np.where(x < 0, -1.0, 1.0), apart, False),
    ("clone", lambda x: x + 0, normal, False),
    ("square", lambda x: x * x, normal, True),
    ("reciprocal", lambda x: x**-1.0, positive, True),
    ("rsqrt", lambda x: x**-0.5, positive, True),
    ("erf", np.vectorize(math.erf, otypes=[float]), normal, True),
    ("isnan", lambda x: ~(x <= np.inf), normal, False),
    ("isinf", lambda x: (x == np.inf) | (x == -np.inf), normal, False),
    ("isfinite", lambda x: np.abs(x) < np.inf, normal, False),
    ("logical_not", lambda x: x == 0, normal, False),
    ("log2", lambda x: np.log(x) / np.log(2), positive, True),
    ("log10", lambda x: np.log(x) / np.log(10), positive, True),
    ("log1p", lambda x: np.log(1 + x), positive, True),
    ("expm1", lambda x: np.e**x - 1, normal, True),
]
for name, reference, maker, third in _UNARY:
    op = getattr(ops, name)
    row(name, "2-d", op, reference, maker(3, 4), batch=(0,), third=third)
    row(name, "0-d", op, reference, maker())

_BINARY = [
    ("add", lambda x, y: x + y, normal, False),
    ("sub", lambda x, y: x - y, normal, False),
    ("mul", lambda x, y: x * y, normal, True),
    ("div", lambda x, y: x * y**-1.0, positive, True),
    ("pow", lambda x, y: np.exp(y * np.log(x)), positive, True),
    ("floor_divide", lambda x, y: np.floor(x / y), None, False),
    ("trunc_divide", lambda x, y: np.trunc(x / y), None, False),
    ("remainder", lambda x, y: x - y * np.floor(x / y), None, False),
    ("fmod", lambda x, y: x - y * np.trunc(x / y), None, False),
    ("atan2", lambda x, y: np.imag(np.log(y + 1j * x)), None, False),
    ("maximum", lambda x, y: np.where(x > y, x, y), None, False),
    ("minimum", lambda x, y: np.where(x < y, x, y), None, False),
    ("eq", lambda x, y: x == y, None, False),
    ("ne", lambda x, y: ~(x == y), None, False),
    ("lt", lambda x, y: y > x, None, False),
    ("le", lambda x, y: ~(x > y), None, False),
    ("gt", lambda x, y: y < x, None, False),
    ("ge", lambda x, y: ~(x < y), None, False),
]


def _offset(*shape):
    """Make values that never equal, nor come near, those of `apart`."""
    return lambda source: np.asarray(apart(*shape)(source) + 0.03)


for name, reference, maker, third in _BINARY:
    op = getattr(ops, name)
    first, second = (maker, maker) if maker else (apart, _offset)
    row(name, "same shape", op, reference, first(3, 4), second(3, 4), batch=(0, 0), third=third)
    row(name, "second broadcast", op, reference, first(2, 3, 4), second(3, 1), batch=(0, None))
    row(name, "first broadcast", op, reference, first(4), second(2, 3, 4), batch=(None, 0))
    row(name, "both broadcast", op, reference, first(3, 1), second(1, 2), batch=(0, None))
    row(name, "0-d second", op, reference, first(3), second(), batch=(0, None))
    row(name, "0-d first", op, reference, first(), second(3), batch=(None, 0))
    row(name, "both 0-d", op, reference, first(), second())
    row(name, "number second", lambda x, op=op: op(x, 1.37), lambda x, r=reference: r(x, np.array(1.37)), first(2, 3))
    row(name, "number first", lambda x, op=op: op(1.37, x), lambda x, r=reference: r(np.array(1.37), x), second(2, 3))

for exponent in (0, 1, 2, 3, -1, 0.5, -1.5):
    row("pow", f"number {exponent}", lambda x, e=exponent: ops.pow(x, e), lambda x, e=exponent: x**e, positive(2, 3))
row("pow", "negative base, integer exponent", lambda x: ops.pow(x, 3), lambda x: x * x * x, apart(2, 3), third=True)

_MASK = np.array([[True, False, True], [False, False, True]])
row(
    "where", "same shape", ops.where, lambda c, x, y: c * x + ~c * y, _MASK, normal(2, 3), normal(2, 3), batch=(0, 0, 0)
)
row("where", "all broadcast", ops.where, lambda c, x, y: c * x + ~c * y, _MASK[:, :1], normal(3), normal(4, 1, 1))
row("where", "numbers", lambda c, x: ops.where(c, x, 2), lambda c, x: c * x + ~c * 2.0, _MASK, normal(2, 3))
row("where", "number first", lambda c, x: ops.where(c, 0.5, x), lambda c, x: c * 0.5 + ~c * x, _MASK, normal(2, 3))
row("clamp", "both", lambda x: ops.clamp(x, -0.21, 0.32), lambda x: np.clip(x, -0.21, 0.32), apart(3, 4), batch=(0,))
row("clamp", "below", lambda x: ops.clamp(x, min=-0.2), lambda x: np.clip(x, -0.2, None), apart(3, 4))
row("clamp", "above", lambda x: ops.clamp(x, max=0.2), lambda x: np.clip(x, None, 0.2), apart(3, 4))
row("clamp", "limits crossed", lambda x: ops.clamp(x, 0.2, -0.2), lambda x: np.full_like(x, -0.2), apart(3, 4))
_LIMITS = np.linspace(-0.67, 0.67, 12).reshape(3, 4)
row(
    "clamp", "tensors", ops.clamp, lambda x, a, b: np.clip(x, a, b),
    apart(3, 4), np.flip(_LIMITS) - 0.21, np.flip(_LIMITS) + 0.14, batch=(0, 0, 0),
)  # fmt: skip
row(
    "clamp", "tensors crossed", ops.clamp, lambda x, a, b: np.fmin(np.fmax(x, a), b),
    apart(3, 4), _LIMITS + 0.013, np.flip(_LIMITS),
)  # fmt: skip
row("clamp", "tensor below", ops.clamp, np.fmax, apart(2, 3, 4), _LIMITS[:, :1] / 3)
row("clamp", "tensor above", lambda x, b: ops.clamp(x, max=b), np.fmin, apart(3, 1), _LIMITS[0] / 2)

for name, sign in [("add", 1), ("sub", -1)]:
    op = getattr(ops, name)
    row(
        name, "alpha", lambda x, y, op=op: op(x, y, alpha=-2.5), lambda x, y, s=sign: x - s * 2.5 * y,
        normal(2, 3), normal(3),
    )  # fmt: skip
    row(
        name,
        "alpha of integers",
        lambda x, y, op=op: op(x, y, alpha=3),
        lambda x, y, s=sign: x + s * 3 * y,
        [7],
        [2, -1],
    )
for mode, name in [("floor", "floor_divide"), ("trunc", "trunc_divide")]:
    row(
        name, "integers", lambda x, y, m=mode: ops.div(x, y, rounding_mode=m),
        lambda x, y, m=mode: np.array([[int(getattr(math, m)(a / b)) for b in y] for a in x[:, 0]]),
        [[7], [-7], [6], [0]], [2, -2, 3, -3],
    )  # fmt: skip
row("remainder", "integers", ops.remainder, lambda x, y: np.array([[1, -1], [1, -1]]), [[7], [-7]], [2, -2])
row("fmod", "integers", ops.fmod, lambda x, y: np.array([[1, 1], [-1, -1]]), [[7], [-7]], [2, -2])
row("remainder", "third", ops.remainder, lambda x, y: x - y * np.floor(x / y), apart(3), _offset(3))
row(
    "pow", "negative integers", ops.pow, lambda x, y: np.array([0, 1, -1, 1, 0, 8]),
    [2, 1, -1, -1, 0, 2], [-1, -2, -3, -4, -1, 3],
)  # fmt: skip
for name, value in [("isnan", np.nan), ("isinf", -np.inf), ("isfinite", np.inf)]:
    expected = {"isnan": [0, 1, 0], "isinf": [0, 1, 0], "isfinite": [1, 0, 1]}[name]
    row(name, "special", getattr(ops, name), lambda x, e=expected: np.array(e, bool), [1.5, value, 0])
for name, reference in [
    ("logical_and", lambda x, y: (x != 0) & (y != 0)),
    ("logical_or", lambda x, y: (x != 0) | (y != 0)),
    ("logical_xor", lambda x, y: (x != 0) != (y != 0)),
]:
    row(name, "numbers", getattr(ops, name), reference, [[0, 1.5, 0], [-1, 0, 2]], [0.5, 0, 3], batch=(0, None))
row("logical_not", "zeros", ops.logical_not, lambda x: np.array([False, True, True]), [0.5, 0, -0.0])
row("sign", "booleans", ops.sign, lambda x: x & True, [True, False])
row("square", "booleans", ops.square, lambda x: x * 1, [True, False])

_BITS = np.array([[0, 5, 3], [255, 12, 6]]), np.array([3, 6, 10])
_FLAGS = np.array([[True, True, False], [False, True, False]]), np.array([True, False, False])
for name, reference in [
    ("bitwise_and", lambda x, y: np.minimum(x, y)),
    ("bitwise_or", lambda x, y: np.maximum(x, y)),
]:
    row(name, "booleans", getattr(ops, name), reference, *_FLAGS, batch=(0, None))
row("bitwise_and", "integers", ops.bitwise_and, lambda x, y: x & y, *_BITS)
row("bitwise_xor", "booleans", ops.bitwise_xor, lambda x, y: x != y, *_FLAGS, batch=(0, None))
row("bitwise_xor", "integers", ops.bitwise_xor, lambda x, y: (x | y) - (x & y), *_BITS)
row("bitwise_or", "integers", ops.bitwise_or, lambda x, y: x | y, *_BITS)
row("bitwise_not", "booleans", ops.bitwise_not, lambda x: np.where(x, False, True), _FLAGS[0], batch=(0,))
row("bitwise_not", "integers", ops.bitwise_not, lambda x: -x - 1, _BITS[0])
row("isclose", "numbers", ops.isclose, lambda x, y: np.array([True, False, True]), [1.0, 1, 0], [1 + 1e-6, 1.1, 1e-9])
row(
    "isclose", "nan and infinity", lambda x, y: ops.isclose(x, y, equal_nan=True),
    lambda x, y: np.array([True, True, False]), [np.nan, np.inf, np.inf], [np.nan, np.inf, -np.inf],
)  # fmt: skip
row("isclose", "booleans", ops.isclose, lambda x, y: x == y, [True, False], [True, True])
