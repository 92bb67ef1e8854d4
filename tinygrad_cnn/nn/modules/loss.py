"""Losses as modules."""

from __future__ import annotations

from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.tensor import Tensor


class CrossEntropyLoss(Module):
    """Compute −Σ_c q[c] · log softmax(x)[c]; arguments as for `functional.cross_entropy`.

    Args:
        weight: a factor for each class, kept as a buffer.
        ignore_index: class index whose places do not count.
        reduction: "mean", "sum" or "none".
        label_smoothing: share of the target that is spread evenly over all classes.

    Shape:
        scores (N, C, ...) and class indices (N, ...) or distributions (N, C, ...) → ().
    """

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index
        self.reduction = reduction
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return functional.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class MSELoss(Module):
    """Compute (x − target)² for each element, their sum or their mean.

    Shape:
        two tensors of one shape → ().
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return functional.mse_loss(input, target, reduction=self.reduction)
