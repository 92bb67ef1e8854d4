"""`Operand`: what may stand beside a tensor in an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from tinygrad_cnn._types import Array, Scalar

if TYPE_CHECKING:
    from tinygrad_cnn.tensor import Tensor

Operand: TypeAlias = "Tensor | Array | Scalar"
