"""Dropout: zero what a mask leaves out and scale up the rest."""

from __future__ import annotations

from tinygrad_cnn import kernels
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import A, primitive


@primitive()
def dropout(x: Array, keep: Array, *, p: float) -> Array:
    """Compute x · keep / (1 − p), or 0 · x if p = 1; `keep` are booleans that broadcast to the shape of x.

    They are an input like any other, so that whatever runs the recorded operation again runs it with the same ones.
    """
    return kernels.dropout(x, keep, p)


@dropout.vjp(0)
def dropout_vjp_0(g: A, _y: object, _x: object, keep: A, *, p: float) -> A:
    return dropout(g, keep, p=p)
