"""Copies, and the order of elements in memory."""

from __future__ import annotations

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import A, T, Variable
from tinygrad_cnn.memory_format import MemoryFormat, channels_last, contiguous_format, preserve_format
from tinygrad_cnn.ops.broadcast import elementwise
from tinygrad_cnn.ops.shape import permute


@elementwise()
def _clone(x: Array) -> Array:
    return x.copy()


@_clone.vjp(0)
def clone_vjp_0(g: A, _y: object, _x: object) -> A:
    return g


def clone(input: T, *, memory_format: MemoryFormat = preserve_format) -> T:
    """Copy the values into memory of their own, row-major or with the channels last; gradients flow through it."""
    if memory_format is channels_last:
        if input.ndim != 4:
            raise RuntimeError(f"channels_last: expected a tensor (N, C, H, W), got shape {input.shape}")
        return permute(_clone(permute(input, (0, 2, 3, 1))), (0, 3, 1, 2))
    if memory_format is not contiguous_format and memory_format is not preserve_format:
        raise TypeError(f"clone: expected a memory_format such as contiguous_format, got {memory_format!r}")
    return _clone(input)


def is_contiguous(input: T, memory_format: MemoryFormat = contiguous_format) -> bool:
    """Return whether the elements lie in memory in the order of `memory_format`, without gaps."""
    array = input.array if isinstance(input, Variable) else input
    if memory_format is channels_last:
        return array.ndim == 4 and array.transpose(0, 2, 3, 1).flags.c_contiguous
    return array.flags.c_contiguous


def contiguous(input: T, memory_format: MemoryFormat = contiguous_format) -> T:
    """Return the tensor with its elements in memory in the order of `memory_format`; itself if they already are."""
    if memory_format is preserve_format or is_contiguous(input, memory_format):
        return input
    return clone(input, memory_format=memory_format)
