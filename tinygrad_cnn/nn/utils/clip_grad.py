"""Clipping of gradients, by their norm and by their values."""

from __future__ import annotations

import math
from collections.abc import Iterable

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import no_grad
from tinygrad_cnn.creation import tensor
from tinygrad_cnn.tensor import Tensor


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """Scale all gradients together, in place, so that their norm is at most `max_norm`: g ← g · min(1, max_norm / (norm + 10⁻⁶)).

    Args:
        parameters: one tensor or several; those without a gradient do not count.
        max_norm: the largest norm to leave.
        norm_type: the p of the norm over all elements of all gradients; ``inf`` for the largest absolute value.
        error_if_nonfinite: refuse a norm that is infinite or NaN, and leave the gradients as they are. Otherwise such a
            norm makes them 0 or NaN.

    Returns:
        The norm before clipping, 0-d; 0 if there are no gradients.

    Raises:
        RuntimeError: the norm is not finite and `error_if_nonfinite`; names the parameters with such gradients by
            their position and shape.
    """  # noqa: E501
    tensors = _as_list(parameters)
    gradients = [p._grad for p in tensors if isinstance(p._grad, Tensor)]
    p = float(norm_type)
    with no_grad():
        if not gradients:
            return tensor(0.0)
        norms = [ops.norm(g, p) for g in gradients]
        total = ops.norm(ops.stack(norms), p)
        if error_if_nonfinite and not math.isfinite(total.item()):
            norm = f"{total.item()} of order {p:g}"
            raise RuntimeError(f"clip_grad_norm_: expected gradients of a finite norm, got {norm}{_culprits(tensors)}")
        factor = float(max_norm) / (total + 1e-6)
        if not factor.item() >= 1:  # true for NaN
            for g in gradients:
                g.mul_(factor.to(g.dtype))
    return total


def _culprits(tensors: list[Tensor]) -> str:
    """Return the parameters whose gradients hold an infinity or NaN, for an error message."""
    found = [
        f"{i} of shape {p.shape}"
        for i, p in enumerate(tensors)
        if isinstance(p._grad, Tensor) and not ops.isfinite(p._grad).all().item()
    ]
    return f"; not finite is that of parameter {', '.join(found)}" if found else ""


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Bring every element of the gradients into [−clip_value, clip_value], in place.

    Args:
        parameters: one tensor or several; those without a gradient are left out.
        clip_value: the largest absolute value to leave; NaN stays.
    """
    limit = float(clip_value)
    with no_grad():
        for p in _as_list(parameters):
            if isinstance(p._grad, Tensor):
                p._grad.clamp_(-limit, limit)


def _as_list(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    return [parameters] if isinstance(parameters, Tensor) else list(parameters)
