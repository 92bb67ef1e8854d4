"""Rows of the table: softmax and losses."""

import numpy as np
import op_references as ref

from op_samples.table import normal, row
from tinygrad_cnn import ops


def _softmax(x, dim):
    return np.exp(x) / np.exp(x).sum(dim, keepdims=True)


for dim in (0, 1, 2):
    batch = (0,) if dim else ()
    row(
        "softmax",
        f"dim {dim}",
        lambda x, d=dim: ops.softmax(x, dim=d),
        lambda x, d=dim: _softmax(x, d),
        normal(2, 3, 2),
        batch=batch,
        third=dim == 1,
    )
    row(
        "log_softmax",
        f"dim {dim}",
        lambda x, d=dim: ops.log_softmax(x, dim=d),
        lambda x, d=dim: np.log(_softmax(x, d)),
        normal(2, 3, 2),
        batch=batch,
        third=dim == 1,
    )

for reduction in ("none", "sum", "mean"):
    row(
        "cross_entropy", reduction,
        lambda x, t, r=reduction: ops.cross_entropy(x, t, reduction=r),
        lambda x, t, r=reduction: ref.cross_entropy(x, t, r),
        normal(4, 3), [2, 0, 1, 2], batch=(0, 0), third=True,
    )  # fmt: skip
    row(
        "cross_entropy", f"{reduction}, places",
        lambda x, t, r=reduction: ops.cross_entropy(x, t, reduction=r),
        lambda x, t, r=reduction: ref.cross_entropy(x, t, r),
        normal(2, 3, 2, 2), [[[0, 1], [2, 2]], [[1, 1], [0, 2]]],
    )  # fmt: skip
    row(
        "mse_loss", reduction,
        lambda x, t, r=reduction: ops.mse_loss(x, t, reduction=r),
        lambda x, t, r=reduction: {"none": np.copy, "sum": np.sum, "mean": np.mean}[r]((x - t) * (x - t)),
        normal(3, 4), normal(3, 4), batch=() if reduction == "mean" else (0, 0), third=True,
    )  # fmt: skip

_HOT = lambda t, d: np.moveaxis(np.eye(3)[t], -1, d)  # noqa: E731
row(
    "one_hot",
    "last",
    lambda t: ops.one_hot(t, num_classes=3, dim=1, dtype=np.dtype("f8")),
    lambda t: _HOT(t, 1),
    [2, 0, 1, 1],
    batch=(0,),
    fixed_dtype=True,
)
row(
    "one_hot",
    "middle",
    lambda t: ops.one_hot(t, num_classes=3, dim=1, dtype=np.dtype("f4")),
    lambda t: _HOT(t, 1).astype("f4"),
    [[2, 0], [1, 1]],
    fixed_dtype=True,
)
