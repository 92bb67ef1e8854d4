"""Rows of the table: matrix products."""

import numpy as np

from op_samples.table import normal, row
from tinygrad_cnn import ops

for name, subscripts, a, b in [
    ("1-d 1-d", "i,i->", (3,), (3,)),
    ("2-d 1-d", "ij,j->i", (2, 3), (3,)),
    ("1-d 2-d", "i,ij->j", (3,), (3, 2)),
    ("2-d 2-d", "ij,jk->ik", (2, 3), (3, 4)),
    ("1-d 3-d", "i,bij->bj", (3,), (2, 3, 2)),
    ("3-d 1-d", "bij,j->bi", (2, 2, 3), (3,)),
    ("batched", "bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
    ("second broadcast", "bij,jk->bik", (2, 2, 3), (3, 2)),
    ("first broadcast", "ij,bjk->bik", (2, 3), (2, 3, 2)),
]:
    row(
        "matmul",
        name,
        ops.matmul,
        lambda x, y, s=subscripts: np.einsum(s, x, y),
        normal(*a),
        normal(*b),
        third=name == "2-d 2-d",
    )
row(
    "matmul",
    "both broadcast",
    ops.matmul,
    lambda x, y: np.einsum("bij,cjk->bcik", x[:, 0], y),
    normal(2, 1, 2, 3),
    normal(2, 3, 2),
)
row(
    "matmul",
    "length-1 batch",
    ops.matmul,
    lambda x, y: np.einsum("ij,bjk->bik", x[0], y),
    normal(1, 2, 3),
    normal(2, 3, 2),
)
row(
    "matmul",
    "empty batch",
    ops.matmul,
    lambda x, y: np.einsum("ij,jk->ik", x, y),
    normal(4, 3),
    normal(3, 2),
    batch=(0, None),
)
row("matmul", "mm", ops.mm, lambda x, y: np.einsum("ij,jk->ik", x, y), normal(2, 3), normal(3, 2))
for lead in ((), (3,), (2, 3)):
    batch = (0, None, None) if lead else ()
    row(
        "linear",
        f"{len(lead) + 1}-d",
        ops.linear,
        lambda x, w, b: np.einsum("...i,oi->...o", x, w) + b,
        normal(*lead, 4),
        normal(2, 4),
        normal(2),
        batch=batch,
    )
row(
    "linear",
    "no bias",
    lambda x, w: ops.linear(x, w, None),
    lambda x, w: np.einsum("...i,oi->...o", x, w),
    normal(3, 4),
    normal(2, 4),
    batch=(0, None),
    third=True,
)
