"""Dropout of elements and of channels."""

from __future__ import annotations

import warnings

import numpy as np

from tinygrad_cnn import ops, random
from tinygrad_cnn._types import Shape
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.nn.functional._operands import apply, check_floating, check_tensors
from tinygrad_cnn.tensor import Tensor

__all__ = ["dropout", "dropout2d"]


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero each element with probability `p` and multiply the rest by 1 / (1 − p), which keeps the mean.

    Args:
        input: any shape.
        p: the probability, in [0, 1].
        training: False returns `input` itself.
        inplace: overwrite `input` and return it; the change is recorded for the gradient.

    Raises:
        ValueError: `p` is out of range.
        RuntimeError: `input` is not floating point.

    Ref: Srivastava et al., "Dropout", JMLR 15, 2014.
    """
    return _dropout("dropout", input, p, training, inplace)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero each channel of each image with probability `p` and multiply the rest by 1 / (1 − p).

    Args:
        input: (N, C, H, W); for any other number of axes, the first two are taken as N and C, with a warning.
        p: the probability, in [0, 1].
        training: False returns `input` itself.
        inplace: overwrite `input` and return it; the change is recorded for the gradient.

    Raises:
        ValueError: `p` is out of range.
        RuntimeError: `input` is not floating point, or has fewer than 2 axes.

    Ref: Tompson et al., "Efficient Object Localization Using Convolutional Networks", 2015, section 3.2.
    """
    check_tensors("dropout2d", input=input)
    if input.ndim != 4:
        warnings.warn(
            f"dropout2d: expected input (N, C, H, W), got {input.shape}; its first two axes are taken as N and C. One "
            "image needs a batch axis: x.unsqueeze(0)",
            UserWarning,
            stacklevel=2,
        )
    if training and input.ndim < 2:
        raise RuntimeError(f"dropout2d: expected input with at least 2 axes, got {input.shape}")
    return _dropout("dropout2d", input, p, training, inplace, input.shape[:2] + (1,) * (input.ndim - 2))


def _dropout(op: str, input: Tensor, p: float, training: bool, inplace: bool, shape: Shape | None = None) -> Tensor:
    """Drop elements by a random mask of `shape`, by default that of `input`."""
    check_tensors(op, input=input)
    if not 0 <= p <= 1:
        raise ValueError(f"{op}: expected p in [0, 1], got {p}")
    if not training or p == 0:
        return input
    check_floating(op, "input", input)
    # float32 samples have 24 random bits; float64 would take twice the time and matter only for p < 1e-7.
    samples = random.default_generator.uniform(input.shape if shape is None else shape, np.dtype(np.float32))
    keep = np.asarray(samples >= np.float32(p))
    return apply(f"{op}_", ops.dropout, input, inplace, from_numpy(keep), p=p)
