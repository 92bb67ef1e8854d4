"""Rows of the table: reductions."""

import math

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


def away(source):
    """Make values at least 0.3 from zero, and no two of one size."""
    x = source.standard_normal((2, 3, 4))
    return x + np.copysign(0.3, x)


_PAIRS = {"all": (0, 1, 2), **{label: dim for label, dim in _DIMS.items() if dim is not None}}
for label, dim in _PAIRS.items():
    for keepdim in (False, True):
        name = f"{label}{', keepdim' if keepdim else ''}"
        row(
            "logsumexp", name, lambda x, d=dim, k=keepdim: ops.logsumexp(x, d, k),
            lambda x, d=dim, k=keepdim: np.log(np.exp(x).sum(d, keepdims=k)), normal(2, 3, 4),
            batch=(0,) if dim == -1 else (), third=label == "last",
        )  # fmt: skip
        for op, power in [(ops.var, 1), (ops.std, 0.5)]:
            row(
                op.__name__, name, lambda x, op=op, d=dim, k=keepdim: op(x, d, keepdim=k),
                lambda x, d=dim, k=keepdim, p=power: _variance(x, d, k, 1) ** p, normal(2, 3, 4),
                batch=(0,) if dim == -1 else (), third=label == "last",
            )  # fmt: skip
        for p in (0, 0.5, 1, 1.5, 2, 3, -1, math.inf, -math.inf):
            row(
                "norm", f"{p}, {name}", lambda x, p=p, d=dim, k=keepdim: ops.norm(x, p, d, k),
                lambda x, p=p, d=dim, k=keepdim: _p_norm(x, p, d, k), away,
                batch=(0,) if dim == -1 and p != 0 else (), third=label == "last" and p in (1.5, 2, 3),
            )  # fmt: skip


def _variance(x, dim, keepdim, correction):
    mean = x.mean(dim, keepdims=True)
    return ((x - mean) ** 2).sum(dim, keepdims=keepdim) / (x.size // mean.size - correction if mean.size else 1)


def _p_norm(x, p, dim, keepdim):
    if math.isinf(p):
        return (np.amax if p > 0 else np.amin)(np.abs(x), dim, keepdims=keepdim)
    powers = np.where(x == 0, 0.0, 1.0) if p == 0 else np.abs(x) ** p
    return powers.sum(dim, keepdims=keepdim) ** (1 / (p or 1))


for op, power in [(ops.var, 1), (ops.std, 0.5)]:
    for correction in (0, 0.5, 2):
        row(
            op.__name__, f"correction {correction}", lambda x, op=op, c=correction: op(x, 1, correction=c),
            lambda x, p=power, c=correction: _variance(x, 1, False, c) ** p, normal(2, 4), batch=(0,),
        )  # fmt: skip
    row(op.__name__, "0-d", lambda x, op=op: op(x, correction=0.5), lambda x: x * 0, normal())
for op, reference in [(ops.logsumexp, lambda x: x), (ops.norm, np.abs)]:
    row(op.__name__, "0-d", lambda x, op=op: op(x, dim=0), reference, apart())
row("norm", "some zeros", lambda x: ops.norm(x, 3), lambda x: _p_norm(x, 3, (0, 1), False), [[1.0, 0, -2], [0, 0.5, 3]])

for size in (1, 2, 3, 5, 8):
    row("prod", f"{size} factors", ops.prod, lambda x: math.prod(x.tolist()), normal(size), third=size == 5)
for zeros in (1, 2, 3):
    for size in (4, 5):
        row(
            "prod", f"{zeros} zeros of {size}", lambda x: ops.prod(x, 1), lambda x: np.zeros(2),
            lambda source, z=zeros, n=size: np.concatenate([np.zeros((2, z)), source.standard_normal((2, n - z))], 1),
            third=True,
        )  # fmt: skip
for dim in (0, 1, -1):
    for keepdim in (False, True):
        row(
            "prod", f"dim {dim}{', keepdim' if keepdim else ''}", lambda x, d=dim, k=keepdim: ops.prod(x, d, k),
            lambda x, d=dim, k=keepdim: np.prod(x, d, keepdims=k), normal(2, 3, 4), batch=(0,) if dim else (),
        )  # fmt: skip
row("prod", "0-d", ops.prod, lambda x: x, normal())
row("prod", "integers", ops.prod, lambda x: np.array(24), np.array([[2, 3], [4, 1]], "i4"))
for dim in (0, 1, -1):
    row(
        "cumsum", f"dim {dim}", lambda x, d=dim: ops.cumsum(x, d),
        lambda x, d=dim: np.stack([x.take(range(i + 1), d).sum(d) for i in range(x.shape[d])], d),
        normal(2, 3, 4), batch=(0,) if dim else (),
    )  # fmt: skip
row("cumsum", "0-d", lambda x: ops.cumsum(x, -1), lambda x: x, normal())
row("cumsum", "integers", lambda x: ops.cumsum(x, 0), lambda x: np.array([100, 200, 300]), np.array([100] * 3, "u1"))

for size in (1, 2, 5):
    row(
        "clone", f"cumprod of {size}", lambda x: ops.cumprod(x, 1), lambda x: np.cumprod(x, 1), normal(2, size),
        batch=(0,), third=size > 1,
    )  # fmt: skip
row("clone", "cumprod with zeros", lambda x: ops.cumprod(x, 0), lambda x: np.cumprod(x), [2, 0, 3, 0, 4.0], third=True)

_TRUTHS = np.array([[[0.5, 0], [-1, 2]], [[0, 0], [0, 3]], [[1, 1], [1, 1]]])
for name, count in [("all", lambda n, total: n == total), ("any", lambda n, total: n > 0)]:
    op = getattr(ops, name)
    for label, dim in _DIMS.items():
        for keepdim in (False, True):
            row(
                name, f"{label}{', keepdim' if keepdim else ''}", lambda x, op=op, d=dim, k=keepdim: op(x, d, k),
                lambda x, d=dim, k=keepdim, f=count: f(
                    (x != 0).sum(d, keepdims=k), np.ones_like(x).sum(d, keepdims=k)
                ),
                _TRUTHS, batch=(0,) if dim == -1 else (),
            )  # fmt: skip
    row(name, "0-d", op, lambda x: x != 0, normal())
    row(name, "empty", lambda x, op=op: op(x, 0), lambda x, n=name: np.full(2, n == "all"), np.zeros((0, 2)))
