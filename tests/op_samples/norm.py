"""Rows of the table: normalisation and dropout."""

import numpy as np
import op_references as ref

from op_samples.table import normal, positive, row
from tinygrad_cnn import kernels, ops
from tinygrad_cnn.tensor import Tensor

EPS = 0.1


def moments(x, dims):
    """Return what the kernels of the forward pass supply for the very same x."""
    _, mean, var = kernels.standardize(x.array if isinstance(x, Tensor) else x, dims=dims, eps=EPS)
    return {"mean": mean, "var": var}


def along_channels(b, ndim):
    return b.reshape(-1, *[1] * (ndim - 2))


_AXES = {"batch": ((3, 2, 2), (0, 2)), "last": ((2, 5), (1,)), "all": ((2, 3), (0, 1))}
for name, (x, dims) in _AXES.items():
    kept = tuple(1 if i in dims else size for i, size in enumerate(x))
    how = {"dims": dims, "eps": EPS}
    row(
        "standardize", name,
        lambda x, how=how: ops.standardize(x, **how), lambda x, how=how: ref.standardize(x, **how),
        normal(*x), third=name == "last",
    )  # fmt: skip
    row(
        "standardize_input", name,
        lambda g, x, w, how=how: ops.standardize_input(g, x, w, **how, **moments(x, how["dims"])),
        lambda g, x, w, how=how: ref.standardize_input(g, x, w, **how),
        normal(*x), normal(*x), normal(*kept), third=name == "last",
    )  # fmt: skip
    row(
        "standardize_dot", name,
        lambda g, x, how=how: ops.standardize_dot(g, x, **how, **moments(x, how["dims"])),
        lambda g, x, how=how: (g * ref.standardize(x, **how)).sum(how["dims"], keepdims=True),
        normal(*x), normal(*x),
    )  # fmt: skip
row(
    "standardize_input", "no weight",
    lambda g, x: ops.standardize_input(g, x, None, dims=(1,), eps=EPS, **moments(x, (1,))),
    lambda g, x: ref.standardize_input(g, x, None, (1,), EPS),
    normal(2, 4), normal(2, 4),
)  # fmt: skip

for shape in ((4, 3), (3, 2, 3), (2, 2, 2, 3)):
    dims, c = (0, *range(2, len(shape))), shape[1]
    row(
        "batch_norm", f"{len(shape)} axes",
        lambda x, w, b: ops.batch_norm(x, w, b, None, None, eps=EPS),
        lambda x, w, b, dims=dims: (
            ref.standardize(x, dims, EPS) * along_channels(w, x.ndim) + along_channels(b, x.ndim)
        ),
        normal(*shape), normal(c), normal(c), third=len(shape) == 2,
    )  # fmt: skip
    mean, var = np.linspace(-1, 1, c), np.linspace(0.5, 2, c)
    row(
        "batch_norm", f"{len(shape)} axes, given statistics",
        lambda x, w, b, m=mean, v=var: ops.batch_norm(x, w, b, m.astype(x.dtype), v.astype(x.dtype), eps=EPS),
        lambda x, w, b, m=mean, v=var: (
            (x - along_channels(m, x.ndim)) / along_channels(np.sqrt(v + EPS), x.ndim) * along_channels(w, x.ndim)
            + along_channels(b, x.ndim)
        ),
        normal(*shape), normal(c), normal(c), batch=(0, None, None),
    )  # fmt: skip
row(
    "batch_norm", "no weight",
    lambda x: ops.batch_norm(x, None, None, None, None, eps=EPS), lambda x: ref.standardize(x, (0,), EPS),
    normal(4, 2),
)  # fmt: skip
row(
    "batch_norm", "no weight, given statistics",
    lambda x: ops.batch_norm(x, None, None, np.ones(2, x.dtype), np.full(2, 4, x.dtype), eps=0.0),
    lambda x: (x - 1) / 2,
    normal(4, 2), batch=(0,),
)  # fmt: skip

for shape, sizes in (((3, 4), (4,)), ((2, 2, 3), (2, 3)), ((2, 3), (2, 3))):
    dims = tuple(range(len(shape) - len(sizes), len(shape)))
    row(
        "layer_norm", f"{len(sizes)} of {len(shape)} axes",
        lambda x, w, b, sizes=sizes: ops.layer_norm(x, w, b, normalized_shape=sizes, eps=EPS),
        lambda x, w, b, dims=dims: ref.standardize(x, dims, EPS) * w + b,
        normal(*shape), normal(*sizes), normal(*sizes), batch=(0, None, None) if len(sizes) < len(shape) else (),
    )  # fmt: skip
row(
    "layer_norm", "no weight",
    lambda x: ops.layer_norm(x, None, None, normalized_shape=(4,), eps=EPS), lambda x: ref.standardize(x, (1,), EPS),
    normal(2, 4), batch=(0,),
)  # fmt: skip


def in_groups(x, groups):
    parts = x.reshape(len(x), groups, int(np.prod(x.shape[1:])) // groups)
    return ref.standardize(parts, (2,), EPS).reshape(x.shape)


for shape, groups in (((2, 4), 2), ((2, 6, 2), 3), ((1, 2, 2, 2), 1)):
    row(
        "group_norm", f"{groups} groups, {len(shape)} axes",
        lambda x, w, b, groups=groups: ops.group_norm(x, w, b, num_groups=groups, eps=EPS),
        lambda x, w, b, groups=groups: (
            in_groups(x, groups) * along_channels(w, x.ndim) + along_channels(b, x.ndim)
        ),
        normal(*shape), normal(shape[1]), normal(shape[1]), batch=(0, None, None),
    )  # fmt: skip
row(
    "group_norm", "no weight",
    lambda x: ops.group_norm(x, None, None, num_groups=2, eps=EPS), lambda x: in_groups(x, 2),
    normal(2, 4), batch=(0,),
)  # fmt: skip

for name, shape in (("elements", (3, 2, 4)), ("channels", (3, 2, 1))):
    row(
        "dropout", name,
        lambda x, keep: ops.dropout(x, keep, p=0.3), lambda x, keep: x * keep / 0.7,
        normal(3, 2, 4), np.random.default_rng(0).random(shape) > 0.3, batch=(0, 0),
    )  # fmt: skip
row(
    "dropout", "nothing kept", lambda x, keep: ops.dropout(x, keep, p=1), lambda x, keep: x * 0,
    positive(2, 3), np.zeros((2, 3), bool), batch=(0, 0),
)  # fmt: skip
