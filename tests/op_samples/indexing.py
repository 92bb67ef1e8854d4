"""Rows of the table: indexing."""

import numpy as np
import op_references as ref

from op_samples.table import normal, row
from tinygrad_cnn import ops

_INDICES = {
    "integer": 1,
    "negative integer": -1,
    "integers to 0-d": (1, 2, 0),
    "slices": (slice(None), slice(1, 3)),
    "negative step": (slice(None, None, -1), slice(None), slice(3, None, -2)),
    "none": (None, slice(None), None, 0),
    "ellipsis": (..., slice(0, 2)),
    "empty slice": (slice(None), slice(2, 2)),
    "everything": (),
    "array": np.array([1, 0]),
    "repeated": np.array([1, 0, 1, 1]),
    "negative array": np.array([-1, -2]),
    "arrays together": (np.array([0, 1, 0]), np.array([2, 2, 2])),
    "arrays broadcast": (np.array([[0], [1]]), np.array([2, 0, 2])),
    "arrays apart": (np.array([0, 1]), slice(None), np.array([3, 3])),
    "array, none and slice": (slice(None), None, np.array([2, 0, 2]), slice(1, None, 2)),
    "boolean": np.arange(24).reshape(2, 3, 4) % 3 == 0,
    "boolean row": (slice(None), np.array([True, False, True])),
    "boolean none": np.zeros((2, 3), bool),
}
for name, index in _INDICES.items():
    shape = np.empty((2, 3, 4))[index].shape
    row("getitem", name, lambda x, i=index: ops.getitem(x, i), lambda x, i=index: x[i], normal(2, 3, 4))
    row(
        "index_put", name,
        lambda g, i=index: ops.index_put(g, index=i, shape=(2, 3, 4)),
        lambda g, i=index: ref.index_add(g, i, (2, 3, 4)),
        normal(*shape),
    )  # fmt: skip
row("getitem", "list", lambda x: ops.getitem(x, [1, 1, 0]), lambda x: np.stack([x[1], x[1], x[0]]), normal(2, 3, 4))
row("getitem", "batch", lambda x: ops.getitem(x, (slice(None), 1)), lambda x: x[:, 1], normal(2, 3), batch=(0,))

_PICKS = np.array([[[2, 0, 1]], [[1, 1, 1]]])
row(
    "gather",
    "dim 1",
    lambda x, i: ops.gather(x, 1, i),
    lambda x, i: ref.gather(x, 1, i),
    normal(2, 3, 4),
    _PICKS,
    batch=(0, 0),
)
row(
    "gather",
    "last dim, repeated",
    lambda x, i: ops.gather(x, -1, i),
    lambda x, i: ref.gather(x, 2, i),
    normal(2, 3, 4),
    _PICKS,
)
row(
    "gather",
    "dim 0, shorter",
    lambda x, i: ops.gather(x, 0, i),
    lambda x, i: ref.gather(x, 0, i),
    normal(3, 4),
    [[0, 2, 2]],
)
for dim, shape in ((1, (2, 3, 4)), (2, (2, 3, 4))):
    row(
        "scatter_add_zeros", f"dim {dim}",
        lambda g, i, d=dim, s=shape: ops.scatter_add_zeros(g, i, dim=d, shape=s),
        lambda g, i, d=dim, s=shape: ref.scatter_add(g, d, i, s),
        normal(2, 1, 3), _PICKS,
    )  # fmt: skip
