"""Rows of a table by index, and sums into rows: each is the gradient of the other."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.autograd import A, Spec, primitive
from tinygrad_cnn.ops.indexing import masked_fill
from tinygrad_cnn.ops.shape import unsqueeze


@primitive()
def embedding(weight: Array, index: Array, *, padding_idx: int | None = None) -> Array:  # noqa: ARG001
    """Return weight[index]: for each index (...) a row of weight (V, D), as (..., D).

    Row `padding_idx` is read like any other row, but receives no gradient.
    """
    return np.take(weight, index, 0)


@embedding.vjp(0)
def embedding_vjp_0(g: A, _y: object, weight: Spec, index: A, *, padding_idx: int | None = None) -> A:
    rows = g if padding_idx is None else masked_fill(g, unsqueeze(index == padding_idx, -1), 0)
    return embedding_weight(rows, index, shape=weight.shape)


@primitive()
def embedding_weight(g: Array, index: Array, *, shape: Shape) -> Array:
    """Return zeros of `shape` (V, D) with the rows of g (..., D) added at `index` (...)."""
    rows = index.reshape(-1)
    out = np.zeros(shape, g.dtype)
    if rows.size:
        order = np.argsort(rows, kind="stable")
        ordered = rows[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        out[ordered[starts]] = np.add.reduceat(g.reshape(-1, shape[1])[order], starts)
    return out


@embedding_weight.vjp(0)
def embedding_weight_vjp_0(g: A, _y: object, _g: object, index: A, *, shape: Shape) -> A:  # noqa: ARG001
    return embedding(g, index)
