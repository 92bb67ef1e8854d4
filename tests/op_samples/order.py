"""Rows of the table: order, and which elements occur."""

import numpy as np

from op_samples.table import apart, normal, row
from tinygrad_cnn import ops

_TIES = np.array([[2, 1, 2, 1], [3, 3, 0, 1]])
for dim in (0, 1, -1):
    for descending in (False, True):
        name = f"dim {dim}{', descending' if descending else ''}"
        sign = -1 if descending else 1
        row(
            "argsort", name, lambda x, d=dim, down=descending: ops.argsort(x, d, down),
            lambda x, d=dim, s=sign: np.argsort(s * x, d, kind="stable"), apart(2, 3, 4), batch=(0,) if dim else (),
        )  # fmt: skip
        row(
            "gather", f"sort, {name}", lambda x, d=dim, down=descending: ops.sort(x, d, down).values,
            lambda x, d=dim, s=sign: s * np.sort(s * x, d), apart(2, 3, 4), batch=(0,) if dim else (),
        )  # fmt: skip
        row(
            "gather", f"topk, {name}", lambda x, d=dim, down=descending: ops.topk(x, 2, d, down).values,
            lambda x, d=dim, s=sign: (s * np.sort(s * x, d)).take([0, 1], d), apart(2, 3, 4),
            batch=(0,) if dim else (),
        )  # fmt: skip
row("argsort", "ties", ops.argsort, lambda x: np.array([[1, 3, 0, 2], [2, 3, 0, 1]]), _TIES)
row(
    "argsort", "ties, descending", lambda x: ops.argsort(x, descending=True),
    lambda x: np.array([[0, 2, 1, 3], [0, 1, 3, 2]]), _TIES,
)  # fmt: skip
row("argsort", "0-d", ops.argsort, lambda x: 0, normal())
row("gather", "sort of 0-d", lambda x: ops.sort(x).values, lambda x: x, normal())
row("argsort", "nan", ops.argsort, lambda x: np.array([2, 1, 0]), [np.nan, 1, 0])
for size in (1, 4, 5):
    row("median", f"{size} elements", ops.median, lambda x: np.sort(x)[(x.size - 1) // 2], apart(size))
    row(
        "gather", f"median of {size}", lambda x: ops.median(x, 1).values,
        lambda x: np.sort(x, 1)[:, (x.shape[1] - 1) // 2], apart(3, size), batch=(0,),
    )  # fmt: skip
row("median", "integers", ops.median, lambda x: np.array(1), _TIES)
row("mode", "ties", lambda x: ops.mode(x).values, lambda x: np.array([1, 3]), _TIES)
row("mode", "where", lambda x: ops.mode(x, 1, True).indices, lambda x: np.array([[3], [1]]), _TIES)
row("gather", "mode", lambda x: ops.mode(x, 0)[0], lambda x: x.min(0), apart(3, 2))
row("nonzero", "mask", ops.nonzero, lambda x: np.stack(np.where(x), 1), _TIES > 1, batch=(0,))
row("nonzero", "numbers", lambda x: ops.nonzero(x, as_tuple=True)[1], lambda x: np.where(x)[1], _TIES)
row("nonzero", "0-d", ops.nonzero, lambda x: np.zeros((1, 0), int), 2.0)
row("bincount", "numbers", ops.bincount, lambda x: np.array([(x == i).sum() for i in range(x.max() + 1)]), _TIES[1])
row(
    "bincount", "weights", lambda x, w: ops.bincount(x, w, 6),
    lambda x, w: np.array([w[x == i].sum() for i in range(6)]), _TIES[1], normal(4),
)  # fmt: skip
row("unique", "all", ops.unique, lambda x: np.array([0, 1, 2, 3]), _TIES)
row("unique", "inverse", lambda x: ops.unique(x, return_inverse=True)[1], lambda x: x, _TIES)
row("unique", "counts", lambda x: ops.unique(x, return_counts=True)[1], lambda x: np.array([1, 3, 2, 2]), _TIES)
row("unique", "rows", lambda x: ops.unique(x, dim=0), lambda x: x[1:], [[4, 1], [2, 5], [4, 1]])
