"""Rows of the table: other orders, repetition, triangles."""

import numpy as np

from op_samples.table import normal, row
from tinygrad_cnn import ops

row("flip", "one axis", lambda x: ops.flip(x, (1,)), lambda x: x[:, ::-1], normal(2, 3), batch=(0,))
row("flip", "several", lambda x: ops.flip(x, 0, -1), lambda x: x[::-1, :, ::-1], normal(2, 3, 4))
row("flip", "none", lambda x: ops.flip(x, ()), np.copy, normal(2, 3))


def _rolled(x, shifts, dims):
    out = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        target = list(place)
        for shift, dim in zip(shifts, dims, strict=True):
            target[dim] = (target[dim] + shift) % x.shape[dim]
        out[tuple(target)] = x[place]
    return out


row("roll", "one axis", lambda x: ops.roll(x, 1, 1), lambda x: _rolled(x, (1,), (1,)), normal(2, 3), batch=(0,))
row("roll", "back", lambda x: ops.roll(x, -4, 0), lambda x: _rolled(x, (-4,), (0,)), normal(3, 2))
row("roll", "two", lambda x: ops.roll(x, (1, -1), (0, -1)), lambda x: _rolled(x, (1, -1), (0, -1)), normal(2, 3, 4))
row("roll", "one axis twice", lambda x: ops.roll(x, (1, 1), (0, 0)), lambda x: _rolled(x, (2,), (0,)), normal(5))
row("roll", "flat", lambda x: ops.roll(x, 2), lambda x: _rolled(x.ravel(), (2,), (0,)).reshape(2, 3), normal(2, 3))
row("repeat", "each axis", lambda x: ops.repeat(x, 3, 2), lambda x: np.hstack([np.vstack([x] * 3)] * 2), normal(2, 3))
row(
    "repeat",
    "new axes",
    lambda x: ops.repeat(x, (2, 1, 3)),
    lambda x: np.array([np.hstack([x] * 3)] * 2),
    normal(2, 3),
)
row("repeat", "0-d", lambda x: ops.repeat(x, 2), lambda x: np.array([x, x]), normal())
row("repeat", "nothing at all", lambda x: ops.repeat(x, ()), np.copy, normal())
row("repeat", "no times", lambda x: ops.repeat(x, 0, 2), lambda x: np.zeros((0, 4)), normal(3, 2))
row("repeat", "tile", lambda x: ops.tile(x, (2,)), lambda x: np.hstack([x, x]), normal(2, 3), batch=(0,))
for op, keep in ((ops.tril, lambda i, j, k: j - i <= k), (ops.triu, lambda i, j, k: j - i >= k)):
    for shape, diagonal in (((3, 3), 0), ((2, 4), 1), ((2, 4, 3), -1)):
        row(
            op.__name__, f"{len(shape)}-d, {diagonal}",
            lambda x, op=op, k=diagonal: op(x, k),
            lambda x, kept=keep, k=diagonal: x * kept(*np.indices(x.shape)[-2:], k),
            normal(*shape), batch=(0,) if len(shape) == 3 else (),
        )  # fmt: skip
