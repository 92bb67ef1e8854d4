"""Calls of the compiled softmax and cross-entropy; `kernels.softmax` and `kernels.loss` say what each computes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn._buffers import empty
from tinygrad_cnn._types import Array
from tinygrad_cnn.kernels.compiled.arrays import contiguous, float32, ready, usable
from tinygrad_cnn.kernels.compiled.native import DONE, check_memory, native

__all__ = ["cross_entropy", "cross_entropy_gradients", "cross_entropy_input", "log_softmax", "softmax"]

_softmax, _cross_entropy, _cross_entropy_input = native.softmax, native.cross_entropy, native.cross_entropy_input
_int64 = np.dtype(np.int64)


def _soften(x: Array, dim: int, logarithmic: bool) -> Any:
    if not usable(x) or not x.ndim or dim not in (-1, x.ndim - 1):
        return NotImplemented
    y = empty(x.shape, float32)
    _softmax(contiguous(x), y, x.shape[-1], logarithmic)
    return y


def softmax(x: Array, dim: int) -> Any:
    """Compute `kernels.softmax` along the last axis."""
    return _soften(x, dim, False)


def log_softmax(x: Array, dim: int) -> Any:
    """Compute `kernels.log_softmax` along the last axis."""
    return _soften(x, dim, True)


def _places(x: Array, target: Array) -> bool:
    """Tell whether `target` has a class for each place of the scores x (N, C, ...)."""
    shape = x.shape
    return len(shape) > 1 and target.shape == shape[:1] + shape[2:]


def cross_entropy(x: Array, target: Array, reduction: str) -> Any:
    """Compute `kernels.cross_entropy`."""
    if x.dtype != float32 or not _places(x, target):
        return NotImplemented
    losses = np.empty(target.shape, float32)
    total = None if reduction == "none" else np.empty((), float32)
    answer = _cross_entropy(x, target, losses, total, target.size if reduction == "mean" else 1)
    if answer == DONE:
        return losses if total is None else total
    again = _again(answer, x, target)
    return NotImplemented if again is None else cross_entropy(again[0], again[1], reduction)


def cross_entropy_input(g: Array, x: Array, target: Array, reduction: str) -> Any:
    """Compute `kernels.cross_entropy_input`."""
    if g.dtype != float32 or not _places(x, target) or g.shape != (target.shape if reduction == "none" else ()):
        return NotImplemented
    gx = empty(x.shape, float32)
    answer = _cross_entropy_input(g, x, target, gx, target.size if reduction == "mean" else 1)
    if answer == DONE:
        return gx
    again = _again(answer, g, x, target)
    return NotImplemented if again is None else cross_entropy_input(again[0], again[1], again[2], reduction)


def cross_entropy_gradients(
    _wanted: object, g: Array, gate: Array | None, _y: object, x: Array, target: Array, *, reduction: str
) -> list[Array | None] | None:
    """Return the gradients of `cross_entropy` in x and in target, which has none; None where the VJP is to compute."""
    found = NotImplemented if gate is not None else cross_entropy_input(g, x, target, reduction)
    return None if found is NotImplemented else [found, None]


def _again(answer: int, *arrays: Array) -> Any:
    """Return scores and classes as kernels take them, if they could not take `arrays` only for how they lie."""
    check_memory("cross_entropy", answer)
    found, target = ready(*arrays[:-1]), arrays[-1]
    if found is None or target.dtype != _int64 or all(one.flags.c_contiguous for one in arrays):
        return None
    return [*found, np.ascontiguousarray(target)]
