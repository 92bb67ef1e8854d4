"""Rows of the table: joining and cutting."""

import numpy as np

from op_samples.table import normal, row
from tinygrad_cnn import ops

row(
    "cat",
    "dim 0",
    lambda *xs: ops.cat(xs),
    lambda x, y, z: np.array([*x, *y, *z]),
    normal(2, 3),
    normal(1, 3),
    normal(3, 3),
)
row(
    "cat",
    "last dim",
    lambda *xs: ops.cat(xs, -1),
    lambda x, y: np.array([[*a, *b] for a, b in zip(x, y, strict=True)]).reshape(len(x), 5),
    normal(2, 3),
    normal(2, 2),
    batch=(0, 0),
)
row(
    "cat",
    "middle dim",
    lambda *xs: ops.cat(xs, 1),
    lambda x, y: np.moveaxis(np.array([*np.moveaxis(x, 1, 0), *np.moveaxis(y, 1, 0)]), 0, 1),
    normal(2, 1, 3),
    normal(2, 2, 3),
)
row("cat", "one", lambda x: ops.cat([x], 1), np.copy, normal(2, 3))
row(
    "cat",
    "nothing between",
    lambda x, e, y: ops.cat((x, e, y), 1),
    lambda x, e, y: np.hstack((x, y)),
    normal(2, 1),
    normal(0),
    normal(2, 2),
)
for dim, reference in (
    (0, lambda *xs: np.array(xs)),
    (1, lambda *xs: np.array([[x[i] for x in xs] for i in range(len(xs[0]))]).reshape(-1, len(xs), 3)),
    (-1, lambda *xs: np.array(xs).transpose(1, 2, 0)),
):
    row(
        "stack",
        f"dim {dim}",
        lambda *xs, d=dim: ops.stack(xs, d),
        reference,
        normal(2, 3),
        normal(2, 3),
        batch=(0, 0) if dim else (),
    )
row("stack", "0-d", lambda *xs: ops.stack(xs), lambda *xs: np.array(xs), normal(), normal(), normal())
row("getitem", "split", lambda x: ops.split(x, 2, 1)[2], lambda x: x[:, 4:], normal(2, 5), batch=(0,))
row("getitem", "split by lengths", lambda x: ops.split(x, [1, 0, 3])[2], lambda x: x[1:4], normal(4, 2))
row("getitem", "chunk", lambda x: ops.chunk(x, 3, -1)[1], lambda x: x[:, 2:4], normal(2, 5), batch=(0,))
