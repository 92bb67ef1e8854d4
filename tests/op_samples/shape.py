"""Rows of the table: shape and dtype."""

import numpy as np

from op_samples.table import apart, normal, row
from tinygrad_cnn import ops

row("reshape", "join", lambda x: ops.reshape(x, (6, -1)), lambda x: x.ravel().reshape(6, 4), normal(2, 3, 4))
row("reshape", "to 0-d", lambda x: ops.reshape(x, ()), lambda x: x.ravel()[0], normal(1, 1))
row("reshape", "flatten", lambda x: ops.flatten(x, 1), lambda x: x.reshape(len(x), 12), normal(2, 3, 4), batch=(0,))
row("reshape", "flatten 0-d", ops.flatten, lambda x: np.array([x[()]]), normal())
row("reshape", "unflatten", lambda x: ops.unflatten(x, 1, (2, -1)), lambda x: x.reshape(2, 2, 3, 2), normal(2, 6, 2))
row("reshape", "unsqueeze", lambda x: ops.unsqueeze(x, -1), lambda x: x[..., None], normal(2, 3), batch=(0,))
row("reshape", "squeeze", lambda x: ops.squeeze(x, (0, 2)), lambda x: x[0], normal(1, 2, 3))
row(
    "permute",
    "three axes",
    lambda x: ops.permute(x, (2, 0, -2)),
    lambda x: np.moveaxis(x, 2, 0),
    normal(2, 3, 4),
    batch=(0,),
)
row(
    "permute",
    "four axes",
    lambda x: ops.permute(x, (1, 3, 0, 2)),
    lambda x: np.einsum("abcd->bdac", x),
    normal(2, 1, 3, 2),
)
row("permute", "transpose", lambda x: ops.transpose(x, 0, -1), lambda x: np.einsum("abc->cba", x), normal(2, 3, 4))
row("permute", "t", ops.t, lambda x: np.array([list(c) for c in zip(*x, strict=True)]), normal(2, 3))
row(
    "broadcast_to",
    "new and repeated axes",
    lambda x: ops.expand(x, 2, 3, 4),
    lambda x: np.zeros((2, 3, 4)) + x,
    normal(3, 1),
)
row("broadcast_to", "kept size", lambda x: ops.expand(x, -1, 4), lambda x: np.repeat(x, 4, 1), normal(3, 1), batch=(0,))
row("broadcast_to", "from 0-d", lambda x: ops.broadcast_to(x, (2, 2)), lambda x: np.full((2, 2), x), normal())
row(
    "sum_to", "lead and inner", lambda x: ops.sum_to(x, shape=(3, 1)), lambda x: x.sum((0, 2))[:, None], normal(2, 3, 4)
)
row("sum_to", "to 0-d", lambda x: ops.sum_to(x, shape=()), np.sum, normal(2, 3))
row("sum_to", "same", lambda x: ops.sum_to(x, shape=(2, 3)), lambda x: x, normal(2, 3))
row(
    "cast",
    "to float64",
    lambda x: ops.cast(x, dtype=np.dtype("f8")),
    lambda x: x,
    normal(2, 3),
    batch=(0,),
    fixed_dtype=True,
)
row("cast", "to int64", lambda x: ops.cast(x, dtype=np.dtype("i8")), np.trunc, apart(5, 5), fixed_dtype=True)
