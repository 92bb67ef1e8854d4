"""What a `Trainer` is given, taken apart: batches, validation sets, lengths, the values of metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
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
