"""Changes of shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from tinygrad_cnn import ops
from tinygrad_cnn._checks import normalize_shape
from tinygrad_cnn._types import Sizes
from tinygrad_cnn.autograd import Variable
from tinygrad_cnn.ops.reduce import Dims
from tinygrad_cnn.spellings import numpy_names


class Shape(Variable):
    """Changes of shape."""

    __slots__ = ()

    def reshape(self, *shape: int | Sequence[int]) -> Self:
        """Return the elements under another shape; one size may be −1."""
        return ops.reshape(self, normalize_shape("reshape", shape))

    def view(self, *shape: Sizes) -> Self:
        """Return the same memory under another shape, one size of which may be −1.

        Raises:
            RuntimeError: the memory layout does not allow that without copying; use `reshape`.
        """
        result = ops.reshape(self, normalize_shape("view", shape))
        if self.array.size and not np.shares_memory(result.array, self.array):
            raise RuntimeError(
                f"view: shape {self.shape} with strides {self.array.strides} cannot be seen as {result.shape} without "
                "copying; use .reshape()"
            )
        return result

    def reshape_as(self, other: Variable) -> Self:
        """Return the elements under the shape of `other`."""
        return ops.reshape(self, other.shape)

    @numpy_names
    def unflatten(self, dim: int, sizes: Sequence[int]) -> Self:
        """Split an axis into several."""
        return ops.unflatten(self, dim, sizes)

    def tile(self, *dims: int | Sequence[int]) -> Self:
        """Repeat the whole tensor along each axis, missing axes counted from the front."""
        return ops.tile(self, normalize_shape("tile", dims))

    def view_as(self, other: Variable) -> Self:
        """Return the same memory under the shape of `other`."""
        return self.view(other.shape)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Self:
        """Join the axes from `start_dim` to `end_dim` into one."""
        return ops.flatten(self, start_dim, end_dim)

    def permute(self, *dims: Sizes) -> Self:
        """Reorder the axes."""
        return ops.permute(self, normalize_shape("permute", dims))

    def transpose(self, dim0: int, dim1: int) -> Self:
        """Exchange two axes."""
        return ops.transpose(self, dim0, dim1)

    def t(self) -> Self:
        """Transpose a matrix."""
        return ops.t(self)

    @numpy_names
    def unsqueeze(self, dim: int) -> Self:
        """Insert an axis of length 1."""
        return ops.unsqueeze(self, dim)

    @numpy_names
    def squeeze(self, dim: int | Sequence[int] | None = None) -> Self:
        """Drop axes of length 1."""
        return ops.squeeze(self, dim)

    def expand(self, *sizes: int | Sequence[int]) -> Self:
        """Repeat axes of length 1 without copying."""
        return ops.expand(self, *sizes)

    def expand_as(self, other: Variable) -> Self:
        """Repeat axes of length 1 to the shape of `other`, without copying."""
        return ops.expand(self, other.shape)

    def broadcast_to(self, size: Sequence[int]) -> Self:
        """Repeat axes of length 1 to `size`, without copying."""
        return ops.expand(self, size)

    def repeat(self, *sizes: int | Sequence[int]) -> Self:
        """Repeat the whole tensor along each axis."""
        return ops.repeat(self, *sizes)

    def split(self, split_size: int | Sequence[int], dim: int = 0) -> tuple[Self, ...]:
        """Cut along `dim` into pieces of the given size or sizes."""
        return ops.split(self, split_size, dim)

    def chunk(self, chunks: int, dim: int = 0) -> tuple[Self, ...]:
        """Cut along `dim` into about equal pieces."""
        return ops.chunk(self, chunks, dim)

    def flip(self, dims: int | Sequence[int], *more: int) -> Self:
        """Reverse the order along `dims`."""
        return ops.flip(self, dims, *more)

    def roll(self, shifts: int | Sequence[int], dims: Dims = None) -> Self:
        """Move elements along `dims`; those that leave at the end come in at the front."""
        return ops.roll(self, shifts, dims)

    def tril(self, diagonal: int = 0) -> Self:
        """Return the lower triangle, zero above."""
        return ops.tril(self, diagonal)

    def triu(self, diagonal: int = 0) -> Self:
        """Return the upper triangle, zero below."""
        return ops.triu(self, diagonal)

    def swapaxes(self, axis0: int, axis1: int) -> Self:
        """Exchange two axes."""
        return ops.transpose(self, axis0, axis1)

    def swapdims(self, dim0: int, dim1: int) -> Self:
        """Exchange two axes."""
        return ops.transpose(self, dim0, dim1)

    def movedim(self, source: int | Sequence[int], destination: int | Sequence[int]) -> Self:
        """Move the axes `source` to the positions `destination`."""
        return ops.movedim(self, source, destination)

    def ravel(self) -> Self:
        """Return the elements in row-major order as a vector."""
        return ops.ravel(self)

    def unbind(self, dim: int = 0) -> tuple[Self, ...]:
        """Return all slices along `dim`, as views."""
        return ops.unbind(self, dim)

    @numpy_names
    def repeat_interleave(
        self, repeats: int | Variable | None = None, dim: int | None = None, *, output_size: int | None = None
    ) -> Self:
        """Repeat each slice along `dim`; without `dim`, each element."""
        return ops.repeat_interleave(self, repeats, dim, output_size=output_size)
