"""Rows of the table: indexing."""

import numpy as np
import op_references as ref

from op_samples.table import normal, row
from tinygrad_cnn import ops
from tinygrad_cnn.ops.indexing import as_index

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
    "integer tensor": np.array(-1),
    "list": [1, 1, 0],
    "range": range(2),
    "true": True,
    "false": False,
    "true and an array": (True, np.array([0, 1])),
    "array, none and slice": (slice(None), None, np.array([2, 0, 2]), slice(1, None, 2)),
    "boolean": np.arange(24).reshape(2, 3, 4) % 3 == 0,
    "boolean row": (slice(None), np.array([True, False, True])),
    "boolean none": np.zeros((2, 3), bool),
}
for name, index in _INDICES.items():
    shape, at = np.empty((2, 3, 4))[index].shape, as_index(index)
    row("getitem", name, lambda x, i=index: ops.getitem(x, i), lambda x, i=index: x[i], normal(2, 3, 4))
    row(
        "index_add_zeros", name,
        lambda g, i=at: ops.index_add_zeros(g, index=i, shape=(2, 3, 4)),
        lambda g, i=index: ref.index_add(g, i, (2, 3, 4)),
        normal(*shape),
    )  # fmt: skip
    positions = np.arange(24).reshape(2, 3, 4)[index].ravel()
    if len(set(positions)) == len(positions):  # else the gradient is PyTorch's convention, and not the derivative
        row(
            "setitem", name,
            lambda x, v, i=index: ops.setitem(x, v, index=i),
            lambda x, v, i=index: ref.index_set(x, v, i),
            normal(2, 3, 4), normal(*shape),
        )  # fmt: skip

# Integers select before tensors pick, unlike in NumPy.
for name, index, shape, stepwise in (
    ("integer first", (0, slice(None), [3, 1]), (3, 2), lambda x: x[0][:, [3, 1]]),
    ("integer between", (slice(None), 1, [3, 1]), (2, 2), lambda x: x[:, 1][:, [3, 1]]),
    ("integer last", ([1, 0], slice(1), 2), (2, 1), lambda x: x[:, :, 2][[1, 0], :1]),
    ("integer and none", (None, 0, ..., None, np.array([1, 0])), (1, 3, 1, 2), lambda x: x[0][None, :, None, [1, 0]]),
    ("integer and mask", (1, np.arange(12).reshape(3, 4) % 2 == 0), (6,), lambda x: x[1][:, ::2].ravel()),
    ("dots of nothing", ([1, 0], ..., [2, 0], slice(1)), (2, 1), lambda x: x[[1, 0], [2, 0], :1]),
    ("dots of nothing between", (slice(None), [1, 0], ..., [2, 0]), (2, 2), lambda x: x[:, [1, 0], [2, 0]]),
    ("integer and true", (1, True), (1, 3, 4), lambda x: x[1][None]),
):
    row("getitem", name, lambda x, i=index: ops.getitem(x, i), stepwise, normal(2, 3, 4))
    row(
        "setitem", name,
        lambda x, v, i=index: ops.setitem(x, v, index=i),
        lambda x, v, f=stepwise: ref.set_where(x, v, f),
        normal(2, 3, 4), normal(*shape),
    )  # fmt: skip

for name, shape in (("row", (4,)), ("column", (3, 1)), ("0-d", ()), ("leading ones", (1, 1, 3, 4))):
    row(
        "setitem", f"broadcast {name}",
        lambda x, v: ops.setitem(x, v, index=1),
        lambda x, v: np.array([x[0], np.zeros((3, 4)) + v.reshape(v.shape[-2:])]),
        normal(2, 3, 4), normal(*shape),
    )  # fmt: skip
row(
    "setitem", "broadcast under a mask",
    lambda x, v: ops.setitem(x, v, index=np.array([[True, False, True], [False, False, True]])),
    lambda x, v: np.array([[v[0], x[0, 1], v[0]], [x[1, 0], x[1, 1], v[0]]]),
    normal(2, 3), normal(1),
)  # fmt: skip
row("setitem", "number", lambda x: ops.setitem(x, 2, index=0), lambda x: np.array([[2, 2, 2], x[1]]), normal(2, 3))

