"""Operations as methods of tensors: ``x.relu()`` is ``relu(x)``. Each is one line into `ops`."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from tinygrad_cnn import ops
from tinygrad_cnn._checks import normalize_dim, normalize_shape
from tinygrad_cnn._types import Array, Scalar
from tinygrad_cnn.autograd import Variable
from tinygrad_cnn.ops.reduce import Dims, Extremes

if TYPE_CHECKING:
    from tinygrad_cnn.tensor import Tensor

Operand: TypeAlias = "Tensor | Array | Scalar"


class Methods(Variable):
    """What a tensor can be asked for, by the operation's name; arguments and results are the function's."""

    __slots__ = ()

    # --- element by element -------------------------------------------------------------------------------------------

    def abs(self: Any) -> Tensor:
        """Return |x|."""
        return ops.abs(self)

    def neg(self: Any) -> Tensor:
        """Return −x."""
        return ops.neg(self)

    def sign(self: Any) -> Tensor:
        """Return −1, 0 or 1 by the sign."""
        return ops.sign(self)

    def square(self: Any) -> Tensor:
        """Return x²."""
        return ops.square(self)

    def sqrt(self: Any) -> Tensor:
        """Return the square root."""
        return ops.sqrt(self)

    def rsqrt(self: Any) -> Tensor:
        """Return 1 / √x."""
        return ops.rsqrt(self)

    def reciprocal(self: Any) -> Tensor:
        """Return 1 / x."""
        return ops.reciprocal(self)

    def exp(self: Any) -> Tensor:
        """Return eˣ."""
        return ops.exp(self)

    def log(self: Any) -> Tensor:
        """Return the natural logarithm."""
        return ops.log(self)

    def sin(self: Any) -> Tensor:
        """Return the sine."""
        return ops.sin(self)

    def cos(self: Any) -> Tensor:
        """Return the cosine."""
        return ops.cos(self)

    def erf(self: Any) -> Tensor:
        """Return the error function."""
        return ops.erf(self)

    def relu(self: Any) -> Tensor:
        """Return max(x, 0)."""
        return ops.relu(self)

    def sigmoid(self: Any) -> Tensor:
        """Return 1 / (1 + e⁻ˣ)."""
        return ops.sigmoid(self)

    def tanh(self: Any) -> Tensor:
        """Return the hyperbolic tangent."""
        return ops.tanh(self)

    def isnan(self: Any) -> Tensor:
        """Tell where x is NaN."""
        return ops.isnan(self)

    def isinf(self: Any) -> Tensor:
        """Tell where x is ±∞."""
        return ops.isinf(self)

    def isfinite(self: Any) -> Tensor:
        """Tell where x is neither NaN nor ±∞."""
        return ops.isfinite(self)

    def add(self: Any, other: Operand, *, alpha: Scalar = 1) -> Tensor:
        """Return self + alpha · other."""
        return ops.add(self, other) if alpha == 1 else ops.add(self, other, alpha=alpha)

    def sub(self: Any, other: Operand, *, alpha: Scalar = 1) -> Tensor:
        """Return self − alpha · other."""
        return ops.sub(self, other) if alpha == 1 else ops.sub(self, other, alpha=alpha)

    def mul(self: Any, other: Operand) -> Tensor:
        """Return self · other."""
        return ops.mul(self, other)

    def pow(self: Any, other: Operand) -> Tensor:
        """Return self to the power `other`."""
        return ops.pow(self, other)

    def floor_divide(self: Any, other: Operand) -> Tensor:
        """Return ⌊self / other⌋."""
        return ops.floor_divide(self, other)

    def remainder(self: Any, other: Operand) -> Tensor:
        """Return self − ⌊self / other⌋ · other."""
        return ops.remainder(self, other)

    def maximum(self: Any, other: Operand) -> Tensor:
        """Return the larger of the two."""
        return ops.maximum(self, other)

    def minimum(self: Any, other: Operand) -> Tensor:
        """Return the smaller of the two."""
        return ops.minimum(self, other)

    def eq(self: Any, other: Operand) -> Tensor:
        """Tell where self = other."""
        return ops.eq(self, other)

    def ne(self: Any, other: Operand) -> Tensor:
        """Tell where self ≠ other."""
        return ops.ne(self, other)

    def lt(self: Any, other: Operand) -> Tensor:
        """Tell where self < other."""
        return ops.lt(self, other)

    def le(self: Any, other: Operand) -> Tensor:
        """Tell where self ≤ other."""
        return ops.le(self, other)

    def gt(self: Any, other: Operand) -> Tensor:
        """Tell where self > other."""
        return ops.gt(self, other)

    def ge(self: Any, other: Operand) -> Tensor:
        """Tell where self ≥ other."""
        return ops.ge(self, other)

    def bitwise_and(self: Any, other: Operand) -> Tensor:
        """Return the logical AND of booleans, the bitwise AND of integers."""
        return ops.bitwise_and(self, other)

    def bitwise_or(self: Any, other: Operand) -> Tensor:
        """Return the logical OR of booleans, the bitwise OR of integers."""
        return ops.bitwise_or(self, other)

    def bitwise_xor(self: Any, other: Operand) -> Tensor:
        """Return the logical XOR of booleans, the bitwise XOR of integers."""
        return ops.bitwise_xor(self, other)

    def logical_and(self: Any, other: Operand) -> Tensor:
        """Tell where both are true (not zero)."""
        return ops.logical_and(self, other)

    def logical_or(self: Any, other: Operand) -> Tensor:
        """Tell where either is true (not zero)."""
        return ops.logical_or(self, other)

    def logical_xor(self: Any, other: Operand) -> Tensor:
        """Tell where exactly one is true (not zero)."""
        return ops.logical_xor(self, other)

    def bitwise_not(self: Any) -> Tensor:
        """Return the logical NOT of booleans, the bitwise complement of integers."""
        return ops.bitwise_not(self)

    def logical_not(self: Any) -> Tensor:
        """Tell where x is false (zero)."""
        return ops.logical_not(self)

    def div(self: Any, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
        """Return self / other, rounded if asked for."""
        return ops.div(self, other, rounding_mode=rounding_mode)

    def clamp(self: Any, min: Any = None, max: Any = None) -> Tensor:
        """Limit each element to [min, max]."""
        return ops.clamp(self, min, max)

    def where(self: Any, condition: Tensor, other: Operand) -> Tensor:
        """Choose self where `condition` holds and `other` elsewhere."""
        return ops.where(condition, self, other)

    def masked_fill(self: Any, mask: Tensor, value: Any) -> Tensor:
        """Return a copy with `value` where `mask` holds."""
        return ops.masked_fill(self, mask, value)

    # --- reductions ---------------------------------------------------------------------------------------------------

    def sum(
        self: Any, dim: Dims = None, keepdim: builtins.bool = False, *, dtype: npt.DTypeLike | None = None
    ) -> Tensor:
        """Add up elements along `dim`; all of them by default."""
        return ops.sum(self, dim, keepdim, dtype=dtype)

    def mean(
        self: Any, dim: Dims = None, keepdim: builtins.bool = False, *, dtype: npt.DTypeLike | None = None
    ) -> Tensor:
        """Average elements along `dim`; all of them by default."""
        return ops.mean(self, dim, keepdim, dtype=dtype)

    def prod(
        self: Any,
        dim: builtins.int | None = None,
        keepdim: builtins.bool = False,
        *,
        dtype: npt.DTypeLike | None = None,
    ) -> Tensor:
        """Multiply elements along `dim`; all of them by default."""
        return ops.prod(self, dim, keepdim, dtype=dtype)

    def var(
        self: Any,
        dim: Dims = None,
        unbiased: builtins.bool | None = None,
        keepdim: builtins.bool = False,
        *,
        correction: builtins.float | None = None,
    ) -> Tensor:
        """Return the variance along `dim`."""
        return ops.var(self, dim, unbiased, keepdim, correction=correction)

    def std(
        self: Any,
        dim: Dims = None,
        unbiased: builtins.bool | None = None,
        keepdim: builtins.bool = False,
        *,
        correction: builtins.float | None = None,
    ) -> Tensor:
        """Return the standard deviation along `dim`."""
        return ops.std(self, dim, unbiased, keepdim, correction=correction)

    def norm(
        self: Any,
        p: builtins.float | str | None = "fro",
        dim: Dims = None,
        keepdim: builtins.bool = False,
        *,
        dtype: npt.DTypeLike | None = None,
    ) -> Tensor:
        """Return the p-norm along `dim`."""
        return ops.norm(self, p, dim, keepdim, dtype=dtype)

    def logsumexp(self: Any, dim: builtins.int | Sequence[builtins.int], keepdim: builtins.bool = False) -> Tensor:
        """Return log Σ eˣ along `dim`, without overflow."""
        return ops.logsumexp(self, dim, keepdim)

    def cumsum(self: Any, dim: builtins.int, *, dtype: npt.DTypeLike | None = None) -> Tensor:
        """Return running sums along `dim`."""
        return ops.cumsum(self, dim, dtype=dtype)

    def amax(self: Any, dim: Dims = None, keepdim: builtins.bool = False) -> Tensor:
        """Return the largest element along `dim`; equal ones share the gradient."""
        return ops.amax(self, dim, keepdim)

    def amin(self: Any, dim: Dims = None, keepdim: builtins.bool = False) -> Tensor:
        """Return the smallest element along `dim`; equal ones share the gradient."""
        return ops.amin(self, dim, keepdim)

    def argmax(self: Any, dim: builtins.int | None = None, keepdim: builtins.bool = False) -> Tensor:
        """Return the index of the largest element."""
        return ops.argmax(self, dim, keepdim)

    def argmin(self: Any, dim: builtins.int | None = None, keepdim: builtins.bool = False) -> Tensor:
        """Return the index of the smallest element."""
        return ops.argmin(self, dim, keepdim)

    def all(self: Any, dim: Dims = None, keepdim: builtins.bool = False) -> Tensor:
        """Tell whether all elements are true (not zero)."""
        return ops.all(self, dim, keepdim)

    def any(self: Any, dim: Dims = None, keepdim: builtins.bool = False) -> Tensor:
        """Tell whether any element is true (not zero)."""
        return ops.any(self, dim, keepdim)

    @overload
    def max(self, dim: None = None, keepdim: builtins.bool = False) -> Tensor: ...
    @overload
    def max(self, dim: builtins.int, keepdim: builtins.bool = False) -> Extremes[Tensor]: ...
    @overload
    def max(self, dim: Tensor, keepdim: builtins.bool = False) -> Tensor: ...
    def max(self: Any, dim: Any = None, keepdim: builtins.bool = False) -> Any:
        """Return the largest element, or (values, indices) along `dim`, or element by element with a tensor."""
        return ops.max(self, dim, keepdim)

    @overload
    def min(self, dim: None = None, keepdim: builtins.bool = False) -> Tensor: ...
    @overload
    def min(self, dim: builtins.int, keepdim: builtins.bool = False) -> Extremes[Tensor]: ...
    @overload
    def min(self, dim: Tensor, keepdim: builtins.bool = False) -> Tensor: ...
    def min(self: Any, dim: Any = None, keepdim: builtins.bool = False) -> Any:
        """Return the smallest element, or (values, indices) along `dim`, or element by element with a tensor."""
        return ops.min(self, dim, keepdim)

    def softmax(self: Any, dim: builtins.int, *, dtype: npt.DTypeLike | None = None) -> Tensor:
        """Return exp(x) / Σ exp(x) along `dim`."""
        return ops.softmax(_as(self, dtype), dim=normalize_dim("softmax", dim, self.ndim))

    def log_softmax(self: Any, dim: builtins.int, *, dtype: npt.DTypeLike | None = None) -> Tensor:
        """Return x − log Σ exp(x) along `dim`."""
        return ops.log_softmax(_as(self, dtype), dim=normalize_dim("log_softmax", dim, self.ndim))

    # --- shape --------------------------------------------------------------------------------------------------------

    def reshape(self: Any, *shape: builtins.int | Sequence[builtins.int]) -> Tensor:
        """Return the elements under another shape; one size may be −1."""
        return ops.reshape(self, normalize_shape("reshape", shape))

    def view(self: Any, *shape: Any) -> Tensor:
        """Return the same memory under another shape, one size of which may be −1.

        Raises:
            RuntimeError: the memory layout does not allow that without copying; use `reshape`.
        """
        result: Tensor = ops.reshape(self, normalize_shape("view", shape))
        if self.array.size and not np.shares_memory(result.array, self.array):
            raise RuntimeError(
                f"view: shape {self.shape} with strides {self.array.strides} cannot be seen as {result.shape} without "
                "copying; use .reshape()"
            )
        return result

    def reshape_as(self: Any, other: Tensor) -> Tensor:
        """Return the elements under the shape of `other`."""
        return ops.reshape(self, other.shape)

    def unflatten(self: Any, dim: builtins.int, sizes: Sequence[builtins.int]) -> Tensor:
        """Split an axis into several."""
        return ops.unflatten(self, dim, sizes)

    def tile(self: Any, *dims: builtins.int | Sequence[builtins.int]) -> Tensor:
        """Repeat the whole tensor along each axis, missing axes counted from the front."""
        return ops.tile(self, normalize_shape("tile", dims))

    def view_as(self: Any, other: Tensor) -> Tensor:
        """Return the same memory under the shape of `other`."""
        return self.view(other.shape)

    def flatten(self: Any, start_dim: builtins.int = 0, end_dim: builtins.int = -1) -> Tensor:
        """Join the axes from `start_dim` to `end_dim` into one."""
        return ops.flatten(self, start_dim, end_dim)

    def permute(self: Any, *dims: Any) -> Tensor:
        """Reorder the axes."""
        return ops.permute(self, normalize_shape("permute", dims))

    def transpose(self: Any, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """Exchange two axes."""
        return ops.transpose(self, dim0, dim1)

    def t(self: Any) -> Tensor:
        """Transpose a matrix."""
        return ops.t(self)

    def unsqueeze(self: Any, dim: builtins.int) -> Tensor:
        """Insert an axis of length 1."""
        return ops.unsqueeze(self, dim)

    def squeeze(self: Any, dim: builtins.int | Sequence[builtins.int] | None = None) -> Tensor:
        """Drop axes of length 1."""
        return ops.squeeze(self, dim)

    def expand(self: Any, *sizes: builtins.int | Sequence[builtins.int]) -> Tensor:
        """Repeat axes of length 1 without copying."""
        return ops.expand(self, *sizes)

    def expand_as(self: Any, other: Tensor) -> Tensor:
        """Repeat axes of length 1 to the shape of `other`, without copying."""
        return ops.expand(self, other.shape)

    def broadcast_to(self: Any, size: Sequence[builtins.int]) -> Tensor:
        """Repeat axes of length 1 to `size`, without copying."""
        return ops.expand(self, size)

    def repeat(self: Any, *sizes: builtins.int | Sequence[builtins.int]) -> Tensor:
        """Repeat the whole tensor along each axis."""
        return ops.repeat(self, *sizes)

    def split(
        self: Any, split_size: builtins.int | Sequence[builtins.int], dim: builtins.int = 0
    ) -> tuple[Tensor, ...]:
        """Cut along `dim` into pieces of the given size or sizes."""
        return ops.split(self, split_size, dim)

    def chunk(self: Any, chunks: builtins.int, dim: builtins.int = 0) -> tuple[Tensor, ...]:
        """Cut along `dim` into about equal pieces."""
        return ops.chunk(self, chunks, dim)

    def flip(self: Any, dims: builtins.int | Sequence[builtins.int], *more: builtins.int) -> Tensor:
        """Reverse the order along `dims`."""
        return ops.flip(self, dims, *more)

    def roll(self: Any, shifts: builtins.int | Sequence[builtins.int], dims: Dims = None) -> Tensor:
        """Shift elements along `dims`, the last ones reappearing first."""
        return ops.roll(self, shifts, dims)

    def tril(self: Any, diagonal: builtins.int = 0) -> Tensor:
        """Return the lower triangle, zero above."""
        return ops.tril(self, diagonal)

    def triu(self: Any, diagonal: builtins.int = 0) -> Tensor:
        """Return the upper triangle, zero below."""
        return ops.triu(self, diagonal)

    def clone(self: Any) -> Tensor:
        """Return a copy; gradients flow through it."""
        return ops.clone(self)

    def contiguous(self: Any) -> Tensor:
        """Return the tensor with its elements in row-major order in memory."""
        return self if self.array.flags.c_contiguous else ops.clone(self)

    # --- indexing -----------------------------------------------------------------------------------------------------

    def gather(self: Any, dim: builtins.int, index: Tensor) -> Tensor:
        """Pick elements along `dim` by `index`."""
        return ops.gather(self, dim, index)

    def scatter_add(self: Any, dim: builtins.int, index: Tensor, src: Tensor) -> Tensor:
        """Return a copy with the elements of `src` added at `index` along `dim`."""
        return ops.scatter_add(self, dim, index, src)

    def masked_select(self: Any, mask: Tensor) -> Tensor:
        """Return the elements where `mask` holds, in row-major order."""
        return ops.masked_select(self, mask)

    def index_select(self: Any, dim: builtins.int, index: Tensor) -> Tensor:
        """Pick whole slices along `dim`."""
        return ops.index_select(self, dim, index)

    # --- matrix products ----------------------------------------------------------------------------------------------

    def matmul(self: Any, other: Tensor) -> Tensor:
        """Multiply matrices; see `ops.matmul`."""
        return ops.matmul(self, other)

    def mm(self: Any, mat2: Tensor) -> Tensor:
        """Multiply two matrices."""
        return ops.mm(self, mat2)

    def bmm(self: Any, mat2: Tensor) -> Tensor:
        """Multiply two batches of matrices."""
        return ops.bmm(self, mat2)

    def mv(self: Any, vec: Tensor) -> Tensor:
        """Multiply a matrix and a vector."""
        return ops.mv(self, vec)

    def dot(self: Any, tensor: Tensor) -> Tensor:
        """Return the inner product of two vectors."""
        return ops.dot(self, tensor)

    def outer(self: Any, vec2: Tensor) -> Tensor:
        """Return the outer product of two vectors."""
        return ops.outer(self, vec2)

    def addmm(self: Any, mat1: Tensor, mat2: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1) -> Tensor:
        """Return beta · self + alpha · mat1 @ mat2."""
        return ops.addmm(self, mat1, mat2, beta=beta, alpha=alpha)


def _as(tensor: Any, dtype: npt.DTypeLike | None) -> Any:
    """Return `tensor`, converted first if a dtype is asked for."""
    return tensor if dtype is None else tensor.to(dtype)
