"""Kinks: points where the slope of a function jumps within a step, so a central difference is no reference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.gradcheck.numeric import differences
from tinygrad_cnn.tensor import Tensor

_ROUNDING = 16 * np.finfo(np.float64).eps
"""The relative rounding error expected of a loss."""
_SMALLEST = 1e-6
"""The smallest step that is tried, as a fraction of the first step."""


def between(analytic: Array, above: Array, below: Array, allowed: Array) -> Array:
    """Return where the slopes on the two sides differ by more than `allowed` and the analytic slope is between them."""
    inside = (np.minimum(above, below) - allowed <= analytic) & (analytic <= np.maximum(above, below) + allowed)
    return inside & (np.abs(above - below) > allowed)


def right_nearby(
    fn: Callable[[], Array], x: Tensor, point: Shape, analytic: float, *, error: float, allowed: float, eps: float,
    here: Array,
) -> bool:  # fmt: skip
    """Return whether the analytic slope is right for a smaller step, if it is off by `error` for a step of `eps`.

    If several kinks lie within ±eps, the slopes on both sides may differ much from the slope at `x`. The step is made
    as small as rounding allows while a difference of `error` can still be measured. For this step the analytic slope
    must agree, or lie at a kink.
    """
    value = float(x.array[point])

    def rounding(step: float) -> float:
        return _ROUNDING * abs(float(here)) / step

    step = eps
    while step > _SMALLEST * eps and rounding(step / 10) <= error / 4 and value - step / 10 < value < value + step / 10:
        step /= 10
    if step == eps:
        return False
    central, above, below = differences(fn, x, point, eps=step, here=here)
    allowed += rounding(step)
    return bool(abs(analytic - central) <= allowed or between(np.asarray(analytic), above, below, np.asarray(allowed)))
