"""What a loss divided the sum over a batch by: the weight of the batch in the mean over a step, an epoch or a set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np

from tinygrad_cnn import nn
from tinygrad_cnn.nn import functional as F
from tinygrad_cnn.tensor import Tensor

Divisor: TypeAlias = Callable[[Any, Any], float] | Literal["sum"] | None
"""By outputs and targets; "sum" for a loss that is a sum; None for the samples of the batch."""

_OF_CLASSES = (F.cross_entropy, F.nll_loss, nn.CrossEntropyLoss, nn.NLLLoss)
_OF_ELEMENTS = (
    F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss, F.binary_cross_entropy, F.binary_cross_entropy_with_logits,
    nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss, nn.BCELoss, nn.BCEWithLogitsLoss,
)  # fmt: skip


def divisor_of(loss_fn: Callable[..., Any]) -> Divisor:
    """Return what is known of the divisor of a loss: that of the library's own, also as `functools.partial`.

    Of other functions only a `reduction` of "sum" is seen; they count as means over samples.
    """
    given = getattr(loss_fn, "keywords", None)

    def setting(name: str, default: Any) -> Any:
        return getattr(loss_fn, name, default) if given is None else given.get(name, default)

    if setting("reduction", "mean") == "sum":
        return "sum"
    kind = getattr(loss_fn, "func", loss_fn)
    if isinstance(kind, nn.Module):  # of a subclass whose forward is another one nothing is known
        kind = next((base for base in type(kind).__mro__ if "forward" in vars(base)), None)
    if kind in _OF_CLASSES:
        return lambda scores, t: _counting(scores, t, setting("weight", None), setting("ignore_index", -100))
    return _elements if kind in _OF_ELEMENTS else None


def _counting(scores: Tensor, targets: Tensor, weight: Tensor | None, ignore_index: int) -> float:
    """Return how many places count, each by the factor of its class."""
    t = targets.array
    if t.dtype.kind == "f":  # distributions: the mean is over places
        return scores.numel() / scores.shape[min(1, scores.ndim - 1)]
    if weight is None:
        return int(np.count_nonzero(t != ignore_index))
    return float(weight.array[t[t != ignore_index]].sum())


def _elements(x: Tensor, t: Tensor) -> float:
    """Return how many elements there are, after broadcasting."""
    return max(x.numel(), t.numel())
