"""Losses as modules."""

from __future__ import annotations

from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.functional._operands import check_reduction, which_reduction
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.tensor import Tensor

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "HuberLoss", "KLDivLoss", "L1Loss", "MSELoss", "NLLLoss",
    "SmoothL1Loss",
]  # fmt: skip


class _Loss(Module):
    """Base of the losses: how the losses of all elements are reduced.

    Args:
        size_average: an old spelling of `reduction`; a warning names the reduction it stands for.
        reduce: likewise.
        reduction: "mean", "sum" or "none".
    """

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__()
        # Let the warning name the line that creates the loss, not an __init__ of a subclass.
        above = [kind for kind in type(self).__mro__ if "__init__" in kind.__dict__].index(_Loss)
        self.reduction = which_reduction(size_average, reduce, reduction, stacklevel=3 + above)
        self._check_reduction()

    def _check_reduction(self) -> None:
        check_reduction(type(self).__name__, self.reduction)


class _WeightedLoss(_Loss):
    """Base of the losses with factors, which are kept as the buffer `weight`."""

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class CrossEntropyLoss(_WeightedLoss):
    """Compute −Σ_c q[c] · log softmax(x)[c]; arguments as for `functional.cross_entropy`.

    Args:
        weight: a factor for each class, kept as a buffer.
        size_average: an old spelling of `reduction`; a warning names the reduction it stands for.
        reduce: likewise.
        ignore_index: positions with this target are left out.
        reduction: "mean", "sum" or "none".
        label_smoothing: share of the target that is spread evenly over all classes.

    Shape:
        scores (N, C, ...) and class indices (N, ...) or distributions (N, C, ...) → ().
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

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


class NLLLoss(_WeightedLoss):
    """Compute −w[target] · x[target], x being log-probabilities; arguments as for `functional.nll_loss`.

    Args:
        weight: a factor for each class, kept as a buffer.
        size_average: an old spelling of `reduction`; a warning names the reduction it stands for.
        reduce: likewise.
        ignore_index: positions with this target are left out.
        reduction: "mean", "sum" or "none".

    Shape:
        log-probabilities (N, C, ...) and class indices (N, ...) → ().
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return functional.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class BCELoss(_WeightedLoss):
    """Compute −w · (t · log x + (1 − t) · log(1 − x)), x being probabilities; see `functional.binary_cross_entropy`.

    Args:
        weight: a factor for each element, kept as a buffer.
        reduction: "mean", "sum" or "none".

    Shape:
        two tensors of one shape → ().
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return functional.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_WeightedLoss):
    """Compute the loss of `BCELoss` for x = σ(input), without overflow or loss of accuracy at either end.

    Args:
        weight: a factor for each element, kept as a buffer.
        reduction: "mean", "sum" or "none".
        pos_weight: a factor for the positive term, kept as a buffer.

    Shape:
        two tensors of one shape → ().
    """

    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return functional.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class MSELoss(_Loss):
    """Compute (x − target)² for each element, their sum or their mean.

    Shape:
        two tensors of one shape → ().
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return functional.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """Compute |x − target| for each element, their sum or their mean.

    Shape:
        two tensors of one shape → ().
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return functional.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """Compute d² / 2β where |d| < β and |d| − β/2 elsewhere, for d = x − target; their sum or their mean.

    Args:
        reduction: "mean", "sum" or "none".
        beta: the |d| at which the parabola joins the straight lines; with 0 the loss is `L1Loss`.

    Shape:
        two tensors of one shape → ().
    """

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", beta: float = 1.0
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return functional.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """Compute d² / 2 where |d| < δ and δ · (|d| − δ/2) elsewhere, for d = x − target; their sum or their mean.

    Args:
        reduction: "mean", "sum" or "none".
        delta: the |d| at which the parabola joins the straight lines.

    Shape:
        two tensors of one shape → ().
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return functional.huber_loss(input, target, self.reduction, self.delta)


class KLDivLoss(_Loss):
    """Compute t · (log t − x) for log-probabilities x, for each element, their sum or their mean.

    Args:
        size_average: an old spelling of `reduction`; a warning names the reduction it stands for.
        reduce: likewise.
        reduction: "mean", "sum", "none", or "batchmean": the sum divided by the length of the first axis, which
            is the divergence.
        log_target: whether the target holds log t.

    Shape:
        log-probabilities and probabilities of one shape → ().
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def _check_reduction(self) -> None:
        if self.reduction != "batchmean":
            super()._check_reduction()

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return functional.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)
