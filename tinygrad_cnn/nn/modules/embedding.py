"""`Embedding`: a table with a trained row for each index."""

from __future__ import annotations

from typing import Self

import numpy.typing as npt
from typing_extensions import override

from tinygrad_cnn.autograd import no_grad
from tinygrad_cnn.creation import empty
from tinygrad_cnn.device import DeviceLike
from tinygrad_cnn.nn import functional, init
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.nn.parameter import Parameter
from tinygrad_cnn.tensor import Tensor

__all__ = ["Embedding"]


class Embedding(Module):
    """Look up a row of the weight for each index: y[..., d] = weight[x[...], d].

    The weight starts as samples of N(0, 1), except for the row at `padding_idx`, which is 0 and receives no gradient.

    Args:
        num_embeddings: V, the number of rows.
        embedding_dim: D, the length of a row.
        padding_idx: an index that marks padding; a negative number counts from the end.
        device: the CPU.
        dtype: the dtype of the weight; the default dtype by default.

    Shape:
        indices (...) → (..., D); weight (V, D).

    Raises:
        ValueError: `padding_idx` is out of range.
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: DeviceLike = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__()
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise ValueError(
                    f"Embedding: expected padding_idx in [{-num_embeddings}, {num_embeddings - 1}], got {padding_idx}"
                )
            padding_idx %= num_embeddings
        self.num_embeddings, self.embedding_dim, self.padding_idx = num_embeddings, embedding_dim, padding_idx
        if _weight is not None:
            self.weight = Parameter(_weight, requires_grad=not _freeze)
            return
        self.weight = Parameter(empty(num_embeddings, embedding_dim, dtype=dtype, device=device))
        self.reset_parameters()

    @classmethod
    def from_pretrained(cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None) -> Self:
        """Return a layer whose weight is the given table; it shares the memory.

        Args:
            embeddings: the table (V, D).
            freeze: do not train the rows.
            padding_idx: as for the layer itself; its row keeps its values.

        Raises:
            ValueError: `embeddings` is not 2-d, or `padding_idx` is out of range.
        """
        if embeddings.ndim != 2:
            raise ValueError(
                f"Embedding.from_pretrained: expected embeddings (num_embeddings, embedding_dim), got shape "
                f"{embeddings.shape}"
            )
        rows, length = embeddings.shape
        return cls(rows, length, padding_idx, _weight=embeddings, _freeze=freeze)

    def reset_parameters(self) -> None:
        """Draw new initial rows."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, input: Tensor) -> Tensor:
        """Return the rows."""
        return functional.embedding(input, self.weight, self.padding_idx)

    @override
    def extra_repr(self) -> str:
        """Return the sizes, and `padding_idx` if there is one."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        return text if self.padding_idx is None else f"{text}, padding_idx={self.padding_idx}"
