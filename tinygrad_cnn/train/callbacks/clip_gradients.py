"""`ClipGradients`: clip the gradients before each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinygrad_cnn.nn.utils import clip_grad_norm_, clip_grad_value_
from tinygrad_cnn.train.callbacks.callback import Callback

if TYPE_CHECKING:
    from tinygrad_cnn.train.trainer import Trainer


class ClipGradients(Callback):
    """Clip the gradients of all parameters of the optimizer: their total norm, each element, or both in this order.

    Args:
        max_norm: the largest total norm, as in `nn.utils.clip_grad_norm_`.
        clip_value: the largest absolute value, as in `nn.utils.clip_grad_value_`.

    Raises:
        ValueError: both are None, or one is not positive.
    """

    def __init__(self, max_norm: float | None = None, clip_value: float | None = None) -> None:
        given = [limit for limit in (max_norm, clip_value) if limit is not None]
        if not given or not all(limit > 0 for limit in given):
            raise ValueError(
                f"ClipGradients: expected a positive max_norm or clip_value, got {max_norm} and {clip_value}"
            )
        self.max_norm = max_norm
        self.clip_value = clip_value

    def before_step(self, trainer: Trainer) -> None:
        """Clip the gradients."""
        parameters = [p for group in trainer.optimizer.param_groups for p in group["params"]]
        if self.max_norm is not None:
            clip_grad_norm_(parameters, self.max_norm)
        if self.clip_value is not None:
            clip_grad_value_(parameters, self.clip_value)
