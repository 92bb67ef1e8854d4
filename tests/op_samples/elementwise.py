"""Rows of the table: elementwise."""

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
    ("relu", lambda x: np.where(x > 0, x, 0), apart, False),
    ("sigmoid", lambda x: 1 / (1 + np.exp(-x)), normal, True),
    ("tanh", lambda x: (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1), normal, True),
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
row("where", "clamp", lambda x: ops.clamp(x, -0.21, 0.32), lambda x: np.clip(x, -0.21, 0.32), apart(3, 4), batch=(0,))
row("where", "clamp below", lambda x: ops.clamp(x, min=-0.2), lambda x: np.clip(x, -0.2, None), apart(3, 4))
row("where", "clamp above", lambda x: ops.clamp(x, max=0.2), lambda x: np.clip(x, None, 0.2), apart(3, 4))

_BITS = np.array([[0, 5, 3], [255, 12, 6]]), np.array([3, 6, 10])
_FLAGS = np.array([[True, True, False], [False, True, False]]), np.array([True, False, False])
for name, reference in [
    ("bitwise_and", lambda x, y: np.minimum(x, y)),
    ("bitwise_or", lambda x, y: np.maximum(x, y)),
]:
    row(name, "booleans", getattr(ops, name), reference, *_FLAGS, batch=(0, None))
row("bitwise_and", "integers", ops.bitwise_and, lambda x, y: x & y, *_BITS)
row("bitwise_or", "integers", ops.bitwise_or, lambda x, y: x | y, *_BITS)
row("bitwise_not", "booleans", ops.bitwise_not, lambda x: np.where(x, False, True), _FLAGS[0], batch=(0,))
row("bitwise_not", "integers", ops.bitwise_not, lambda x: -x - 1, _BITS[0])
