"""Rows of the table: matrix products."""

import numpy as np

from op_samples.table import normal, row
from tinygrad_cnn import ops

for name, subscripts, a, b in [
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
row("matmul", "bmm", ops.bmm, lambda x, y: np.einsum("bij,bjk->bik", x, y), normal(2, 3, 2), normal(2, 2, 4))
for name, shape, beta, alpha in (
    ("whole", (2, 4), 1, 1),
    ("row", (4,), 0.5, 1),
    ("column", (2, 1), 1, -2),
    ("0-d", (), 2, 0.5),
    ("1 by 1", (1, 1), -1, 3),
):
    row(
        "addmm", name,
        lambda x, a, b, p=beta, q=alpha: ops.addmm(x, a, b, beta=p, alpha=q),
        lambda x, a, b, p=beta, q=alpha: x * p + np.einsum("ij,jk->ik", a, b) * q,
        normal(*shape), normal(2, 3), normal(3, 4),
        batch=(None, 0, None) if name == "row" else (), third=name == "0-d",
    )  # fmt: skip
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
