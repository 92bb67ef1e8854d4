"""`gradcheck` and `gradgradcheck`: every entry of the Jacobian, backpropagated against central differences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeGuard, cast

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import grad, wrap
from tinygrad_cnn.gradcheck.numeric import MANY, differences, generator_kept, other_values, require_float64
from tinygrad_cnn.tensor import Tensor

_Function: TypeAlias = Callable[..., object]

_WITHOUT_EFFECT = {
    "check_grad_dtypes", "check_undefined_grad", "fast_mode", "gen_non_contig_grad_outputs", "masked", "nondet_tol",
}  # fmt: skip
_FIXED = {
    "check_backward_ad": True, "check_batched_forward_grad": False, "check_batched_grad": False,
    "check_forward_ad": False, "check_fwd_over_rev": False, "check_rev_over_rev": True,
}  # fmt: skip


class GradcheckError(RuntimeError):
    """A backpropagated gradient differs from the numerical one, or the function cannot be checked."""


@dataclass(frozen=True)
class _Settings:
    """The name of the check for messages, its step and its tolerances."""

    name: str
    eps: float
    atol: float
    rtol: float
    raise_exception: bool


def gradcheck(
    func: _Function,
    inputs: Tensor | Sequence[object],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    **options: object,
) -> bool:
    """Check the gradients of `func` against central differences.

    Every entry ∂outputs[k] / ∂inputs[j] is computed both ways, and passes if

        |analytic − numerical| ≤ atol + rtol · |numerical|

    Outputs that require no gradient are left out; if none does, the numerical gradient must be zero.

    Args:
        func: takes `inputs` and returns a tensor or several; equal inputs must give equal outputs.
        inputs: a tensor or several; those with ``requires_grad`` are checked, and must be float64. Their elements
            are changed one at a time while `func` runs and restored, bit for bit, afterwards; so is the default
            generator.
        eps: the step of the differences.
        atol: absolute tolerance.
        rtol: relative tolerance.
        raise_exception: raise when the check fails; otherwise return False.
        options: PyTorch's other arguments. `fast_mode`, `nondet_tol` and the like change nothing, because every entry
            is always checked; arguments that ask for forward mode or batched gradients are refused.

    Returns:
        Whether all gradients agree.

    Raises:
        GradcheckError: `func` is random, or gradients disagree: the message names each such input, its worst entry with
            both values, and how many entries are off.
        TypeError: an input to be checked, or an output, is not float64.
        ValueError: no input requires a gradient.

    Example:
        >>> x = randn(2, 3, dtype=float64, requires_grad=True)
        >>> gradcheck(lambda x: (x * x).sum(1), x)
        True
    """
    _check_options("gradcheck", options)
    args = _arguments(inputs)
    labels = [f"input {i}" for i in range(len(args))]
    return _check(_Settings("gradcheck", eps, atol, rtol, raise_exception), func, args, labels)


def gradgradcheck(
    func: _Function,
    inputs: Tensor | Sequence[object],
    grad_outputs: Tensor | Sequence[Tensor] | None = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    **options: object,
) -> bool:
    """Check the second-order gradients of `func`: `gradcheck` of its gradient in `inputs` and `grad_outputs`.

    Args:
        func: as for `gradcheck`.
        inputs: as for `gradcheck`.
        grad_outputs: a gradient for each output that requires one; seeded random numbers by default.
        eps: the step of the differences.
        atol: absolute tolerance.
        rtol: relative tolerance.
        raise_exception: raise when the check fails; otherwise return False.
        options: as for `gradcheck`.

    Returns:
        Whether all second-order gradients agree.

    Raises:
        GradcheckError: some disagree.
        TypeError: as for `gradcheck`.
        ValueError: no input requires a gradient, or no output does.
    """
    _check_options("gradgradcheck", options)
    args = _arguments(inputs)
    _require_checkable("gradgradcheck", args)
    if grad_outputs is None:
        gs = _random_gradients(_outputs("gradgradcheck", func(*args)))
    else:
        gs = [g.detach() for g in ([grad_outputs] if isinstance(grad_outputs, Tensor) else grad_outputs)]
    for g in gs:
        g.requires_grad = True

    def gradients(*values: object) -> list[Tensor]:
        inputs, weights = values[: len(args)], cast(tuple[Tensor, ...], values[len(args) :])
        outputs = [out for out in _outputs("gradgradcheck", func(*inputs)) if out.requires_grad]
        found = grad(outputs, _checked(inputs), weights, create_graph=True, allow_unused=True)
        return [one for one in found if one is not None]

    labels = [f"input {i}" for i in range(len(args))] + [f"grad_outputs {i}" for i in range(len(gs))]
    return _check(_Settings("gradgradcheck", eps, atol, rtol, raise_exception), gradients, (*args, *gs), labels)


def _check_options(name: str, options: dict[str, object]) -> None:
    """Raise unless `options` are arguments of PyTorch that change nothing here."""
    for key, value in options.items():
        if key not in _WITHOUT_EFFECT and key not in _FIXED:
            raise TypeError(f"{name}: got an unexpected keyword argument {key!r}")
        if key in _FIXED and value != _FIXED[key]:
            raise ValueError(
                f"{name}: expected {key}={_FIXED[key]}, got {value}; gradients are checked by backpropagation only, "
                "without forward mode and batching"
            )


def _check(how: _Settings, func: _Function, args: tuple[object, ...], labels: list[str]) -> bool:
    _require_checkable(how.name, args, labels)
    try:
        with generator_kept() as drew:
            _require_agreement(how, func, args, labels, drew)
    except GradcheckError:
        if how.raise_exception:
            raise
        return False
    return True


def _require_agreement(
    how: _Settings, func: _Function, args: tuple[object, ...], labels: list[str], drew: Callable[[], bool]
) -> None:
    """Raise a GradcheckError if gradients disagree, or if `func` is random, which it may be if `drew()`."""
    name = how.name
    outputs = _outputs(name, func(*args))
    tracked = [out.requires_grad for out in outputs]
    if not any(tracked):
        tracked = [True] * len(outputs)
    outputs = [out for out, kept in zip(outputs, tracked, strict=True) if kept]

    def values() -> Array:
        again = _outputs(name, func(*args))
        return _flat([out for out, kept in zip(again, tracked, strict=True) if kept])

    here = _flat(outputs)

    def require_repeatable(calls: int) -> None:
        if other_values(values, here, calls, rtol=1e-10, atol=1e-12) is not None:
            raise GradcheckError(f"{name}: the function returned different values for the same inputs; is it random?")

    require_repeatable(MANY if drew() else 1)
    checked = _checked(args)
    names = [label for label, arg in zip(labels, args, strict=True) if _is_checked(arg)]
    complaints = []
    for label, x, found in zip(names, checked, _analytic(outputs, checked), strict=True):
        numerical = np.empty_like(found)  # (elements of x, elements of all outputs)
        for i, index in enumerate(np.ndindex(x.shape)):
            numerical[i] = differences(values, x, index, eps=how.eps, here=here).central
        complaints.append(_compare(how, label, x, outputs, found, numerical))
    if any(complaints):
        require_repeatable(MANY)  # the function may have a random generator of its own
        text = "\n".join(filter(None, complaints))
        raise GradcheckError(f"{name}: gradients disagree (atol={how.atol:g}, rtol={how.rtol:g})\n{text}")


def _analytic(outputs: list[Tensor], inputs: list[Tensor]) -> list[Array]:
    """Return for each of `inputs` its Jacobian (elements of the input, elements of all outputs) by backpropagation."""
    total = sum(out.numel() for out in outputs)
    jacobians = [np.zeros((x.numel(), total)) for x in inputs]
    column = 0
    for out in outputs:
        for index in np.ndindex(out.shape):
            if out.requires_grad:
                seed = np.zeros(out.shape)
                seed[index] = 1
                found = grad(out, inputs, cast(Tensor, wrap(seed)), retain_graph=True, allow_unused=True)
                for jacobian, one in zip(jacobians, found, strict=True):
                    if one is not None:
                        jacobian[:, column] = one.array.ravel()
            column += 1
    return jacobians


def _compare(how: _Settings, label: str, x: Tensor, outputs: list[Tensor], analytic: Array, numerical: Array) -> str:
    """Return what is wrong with the gradients of one input, or ""."""
    with np.errstate(invalid="ignore"):
        error = np.abs(analytic - numerical)
        off = ~(error <= how.atol + how.rtol * np.abs(numerical))  # true for NaN
    if not off.any():
        return ""
    ranked = np.where(off, np.nan_to_num(error, nan=np.inf), -1)
    i, k = _position(error, int(np.argmax(ranked)))
    a, n = float(analytic[i, k]), float(numerical[i, k])
    output, element = 0, k
    while element >= outputs[output].numel():
        element -= outputs[output].numel()
        output += 1
    scale = max(abs(a), abs(n))
    return (
        f"  {label}, shape {x.shape}: worst at {_position(x, i)} for output {output} at "
        f"{_position(outputs[output], element)}: analytic {a:.9g}, numerical {n:.9g}, "
        f"absolute error {error[i, k]:.3g}, relative error {error[i, k] / scale if scale else np.nan:.3g}; "
        f"{int(off.any(axis=1).sum())} of {x.numel()} elements are off"
    )


def _position(x: Tensor | Array, i: int) -> tuple[int, ...]:
    return tuple(int(one) for one in np.unravel_index(i, x.shape))


def _flat(outputs: list[Tensor]) -> Array:
    """Return all elements in one new array, which changes to the inputs do not affect."""
    return np.concatenate([out.array.ravel() for out in outputs])


def _arguments(inputs: Tensor | Sequence[object]) -> tuple[object, ...]:
    return (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)


def _is_checked(value: object) -> TypeGuard[Tensor]:
    return isinstance(value, Tensor) and value.requires_grad


def _checked(args: Iterable[object]) -> list[Tensor]:
    return [arg for arg in args if _is_checked(arg)]


def _require_checkable(name: str, args: tuple[object, ...], labels: list[str] | None = None) -> None:
    if not _checked(args):
        raise ValueError(f"{name}: expected at least one input with requires_grad=True, got none")
    for i, arg in enumerate(args):
        if _is_checked(arg):
            require_float64(f"{name}: {labels[i] if labels else f'input {i}'}", arg)


def _outputs(name: str, result: object) -> list[Tensor]:
    """Return the floating-point tensors among what a function returned."""
    several: object = [result] if isinstance(result, Tensor) else result
    if not isinstance(several, Sequence) or not all(isinstance(one, Tensor) for one in several):
        raise TypeError(f"{name}: expected the function to return a tensor or several, got {type(result).__name__}")
    found = [one for one in several if one.is_floating_point()]
    if not found:
        raise ValueError(f"{name}: expected a floating-point output, got none")
    for i, one in enumerate(found):
        if one.dtype != np.float64:
            raise TypeError(f"{name}: expected float64 outputs, got {one.dtype} for output {i}; compute in .double()")
    return found


def _random_gradients(outputs: list[Tensor]) -> list[Tensor]:
    tracked = [out for out in outputs if out.requires_grad]
    if not tracked:
        raise ValueError("gradgradcheck: expected an output that requires a gradient, got none")
    source = np.random.default_rng(0)
    return [cast(Tensor, wrap(np.asarray(source.standard_normal(out.shape)))) for out in tracked]
