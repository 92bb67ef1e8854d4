"""Matrix products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygrad_cnn import ops
from tinygrad_cnn._types import Scalar
from tinygrad_cnn.autograd import Variable

if TYPE_CHECKING:
    from tinygrad_cnn.tensor import Tensor


class Matrix(Variable):
    """Matrix products."""

    __slots__ = ()

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