row(
    "getitem",
    "index_select",
    lambda x: ops.index_select(x, 1, np.array([2, 0, 2])),
    lambda x: x[:, [2, 0, 2]],
    normal(2, 3),
    batch=(0,),
)
row("getitem", "index_select by a 0-d", lambda x: ops.index_select(x, 0, np.array(1)), lambda x: x[1:2], normal(2, 3))
row(
    "getitem",
    "masked_select",
    lambda x: ops.masked_select(x, np.array([True, False, True])),
    lambda x: x[:, ::2].ravel(),
    normal(2, 3),
)
_MASK = np.array([[True, False, True], [False, False, True]])
for name, x, mask, value in (
    ("value", (2, 3), _MASK, ()),
    ("mask broadcast", (4, 2, 3), _MASK[:, :1], ()),
    ("input broadcast", (3,), _MASK, ()),
    ("both broadcast", (2, 1), _MASK[0], ()),
):
    row(
        "masked_fill", name, ops.masked_fill, lambda x, m, v: x * (1 - m) + v * m, normal(*x), mask, normal(*value),
    )  # fmt: skip
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

for name, dim, x, index, src in (
    ("dim 0", 0, (3, 2), [[0, 2], [0, 1]], (2, 2)),
    ("dim 1, shorter", -1, (3, 4), [[1, 1, 3]], (1, 3)),
    ("src longer", 1, (2, 3), [[2, 2]], (2, 3)),
    ("longer than the input", 0, (2,), [0, 1, 1, 0], (4,)),
    ("0-d", 0, (), 0, ()),
    ("no indices", 1, (2, 3), np.zeros((2, 0), int), (2, 3)),
):
    row(
        "scatter_add", name,
        lambda x, i, s, d=dim: ops.scatter_add(x, d, i, s),
        lambda x, i, s, d=dim: x + ref.scatter_add(s, d, i, x.shape) if x.ndim else x + s,
        normal(*x), index, normal(*src),
    )  # fmt: skip
row("gather", "0-d", lambda x, i: ops.gather(x, 0, i), lambda x, i: x, normal(), 0)
row("gather", "0-d at 1-d", lambda x, i: ops.gather(x, 0, i), lambda x, i: np.array([x, x]), normal(), [0, 0])
_NOWHERE = np.zeros((2, 0), int)
row("gather", "no indices", lambda x, i: ops.gather(x, 0, i), lambda x, i: np.zeros((2, 0)), normal(3), _NOWHERE)


def _written(x, index, src, dim, combine):
    out = x.copy()
    for at in np.ndindex(index.shape):
        place = (*at[:dim], index[at], *at[dim + 1 :])
        out[place] = combine(out[place], src[at])
    return out


_PLACES = np.array([[2, 0, 1], [0, 2, 1]])
for dim, places in [(0, _PLACES % 2), (1, _PLACES)]:
    row(
        "scatter", f"dim {dim}, each once", lambda x, i, v, d=dim: ops.scatter(x, d, i, v),
        lambda x, i, v, d=dim: _written(x, i, v, d, lambda _, new: new), normal(2, 3),
        places if dim else np.array([[1, 0, 0], [0, 1, 1]]), normal(2, 4),
    )  # fmt: skip
    row(
        "scatter", f"dim {dim}, a number", lambda x, i, d=dim: ops.scatter(x, d, i, value=0.5),
        lambda x, i, d=dim: _written(x, i, np.full(i.shape, 0.5), d, lambda _, new: new), normal(2, 3), places,
    )  # fmt: skip
    row(
        "scatter_add", f"scatter, dim {dim}", lambda x, i, v, d=dim: ops.scatter(x, d, i, v, reduce="add"),
        lambda x, i, v, d=dim: _written(x, i, v, d, lambda old, new: old + new), normal(2, 3), places, normal(2, 3),
    )  # fmt: skip
    row(
        "scatter_multiply", f"dim {dim}", lambda x, i, v, d=dim: ops.scatter(x, d, i, v, reduce="multiply"),
        lambda x, i, v, d=dim: _written(x, i, v, d, lambda old, new: old * new), [[1, 2, 3], [4, 5, 6]], places,
        [[2, 3, 4], [5, 6, 7]],
    )  # fmt: skip
row("scatter", "0-d", lambda x, v: ops.scatter(x, 0, np.array(0), v), lambda x, v: v, normal(), normal())
for dim, part in enumerate([np.s_[:2], np.s_[:, :2]]):
    row(
        "index_add_zeros",
        f"index_add, dim {dim}",
        lambda v, d=dim, p=part: ops.index_add(v[p] * 3, d, np.array([1, 0, 1]), v, alpha=2),
        lambda v, d=dim, p=part: v[p] * 3 + 2 * np.stack([v.take(1, d), v.take(0, d) + v.take(2, d)], d),
        normal(3, 3),
    )
