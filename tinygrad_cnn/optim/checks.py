"""Checks for optimizers: settings in range, names for all parameters or for none, finite gradients."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tinygrad_cnn.tensor import Tensor


def check_number(optimizer: str, name: str, value: float, *, below: float = math.inf, most: float = math.inf) -> None:
    """Raise a ValueError unless 0 ≤ `value` < `below` and `value` ≤ `most`; NaN is refused too."""
    if not (0 <= value < below and value <= most):
        limits = "a finite number at least 0"
        if below < math.inf or most < math.inf:
            limits = f"a finite number in [0, {below:g})" if below <= most else f"a number in [0, {most:g}]"
        raise ValueError(f"Invalid {name}: {value} ({optimizer} expects {limits})")


def plain(optimizer: str, name: str, value: object) -> object:
    """Return a setting, with tensors of one element converted to numbers.

    Raises:
        ValueError: a tensor has more or fewer elements.
    """
    if isinstance(value, tuple):
        return tuple(plain(optimizer, f"{name}[{i}]", item) for i, item in enumerate(value))
    if not isinstance(value, Tensor):
        return value
    if value.numel() != 1:
        raise ValueError(f"Tensor {name} must be 1-element ({optimizer} got one of shape {value.shape})")
    return value.item()


def split_names(params: object) -> dict[str, list[Any]]:
    """Return the parameters of a group as "params", and "param_names" if they are (name, tensor) pairs.

    Raises:
        TypeError: `params` is not an iterable, or is a set.
        ValueError: only some of them have names.
    """
    if isinstance(params, Tensor):
        return {"params": [params]}
    if isinstance(params, set | frozenset):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but the order of a set changes between "
            "runs; use a list"
        )
    if isinstance(params, str) or not isinstance(params, Iterable):
        raise TypeError(f"optimizer parameters should be an iterable of Tensors, but got {type(params).__name__}")
    entries = list(params)
    pairs = [entry for entry in entries if isinstance(entry, tuple)]
    if not pairs:
        return {"params": entries}
    if len(pairs) < len(entries):
        raise ValueError(
            "all optimizer params should be with/without names. Some param names are missing: got "
            f"{len(pairs)} (name, tensor) pairs among {len(entries)} parameters"
        )
    for pair in pairs:
        if len(pair) != 2 or not isinstance(pair[0], str):
            kinds = ", ".join(type(item).__name__ for item in pair)
            raise TypeError(f"named optimizer params should be (name, tensor) pairs, but one of them is ({kinds})")
    return {"params": [p for _, p in pairs], "param_names": [name for name, _ in pairs]}


def check_finite(optimizer: str, groups: list[dict[str, Any]]) -> None:
    """Raise a RuntimeError that names the first gradient, and the first element of it, that is NaN or infinite."""
    for number, group in enumerate(groups):
        for i, p in enumerate(group["params"]):
            if p._grad is None:
                continue
            finite = np.isfinite(p._grad.array)
            if finite.all():
                continue
            first = tuple(int(at) for at in np.argwhere(~finite)[0])
            named = f" ({group['param_names'][i]})" if "param_names" in group else ""
            raise RuntimeError(
                f"{optimizer}: expected finite gradients, got {p._grad.array[first]} at index {first} of that of "
                f"parameter {i}{named} of group {number}, of shape {p.shape}; {finite.size - finite.sum()} of its "
                f"{finite.size} elements are not finite. No parameter was changed. Lower the learning rate, clip the "
                "gradients, or find the operation with autograd.set_detect_anomaly(True)"
            )


def check_execution(optimizer: str, settings: Mapping[str, object]) -> None:
    """Check the settings that select an implementation in PyTorch; here there is only one, so they have no effect.

    Raises:
        NotImplementedError: `differentiable` is True.
        RuntimeError: `foreach` and `fused` are both True.
    """
    if settings.get("differentiable"):
        raise NotImplementedError(
            f"{optimizer}: there is no differentiable=True: a step overwrites the parameters and is not recorded; "
            "write the update with operations on gradients of autograd.grad(..., create_graph=True)"
        )
    if settings.get("foreach") and settings.get("fused"):
        raise RuntimeError(f"`fused` and `foreach` cannot be `True` together ({optimizer})")
