"""Rows of the table: softmax and losses."""

import numpy as np
import op_references as ref

from op_samples.table import apart, normal, positive, row
from tinygrad_cnn import ops


def _like(x, constant):
    """Return a constant in the dtype of the input beside it."""
    return None if constant is None else constant.astype(x.dtype)


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
        "cross_entropy_input", reduction,
        lambda g, x, t, r=reduction: ops.cross_entropy_input(g, x, t, reduction=r),
        lambda g, x, t, r=reduction: ref.cross_entropy_input(g, x, t, r),
        normal(*[4] * (reduction == "none")), normal(4, 3), [2, 0, 1, 2],
        batch=(0 if reduction == "none" else None, 0, 0),
    )  # fmt: skip
    row(
        "cross_entropy_input", f"{reduction}, places",
        lambda g, x, t, r=reduction: ops.cross_entropy_input(g, x, t, reduction=r),
        lambda g, x, t, r=reduction: ref.cross_entropy_input(g, x, t, r),
        normal(*[2, 2, 2][: 3 * (reduction == "none")]), normal(2, 3, 2, 2), [[[0, 1], [2, 2]], [[1, 1], [0, 2]]],
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

# --- losses over classes, weighted ---

_SHARE = np.array([0.5, 0.0, 2.0, 1.5])
_PLACES = np.array([[[0, 1], [2, 2]], [[1, 1], [0, 2]]])
for reduction in ("none", "sum", "mean"):
    row(
        "soft_cross_entropy", reduction,
        lambda x, q, r=reduction: ops.soft_cross_entropy(x, q, reduction=r, count=2.5),
        lambda x, q, r=reduction: ref.soft_cross_entropy(x, q, r, 2.5),
        normal(4, 3), positive(4, 3), batch=(0, 0), third=reduction == "mean",
    )  # fmt: skip
    row(
        "soft_cross_entropy", f"{reduction}, places",
        lambda x, q, r=reduction: ops.soft_cross_entropy(x, q, reduction=r, count=8),
        lambda x, q, r=reduction: ref.soft_cross_entropy(x, q, r, 8),
        normal(2, 3, 2, 1), positive(2, 3, 2, 1),
    )  # fmt: skip
    row(
        "nll_loss", reduction,
        lambda x, t, r=reduction: ops.nll_loss(x, t, _like(x, _SHARE), reduction=r, count=4),
        lambda x, t, r=reduction: ref.nll_loss(x, t, _SHARE, r, 4),
        normal(4, 3), [2, 0, 1, 2],
    )  # fmt: skip
    row(
        "nll_loss", f"{reduction}, places",
        lambda x, t, r=reduction: ops.nll_loss(x, t, _like(x, _PLACES * 0.5), reduction=r, count=3.5),
        lambda x, t, r=reduction: ref.nll_loss(x, t, _PLACES * 0.5, r, 3.5),
        normal(2, 3, 2, 2), _PLACES,
    )  # fmt: skip

# --- distances: away from the kinks, on both sides of them ---


def _beside(*shape):
    """Make values at least 0.02 from being 0, 0.7 or −0.7 away from those of `apart`, on both sides of each."""
    return lambda source: np.asarray(apart(*shape)(source) + 0.03)


for reduction, total in (("none", np.copy), ("sum", np.sum), ("mean", np.mean)):
    rows = {"2-d": (3, 4), "0-d": ()}
    for case, shape in rows.items():
        batch = (0, 0) if shape and reduction != "mean" else ()
        row(
            "l1_loss", f"{reduction}, {case}",
            lambda x, t, r=reduction: ops.l1_loss(x, t, reduction=r),
            lambda x, t, f=total: f(np.where(x > t, x - t, t - x)),
            apart(*shape), _beside(*shape), batch=batch,
        )  # fmt: skip
        for op, name in ((ops.smooth_l1_loss, "beta"), (ops.huber_loss, "delta")):
            for corner in (0.4, 1.0):
                row(
                    op.name, f"{reduction}, {case}, {name} {corner}",
                    lambda x, t, op=op, r=reduction, k={name: corner}: op(x, t, reduction=r, **k),
                    lambda x, t, f=total, k=corner, huber=name == "delta": f(ref.huber(x - t, k) / (1 if huber else k)),
                    apart(*shape), _beside(*shape), batch=batch,
                )  # fmt: skip


# --- two classes ---


def _probabilities(*shape):
    return lambda source: np.asarray(source.uniform(0.1, 0.9, shape))


_WEIGHT = np.array([0.5, 2.0, 1.5, 0.7])
_POSITIVE = np.array([3.0, 0.2, 1.5, 0.7])
for reduction, total in (("none", np.copy), ("sum", np.sum), ("mean", np.mean)):
    batch = (0, 0) if reduction != "mean" else ()
    for label, weight in (("", None), (", weight", _WEIGHT)):
        row(
            "binary_cross_entropy", f"{reduction}{label}",
            lambda x, t, r=reduction, w=weight: ops.binary_cross_entropy(x, t, _like(x, w), reduction=r),
            lambda x, t, f=total, w=weight: f(ref.binary_cross_entropy(x, t, w)),
            _probabilities(3, 4), _probabilities(3, 4), batch=batch, third=reduction == "mean",
        )  # fmt: skip
        for more, positive_weight in (("", None), (", pos_weight", _POSITIVE)):
            row(
                "binary_cross_entropy_with_logits", f"{reduction}{label}{more}",
                lambda x, t, r=reduction, w=weight, p=positive_weight: ops.binary_cross_entropy_with_logits(
                    x, t, _like(x, w), _like(x, p), reduction=r
                ),
                lambda x, t, f=total, w=weight, p=positive_weight: f(
                    ref.binary_cross_entropy(1 / (1 + np.exp(-x)), t, w, p)
                ),
                normal(3, 4), _probabilities(3, 4), batch=batch, third=reduction == "mean",
            )  # fmt: skip
