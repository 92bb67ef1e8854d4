"""`check_parameters`: check the gradients of a whole model at a sample of elements of every parameter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np

from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.gradcheck.check import GradcheckError
from tinygrad_cnn.gradcheck.numeric import MANY, differences, generator_kept, other_values, require_float64
from tinygrad_cnn.tensor import Tensor

_ROUNDING = 16 * np.finfo(np.float64).eps
"""The relative rounding error expected of a loss."""
_SMALLEST = 1e-6
"""The smallest step that is tried, as a fraction of the first step."""


def _between(analytic: Array, above: Array, below: Array, allowed: Array) -> Array:
    """Return where the slopes on the two sides differ by more than `allowed` and the analytic slope is between them."""
    inside = (np.minimum(above, below) - allowed <= analytic) & (analytic <= np.maximum(above, below) + allowed)
    return inside & (np.abs(above - below) > allowed)


def _right_nearby(
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
    return bool(abs(analytic - central) <= allowed or _between(np.asarray(analytic), above, below, np.asarray(allowed)))


class HasParameters(Protocol):
    """Anything whose parameters can be listed, such as a module."""

    def named_parameters(self) -> Iterable[tuple[str, Tensor]]:
        """Return the parameters with their names."""
        ...


@dataclass(frozen=True, slots=True)
class ParameterCheck:
    """The gradient of one parameter compared with central differences.

    Attributes:
        name: of the parameter.
        shape: of the parameter.
        elements: number of elements.
        checked: number of sampled elements, including those at a kink.
        kinks: number of sampled elements at a kink, where a central difference is no reference; see `check_parameters`.
        wrong: number of the other sampled elements that disagree.
        max_abs_error: the largest |analytic − numeric| among the others.
        max_rel_error: the largest |analytic − numeric| / max(|analytic|, |numeric|, atol / rtol) among the others.
        worst_index: index of the element with the largest relative error; None if all are at kinks.
        analytic: the backpropagated gradient there.
        numeric: the central difference there.
        passed: whether none is wrong.
    """

    name: str
    shape: Shape
    elements: int
    checked: int
    kinks: int
    wrong: int
    max_abs_error: float
    max_rel_error: float
    worst_index: Shape | None
    analytic: float
    numeric: float
    passed: bool


def check_parameters(
    model: HasParameters,
    loss_fn: Callable[[], Tensor],
    *,
    samples: int = 20,
    eps: float = 1e-6,
    atol: float = 1e-8,
    rtol: float = 1e-4,
    seed: int = 0,
) -> list[ParameterCheck]:
    """Check the gradient of the loss with respect to every parameter of a model, at a random sample of elements.

    An element passes if |analytic − numeric| ≤ max(atol, rtol · max(|analytic|, |numeric|)).

    An element that does not pass is counted as a *kink* (of a ReLU or a max-pool, say, that switches within ±eps) if
    the slopes measured on its two sides differ by more than that tolerance, and the analytic value lies between them.
    The analytic value is then the slope on one side or a subgradient, and the central difference, the mean of the
    two, is no reference. If activations are smaller than the step, several kinks may lie within it, and then neither
    slope is that at the parameter's value. So an element that still looks wrong is compared once more, with the
    smallest step that rounding allows. A wrong value that happens to lie between the slopes of a kink is not found.

    Parameters that require no gradient or have no elements are left out. The values and ``.grad`` of all parameters,
    and the default generator, are restored, bit for bit, even if `loss_fn` raises. Put layers that draw random
    numbers into evaluation mode first.

    Args:
        model: a module, in float64 (``model.double()``).
        loss_fn: computes the loss of `model`, a float64 tensor with one element, on fixed data.
        samples: how many elements of each parameter to check; all if it has fewer.
        eps: the step of the differences.
        atol: absolute tolerance; with the default step the error of the differences is about 1e-9 · loss.
        rtol: relative tolerance.
        seed: seed for the choice of elements.

    Returns:
        A `ParameterCheck` for each parameter, in the model's order.

    Raises:
        GradcheckError: `loss_fn` gives different losses for the same parameters.
        RuntimeError: the loss has several elements or depends on no parameter.
        TypeError: a parameter or the loss is not float64.
        ValueError: no parameter requires a gradient, or `samples` is less than 1.
    """
    if samples < 1:
        raise ValueError(f"check_parameters: expected samples of at least 1, got {samples}")
    parameters = [(name, one) for name, one in model.named_parameters() if one.requires_grad and one.numel()]
    if not parameters:
        raise ValueError("check_parameters: expected a model with parameters that require a gradient, got none")
    for name, one in parameters:
        require_float64(f"check_parameters: {name}", one)

    def loss() -> Array:
        return _loss(loss_fn()).array.reshape(()).copy()

    with _grads_kept([one for _, one in parameters]), generator_kept() as drew:
        recorded = _loss(loss_fn())
        here = recorded.array.reshape(()).copy()

        def require_repeatable(calls: int) -> None:
            again = other_values(loss, here, calls, rtol=1e-10, atol=0)
            if again is not None:
                raise GradcheckError(
                    f"check_parameters: loss_fn returned {here:.9g} and then {again:.9g} for the same "
                    "parameters; give it fixed data and put layers such as dropout into evaluation mode"
                )

        require_repeatable(MANY if drew() else 1)
        nearby = partial(_right_nearby, loss, eps=eps, here=here)
        gradients = grad(recorded, [one for _, one in parameters], allow_unused=True)
        source = np.random.default_rng(seed)
        rows = []
        for (name, x), gradient in zip(parameters, gradients, strict=True):
            chosen = np.sort(source.choice(x.numel(), min(samples, x.numel()), replace=False)).tolist()
            points = [tuple(int(one) for one in np.unravel_index(i, x.shape)) for i in chosen]
            analytic = np.array([0.0 if gradient is None else gradient.array[point] for point in points])
            slopes = [differences(loss, x, point, eps=eps, here=here) for point in points]
            numeric, above, below = (np.array(side, dtype=float) for side in zip(*slopes, strict=True))
            rows.append(_row(name, x, points, analytic, numeric, above, below, atol, rtol, nearby))
        if any(row.kinks or row.wrong for row in rows):
            require_repeatable(MANY)  # the loss may have a random generator of its own
    return rows


def _row(
    name: str, x: Tensor, points: list[Shape], analytic: Array, numeric: Array, above: Array, below: Array,
    atol: float, rtol: float, nearby: Callable[..., bool],
) -> ParameterCheck:  # fmt: skip
    """Return the comparison for one parameter at `points`; `nearby` is `_right_nearby` for the loss."""
    scale = np.maximum(np.maximum(np.abs(analytic), np.abs(numeric)), atol / rtol)
    allowed = rtol * scale
    error = np.abs(analytic - numeric)
    off = ~(error <= allowed)  # true for NaN
    kinks = off & _between(analytic, above, below, allowed)
    for i in np.flatnonzero(off & ~kinks):
        kinks[i] = nearby(x, points[i], analytic[i], error=error[i], allowed=allowed[i])
    smooth = np.flatnonzero(~kinks)
    wrong = int((off & ~kinks).sum())
    relative = np.nan_to_num(error / scale, nan=np.inf)
    worst = int(smooth[np.argmax(relative[smooth])]) if smooth.size else None
    return ParameterCheck(
        name=name,
        shape=x.shape,
        elements=x.numel(),
        checked=len(points),
        kinks=int(kinks.sum()),
        wrong=wrong,
        max_abs_error=float(error[smooth].max()) if smooth.size else 0.0,
        max_rel_error=float(relative[smooth].max()) if smooth.size else 0.0,
        worst_index=None if worst is None else points[worst],
        analytic=np.nan if worst is None else float(analytic[worst]),
        numeric=np.nan if worst is None else float(numeric[worst]),
        passed=wrong == 0,
    )


def _loss(value: object) -> Tensor:
    """Return the result of a loss function after checks."""
    if not isinstance(value, Tensor):
        raise TypeError(f"check_parameters: expected loss_fn to return a tensor, got {type(value).__name__}")
    if value.numel() != 1:
        raise RuntimeError(f"check_parameters: expected a loss with one element, got shape {value.shape}")
    if value.dtype != np.float64:
        raise TypeError(
            f"check_parameters: expected a float64 loss, got {value.dtype}; use model.double() and double inputs"
        )
    return value


@contextmanager
def _grads_kept(parameters: list[Tensor]) -> Iterator[None]:
    """Restore the ``.grad`` of `parameters` at the end, whatever a loss function does to them."""
    kept = [(x, x.grad, None if x.grad is None else x.grad.array.copy()) for x in parameters]
    try:
        yield
    finally:
        for x, gradient, values in kept:
            x.grad = gradient
            if gradient is not None:
                gradient.array[...] = values
