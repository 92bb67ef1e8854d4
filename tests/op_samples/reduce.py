"""Rows of the table: reductions."""

import numpy as np

from op_samples.table import apart, normal, row
from tinygrad_cnn import ops

_DIMS = {"all": None, "first": 0, "last": -1, "two": (0, 2), "negative two": (-1, 1), "every": (2, 0, 1)}
for name, apply in [("sum", np.sum), ("mean", np.mean), ("amax", np.max), ("amin", np.min)]:
    op = getattr(ops, name)
    for label, dim in _DIMS.items():
        for keepdim in (False, True):
            row(
                name, f"{label}{', keepdim' if keepdim else ''}",
                lambda x, op=op, d=dim, k=keepdim: op(x, d, k),
                lambda x, f=apply, d=dim, k=keepdim: f(x, axis=d, keepdims=k),
                apart(2, 3, 4),
                batch=(0,) if dim == -1 else (),
            )  # fmt: skip
    row(name, "0-d", op, lambda x: x, normal())
for name, apply in [("argmax", np.argmax), ("argmin", np.argmin)]:
    op = getattr(ops, name)
    row(name, "all", op, lambda x, f=apply: f(x.ravel()), apart(2, 3))
    row(
        name,
        "last",
        lambda x, op=op: op(x, -1),
        lambda x, f=apply: np.array([f(r) for r in x], int),
        apart(2, 3),
        batch=(0,),
    )
    row(name, "keepdim", lambda x, op=op: op(x, 0, True), lambda x, f=apply: f(x.T, 1)[None], apart(3, 2))
    row(name, "0-d", op, lambda x: 0, apart())
for name, apply in [("max", np.max), ("min", np.min)]:
    op = getattr(ops, name)
    row(
        "gather",
        f"{name} of dim",
        lambda x, op=op: op(x, 1).values,
        lambda x, f=apply: f(x, 1),
        apart(2, 3, 2),
        batch=(0,),
    )
    row(
        "gather",
        f"{name} of dim, keepdim",
        lambda x, op=op: op(x, 0, True)[0],
        lambda x, f=apply: f(x, 0)[None],
        apart(3, 2),
    )
