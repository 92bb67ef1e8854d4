"""Copies, and how the elements lie in memory."""

from __future__ import annotations

from typing import Any, Self

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import Variable
from tinygrad_cnn.memory_format import MemoryFormat, contiguous_format, preserve_format
from tinygrad_cnn.spellings import numpy_names


class Layout(Variable):
    """Copies, and how the elements lie in memory."""

    __slots__ = ()

    def clone(self, *, memory_format: MemoryFormat = preserve_format) -> Self:
        """Return a copy; gradients flow through it."""
        return ops.clone(self, memory_format=memory_format)

    def contiguous(self, memory_format: MemoryFormat = contiguous_format) -> Self:
        """Return the tensor with its elements in memory in the order of `memory_format`; itself if they are."""
        return ops.contiguous(self, memory_format)

    def is_contiguous(self, memory_format: MemoryFormat = contiguous_format) -> bool:
        """Return whether the elements lie in memory in the order of `memory_format`, without gaps."""
        return ops.is_contiguous(self, memory_format)

    @numpy_names
    def stride(self, dim: int | None = None) -> Any:
        """Return for each axis, or for axis `dim`, how many elements apart neighbours along it lie in memory."""
        steps = tuple([step // self.array.itemsize for step in self.array.strides])
        return steps if dim is None else steps[dim]

    def element_size(self) -> int:
        """Return the size of an element in bytes."""
        return self.array.itemsize

    def numel(self) -> int:
        """Return the number of elements."""
        return self.array.size

    def nelement(self) -> int:
        """Return the number of elements."""
        return self.array.size
