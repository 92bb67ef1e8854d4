"""Matrix products."""

from __future__ import annotations

from typing import Self

from tinygrad_cnn import ops
from tinygrad_cnn._types import Scalar
from tinygrad_cnn.autograd import Variable


class Matrix(Variable):
    """Matrix products."""

    __slots__ = ()

    def matmul(self, other: Variable) -> Self:
        """Multiply matrices; see `ops.matmul`."""
        return ops.matmul(self, other)

    def mm(self, mat2: Variable) -> Self:
        """Multiply two matrices."""
        return ops.mm(self, mat2)

    def bmm(self, mat2: Variable) -> Self:
        """Multiply two batches of matrices."""
        return ops.bmm(self, mat2)

    def mv(self, vec: Variable) -> Self:
        """Multiply a matrix and a vector."""
        return ops.mv(self, vec)

    def dot(self, tensor: Variable) -> Self:
        """Return the inner product of two vectors."""
        return ops.dot(self, tensor)

    def outer(self, vec2: Variable) -> Self:
        """Return the outer product of two vectors."""
        return ops.outer(self, vec2)

    def addmm(self, mat1: Variable, mat2: Variable, *, beta: Scalar = 1, alpha: Scalar = 1) -> Self:
        """Return beta · self + alpha · mat1 @ mat2."""
        return ops.addmm(self, mat1, mat2, beta=beta, alpha=alpha)
