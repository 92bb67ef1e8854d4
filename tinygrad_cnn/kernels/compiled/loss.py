"""Calls of the compiled softmax and cross-entropy; `kernels.softmax` and `kernels.loss` say what each computes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn._buffers import empty
from tinygrad_cnn._types import Array
from tinygrad_cnn.kernels.compiled.arrays import contiguous, float32, usable
from tinygrad_cnn.kernels.compiled.native import native

__all__ = ["cross_entropy", "cross_entropy_input", "log_softmax", "softmax"]

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


def _classified(x: Array, target: Array) -> bool:
    return (
        usable(x)
        and x.ndim > 1
        and isinstance(target, np.ndarray)
        and target.dtype == _int64
        and target.shape == x.shape[:1] + x.shape[2:]
    )


def cross_entropy(x: Array, target: Array, reduction: str) -> Any:
    """Compute `kernels.cross_entropy`."""
    if not _classified(x, target):
        return NotImplemented
    losses = np.empty(target.shape, float32)
    total = None if reduction == "none" else np.empty((), float32)
    count = target.size if reduction == "mean" else 1
    if not _cross_entropy(contiguous(x), contiguous(target), losses, total, count):
        return NotImplemented
    return losses if total is None else total


def cross_entropy_input(g: Array, x: Array, target: Array, reduction: str) -> Any:
    """Compute `kernels.cross_entropy_input`."""
    if not (_classified(x, target) and usable(g) and g.shape == (target.shape if reduction == "none" else ())):
        return NotImplemented
    gx = empty(x.shape, float32)
    count = target.size if reduction == "mean" else 1
    if not _cross_entropy_input(contiguous(g), contiguous(x), contiguous(target), gx, count):
        return NotImplemented
    return gx
