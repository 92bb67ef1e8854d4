"""Calls of the compiled cross-entropy; `tinygrad_cnn.kernels.loss` says what each function computes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import Node
from tinygrad_cnn.fast.arrays import float32, ready
from tinygrad_cnn.fast.dispatch import numpy_kernels
from tinygrad_cnn.fast.memory import empty
from tinygrad_cnn.fast.native import DONE, check_memory, native

_cross_entropy, _cross_entropy_input = native.cross_entropy, native.cross_entropy_input
_int64 = np.dtype(np.int64)


def _fits(x: Array, target: Array) -> bool:
    """Return whether `target` has a class for each position of the scores x (N, C, ...)."""
    shape = x.shape
    return len(shape) > 1 and target.shape == shape[:1] + shape[2:]


def cross_entropy(x: Array, target: Array, *, reduction: str) -> Array:
    """Compute `kernels.cross_entropy`."""
    if x.dtype == float32 and _fits(x, target):
        losses = np.empty(target.shape, float32)
        total = None if reduction == "none" else np.empty((), float32)
        answer = _cross_entropy(x, target, losses, total, target.size if reduction == "mean" else 1)
        if answer == DONE:
            return losses if total is None else total
        again = _again(answer, x, target)
        if again is not None:
            return cross_entropy(*again, reduction=reduction)
    return numpy_kernels["cross_entropy"](x, target, reduction=reduction)


def cross_entropy_input(g: Array, x: Array, target: Array, *, reduction: str) -> Array:
    """Compute `kernels.cross_entropy_input`."""
    gx = _gradient(g, x, target, reduction)
    return numpy_kernels["cross_entropy_input"](g, x, target, reduction=reduction) if gx is None else gx


def cross_entropy_gradients(node: Node, g: object, _wanted: Sequence[bool]) -> list[Array | None] | None:
    """Return the gradient of `cross_entropy` with respect to x and None for the classes, or None for the VJP to run."""
    if not isinstance(g, np.ndarray):
        return None
    assert node.args is not None  # or the walk would have refused the graph
    gx = _gradient(g, node.args[0], node.args[1], node.attrs["reduction"])
    return None if gx is None else [gx, None]


def _gradient(g: Array, x: Array, target: Array, reduction: str) -> Array | None:
    """Return the gradient with respect to x, or None where C is not to compute."""
    if g.dtype != float32 or not _fits(x, target) or g.shape != (target.shape if reduction == "none" else ()):
        return None
    gx = empty(x.shape, float32)
    answer = _cross_entropy_input(g, x, target, gx, target.size if reduction == "mean" else 1)
    if answer == DONE:
        return gx
    again = _again(answer, g, x, target)
    return None if again is None else _gradient(again[0], again[1], again[2], reduction)


def _again(answer: int, *arrays: Array) -> list[Array] | None:
    """Return scores and classes as kernels take them, if they could not take `arrays` only for how they lie."""
    check_memory("cross_entropy", answer)
    found, target = ready(*arrays[:-1]), arrays[-1]
    if found is None or target.dtype != _int64 or all(one.flags.c_contiguous for one in arrays):
        return None
    return [*found, np.ascontiguousarray(target)]
