"""Rows of the table: rounding."""

import numpy as np

from op_samples.table import apart, row
from tinygrad_cnn import ops

for name, whole in [
    ("floor", lambda x: x - x % 1),
    ("ceil", lambda x: x + -x % 1),
    ("trunc", lambda x: x - np.fmod(x, 1)),
]:
    op = getattr(ops, name)
    row(name, "2-d", op, whole, apart(3, 10), batch=(0,))
    row(name, "0-d", op, whole, apart())
    row(name, "integers", op, lambda x: x, [-2, 0, 3])
_HALVES = np.array([-2.51, -1.51, -0.49, 0.49, 1.49, 2.51])
row("round", "whole", ops.round, lambda x: np.floor(x + 0.5), _HALVES, batch=(0,))
row("round", "0-d", ops.round, lambda x: np.array(3.0), 2.51)
row("round", "integers", ops.round, lambda x: x, [-2, 0, 3])
row("round", "decimals", lambda x: ops.round(x, decimals=2), lambda x: np.array([0.12, -3.46]), [0.1234, -3.4567])
row("round", "tens", lambda x: ops.round(x, decimals=-1), lambda x: np.array([120.0, -30.0]), [123.4, -34.5])
