"""Dropout: zero the elements that a mask leaves out, and scale up the rest."""

from __future__ import annotations

from tinygrad_cnn import kernels
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import A, primitive


@primitive()
def dropout(x: Array, keep: Array, *, p: float) -> Array:
    """Compute x · keep / (1 − p), or 0 · x if p = 1; `keep` are booleans that broadcast to the shape of x.

    The mask is an input, so a replay of the recorded operation uses the same one.
    """
    return kernels.dropout(x, keep, p)


@dropout.vjp(0)
def dropout_vjp_0(g: A, _y: object, _x: object, keep: A, *, p: float) -> A:
    return dropout(g, keep, p=p)
