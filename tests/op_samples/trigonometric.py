"""Rows of the table: circular and hyperbolic functions, by complex exponentials and logarithms."""

import numpy as np

from op_samples.table import apart, normal, positive, row
from tinygrad_cnn import ops


def inside(*shape):
    """Make values between −0.9 and 0.9."""
    return lambda source: np.asarray(source.uniform(-0.9, 0.9, shape))


def beyond(*shape):
    """Make values between 1.5 and 3."""
    return lambda source: np.asarray(positive(*shape)(source) + 1)


_ROOT = np.emath.sqrt
for name, reference, maker in [
    ("sin", lambda x: np.imag(np.exp(1j * x)), normal),
    ("cos", lambda x: np.real(np.exp(1j * x)), normal),
    ("tan", lambda x: np.imag(np.exp(1j * x)) / np.real(np.exp(1j * x)), inside),
    ("asin", lambda x: np.imag(np.log(1j * x + _ROOT(1 - x * x))), inside),
    ("acos", lambda x: np.pi / 2 - np.imag(np.log(1j * x + _ROOT(1 - x * x))), inside),
    ("atan", lambda x: np.imag(np.log(1 + 1j * x)), normal),
    ("sinh", lambda x: (np.e**x - np.e**-x) / 2, normal),
    ("cosh", lambda x: (np.e**x + np.e**-x) / 2, normal),
    ("asinh", lambda x: np.log(x + np.sqrt(x * x + 1)), normal),
    ("acosh", lambda x: np.log(x + np.sqrt(x * x - 1)), beyond),
    ("atanh", lambda x: (np.log(1 + x) - np.log(1 - x)) / 2, inside),
]:
    op = getattr(ops, name)
    row(name, "2-d", op, reference, maker(3, 4), batch=(0,), third=True)
    row(name, "0-d", op, reference, maker())
row("atan2", "at the origin", ops.atan2, lambda x, y: np.arctan(x / y), apart(2, 3), positive(3), third=True)
