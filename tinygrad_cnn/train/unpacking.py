"""What a `Trainer` is given, taken apart: batches, validation sets, lengths, the values of metrics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sized
from typing import Any

import numpy as np

from tinygrad_cnn.tensor import Tensor

ValidationSets = Iterable[Any] | Mapping[str, Iterable[Any]] | None
"""A loader, loaders by name, or none."""


def by_name(validation: ValidationSets) -> dict[str, Iterable[Any]]:
    """Return the validation sets by name."""
    if validation is None:
        return {}
    return dict(validation) if isinstance(validation, Mapping) else {"validation": validation}


def length(loader: Iterable[Any]) -> int | None:
    """Return the number of batches in an epoch, None if the loader does not know."""
    try:
        return len(loader) if isinstance(loader, Sized) else None
    except TypeError:  # such as a DataLoader of a stream
        return None


def number_of(value: Any) -> float | None:
    """Return what a metric computed as a Python number; None for a matrix and the like, which rows do not hold."""
    if isinstance(value, Tensor | np.ndarray | np.generic):
        array = np.asarray(value)
        value = array.item() if array.size == 1 else None
    return value if isinstance(value, int | float) else None


def pair(batch: Any) -> tuple[Any, Any]:
    """Return inputs and targets."""
    if not isinstance(batch, list | tuple) or len(batch) != 2:
        parts = f"{len(batch)} parts" if isinstance(batch, list | tuple) else type(batch).__name__
        raise ValueError(f"Trainer: expected batches of (inputs, targets), got {parts}")
    return batch[0], batch[1]


def leaves(name: str, value: Any) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Yield the arrays of a tensor, or of tensors in lists, tuples and dicts, with their places: ``name['a'][0]``."""
    if isinstance(value, Tensor | np.ndarray):
        yield name, value.array if isinstance(value, Tensor) else value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from leaves(f"{name}[{key!r}]", part)
    elif isinstance(value, list | tuple):
        for i, part in enumerate(value):
            yield from leaves(f"{name}[{i}]", part)


def samples_of(inputs: Any, targets: Any) -> int:
    """Return how many samples a batch has: the length of its first tensor, that of its inputs before its targets."""
    for _, array in (*leaves("inputs", inputs), *leaves("targets", targets)):
        if array.ndim:
            return len(array)
    return len(inputs) if isinstance(inputs, Sized) else 1


def not_finite(inputs: Any, targets: Any) -> str:
    """Return where a batch holds NaN or an infinity, in words; "" if it holds none."""
    for name, array in (*leaves("inputs", inputs), *leaves("targets", targets)):
        finite = np.isfinite(array) if array.dtype.kind in "fc" else np.True_
        if not np.all(finite):
            first = tuple(int(at) for at in np.argwhere(~finite)[0])
            return (
                f"{name} hold {array[first]} at index {first}, and {array.size - int(finite.sum())} of their "
                f"{array.size} values are not finite"
            )
    return ""


def name_of(loss_fn: Any) -> str:
    """Return what to call a loss."""
    function = getattr(loss_fn, "func", loss_fn)  # of a functools.partial
    return getattr(function, "__qualname__", type(function).__name__)
