"""Indices as vectors: rows of a table, or one-hot vectors."""

from __future__ import annotations

from tinygrad_cnn import ops
from tinygrad_cnn._dtypes import int32, int64
from tinygrad_cnn.nn.functional._operands import check_tensors
from tinygrad_cnn.tensor import Tensor

__all__ = ["embedding", "one_hot"]


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """Look up a row of `weight` for each index: y[..., d] = weight[input[...], d].

    The gradient of a row is the sum of the output gradients at all positions that look it up.

    Args:
        input: indices (...) from 0 to V − 1, int64 or int32.
        weight: the table (V, D).
        padding_idx: a row that receives no gradient; a negative number counts from the end.

    Returns:
        (..., D).

    Raises:
        RuntimeError: `weight` is not 2-d, or `input` is not of an integer dtype.
        IndexError: an index is out of range.
        ValueError: `padding_idx` is out of range.
    """
    check_tensors("embedding", input=input, weight=weight)
    if weight.ndim != 2:
        raise RuntimeError(f"embedding: expected weight (num_embeddings, embedding_dim), got shape {weight.shape}")
    if input.dtype not in (int32, int64):
        raise RuntimeError(f"embedding: expected indices of int64 or int32, got {input.dtype}; convert with .long()")
    rows = weight.shape[0]
    if padding_idx is not None and not -rows <= padding_idx < rows:
        raise ValueError(f"embedding: expected padding_idx in [{-rows}, {rows - 1}], got {padding_idx}")
    if input.array.size and not (input.array.min() >= 0 and input.array.max() < rows):
        raise IndexError(
            f"embedding: expected indices in [0, {rows - 1}] for {rows} rows, got {input.array.min()} to "
            f"{input.array.max()}"
        )
    return ops.embedding(weight, input, padding_idx=None if padding_idx is None else padding_idx % rows)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Return, for each index, a vector that is 1 at the index and 0 elsewhere, on a new last axis.

    Args:
        tensor: indices (...) of int64, at least 0.
        num_classes: the length of the new axis; −1 for one more than the largest index.

    Returns:
        int64 (..., num_classes).

    Raises:
        RuntimeError: `tensor` is not of int64; an index is negative or not below `num_classes`; or `num_classes` is
            left out and there are no indices.
    """
    check_tensors("one_hot", tensor=tensor)
    if tensor.dtype != int64:
        raise RuntimeError(f"one_hot: expected indices of int64, got {tensor.dtype}; convert with .long()")
    indices = tensor.array
    if not indices.size and num_classes < 1:
        raise RuntimeError("one_hot: expected num_classes for a tensor without elements")
    low, high = (indices.min(), indices.max()) if indices.size else (0, -1)
    if low < 0:
        raise RuntimeError(f"one_hot: expected indices of at least 0, got {low}")
    classes = high + 1 if num_classes == -1 else num_classes
    if high >= classes:
        raise RuntimeError(f"one_hot: expected indices below num_classes = {num_classes}, got {high}")
    return ops.one_hot(tensor, num_classes=int(classes), dim=tensor.ndim, dtype=int64)
