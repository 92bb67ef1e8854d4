"""Copies, and how the elements lie in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import Variable
from tinygrad_cnn.memory_format import MemoryFormat, contiguous_format, preserve_format
from tinygrad_cnn.spellings import numpy_names

if TYPE_CHECKING:
    from tinygrad_cnn.tensor import Tensor


class Layout(Variable):
    """Copies, and how the elements lie in memory."""

    __slots__ = ()

    def clone(self: Any, *, memory_format: MemoryFormat = preserve_format) -> Tensor:
        """Return a copy; gradients flow through it."""
        return ops.clone(self, memory_format=memory_format)

    def contiguous(self: Any, memory_format: MemoryFormat = contiguous_format) -> Tensor:
        """Return the tensor with its elements in memory in the order of `memory_format`; itself if they are."""
        return ops.contiguous(self, memory_format)

    def is_contiguous(self: Any, memory_format: MemoryFormat = contiguous_format) -> bool:
        """Return whether the elements lie in memory in the order of `memory_format`, without gaps."""
        return ops.is_contiguous(self, memory_format)

    @numpy_names
    def stride(self: Any, dim: int | None = None) -> Any:
        """Return for each axis, or for axis `dim`, how many elements apart neighbours along it lie in memory."""
        steps = tuple([step // self.array.itemsize for step in self.array.strides])
        return steps if dim is None else steps[dim]

    def element_size(self: Any) -> int:
        """Return the size of an element in bytes."""
        return self.array.itemsize

    def numel(self: Any) -> int:
        """Return the number of elements."""
        return self.array.size

    def nelement(self: Any) -> int:
        """Return the number of elements."""
        return self.array.size
