"""`default_collate`: a list of samples becomes one batch of the same structure. `default_convert`: it stays one."""

from __future__ import annotations

import copy
import sys
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from tinygrad_cnn._dtypes import bool_, float64, int64
from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import as_tensor
from tinygrad_cnn.tensor import Tensor

_ARRAYS = (Tensor, np.ndarray, np.generic, bool, int, float)
"""What can be stacked."""


def default_collate(batch: Sequence[Any]) -> Any:
    """Join samples into one batch with a new first axis, part by part.

    Tensors, arrays and NumPy scalars are stacked, keeping their dtype; PyTorch's tensors too, into tensors of this
    package. Python numbers become a tensor: floats float64, ints int64, bools bool. Strings and bytes stay a list.
    Mappings, named tuples and lists keep their type; tuples become a list with one entry per part.

    Args:
        batch: at least one sample; all of one structure.

    Raises:
        RuntimeError: samples differ in shape, length or keys, or require a gradient.
        TypeError: a part is of another type, such as None; the message names the part.
        ValueError: there are no samples.

    Example:
        >>> default_collate([(1.0, 2), (3.0, 4)])
        [tensor([1., 3.], dtype=float64), tensor([2, 4])]
    """
    if not len(batch):
        raise ValueError("default_collate: expected at least one sample, got none")
    return _join(batch, "")


def default_convert(data: Any) -> Any:
    """Return one sample with its arrays, NumPy scalars and PyTorch tensors as tensors and all else as it is.

    It stands in for `default_collate` where a loader makes no batches (``batch_size=None``).

    Example:
        >>> default_convert({"x": np.zeros(2), "name": "a"})
        {'x': tensor([0., 0.], dtype=float64), 'name': 'a'}
    """
    if isinstance(data, Tensor | str | bytes):
        return data
    if isinstance(data, np.ndarray | np.generic) or _is_torch(data):
        numeric = _is_torch(data) or data.dtype.kind in "biuf"
        return as_tensor(_array(data, "")) if numeric else data
    if isinstance(data, Mapping):
        return _like(data, {key: default_convert(part) for key, part in data.items()})
    if isinstance(data, Sequence):
        parts = [default_convert(part) for part in data]
        if isinstance(data, tuple):
            return type(data)(*parts) if hasattr(data, "_fields") else parts
        return _like(data, parts)
    return data


def _join(batch: Sequence[Any], part: str) -> Any:
    """Return the batch of what is at `part` of each sample: "" for the whole, "[0]['x']" within."""
    first = batch[0]
    if isinstance(first, Tensor | np.ndarray | np.generic) or _is_torch(first):
        return _stack(batch, part)
    if isinstance(first, bool | int | float):
        _alike(batch, bool | int | float | np.bool_ | np.number, part)
        dtype = bool_ if isinstance(first, bool) else float64 if any(isinstance(x, float) for x in batch) else int64
        return as_tensor(np.array(batch, dtype=dtype))
    if isinstance(first, str | bytes):
        return list(batch)
    if isinstance(first, Mapping):
        _alike(batch, Mapping, part)
        odd = next((sample for sample in batch if sample.keys() != first.keys()), None)
        if odd is not None:
            raise RuntimeError(
                f"default_collate: expected samples{_at(part)} with keys {list(first)}, got one with {list(odd)}"
            )
        return _like(first, {key: _join([sample[key] for sample in batch], f"{part}[{key!r}]") for key in first})
    if isinstance(first, Sequence):
        _alike(batch, Sequence, part)
        lengths = {len(sample) for sample in batch}
        if len(lengths) > 1:
            raise RuntimeError(f"default_collate: expected samples{_at(part)} of equal length, got {sorted(lengths)}")
        parts = [_join(column, f"{part}[{i}]") for i, column in enumerate(zip(*batch, strict=True))]
        if isinstance(first, tuple):
            return type(first)(*parts) if hasattr(first, "_fields") else parts
        return _like(first, parts)
    raise TypeError(
        f"default_collate: expected tensors, arrays, numbers, strings, mappings or sequences{_at(part)}, got "
        f"{type(first).__name__}; pass a collate_fn"
    )


def _stack(batch: Sequence[Any], part: str) -> Tensor:
    """Return tensors or arrays of one shape along a new first axis."""
    torch = sys.modules.get("torch")
    _alike(batch, _ARRAYS if torch is None else (*_ARRAYS, torch.Tensor), part)
    arrays = [_array(sample, part) for sample in batch]
    shapes = list(dict.fromkeys(array.shape for array in arrays))
    if len(shapes) > 1:
        raise RuntimeError(
            f"default_collate: expected samples{_at(part)} of equal shape, got {' and '.join(map(str, shapes))}; "
            "images of different sizes need transforms.Resize((height, width)) or another one that makes them equal, "
            "anything else a collate_fn"
        )
    stacked = np.stack(arrays)
    if stacked.dtype.kind not in "biuf":
        raise TypeError(
            f"default_collate: expected arrays of numbers{_at(part)}, got dtype {stacked.dtype}; pass a collate_fn"
        )
    return as_tensor(stacked)


def _array(sample: Any, part: str) -> Array:
    """Return a tensor's, PyTorch tensor's or array's values."""
    if getattr(sample, "requires_grad", False):
        raise RuntimeError(
            f"default_collate: a sample{_at(part)} requires a gradient, which would be lost; use .detach() or pass a "
            "collate_fn"
        )
    return np.asarray(sample)


def _is_torch(value: Any) -> bool:
    """Return whether `value` is PyTorch's tensor, without importing PyTorch: where it is not loaded, nothing is."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _alike(batch: Sequence[Any], kind: Any, part: str) -> None:
    """Raise a TypeError unless every sample is of `kind`, as the first is."""
    for place, sample in enumerate(batch):
        if not isinstance(sample, kind):
            raise TypeError(
                f"default_collate: expected samples{_at(part)} of one type, got {type(batch[0]).__name__} and, as "
                f"number {place} of the batch, {type(sample).__name__}; pass a collate_fn"
            )


def _like(pattern: Any, parts: Any) -> Any:
    """Return `parts`, a dict or list, as the type of `pattern` where that can be made: by copying it, or from them."""
    try:
        if isinstance(pattern, MutableMapping):
            mapping = copy.copy(pattern)  # keeps what else it holds, such as a defaultdict's factory
            mapping.update(parts)
            return mapping
        if isinstance(pattern, MutableSequence):
            twin = copy.copy(pattern)
            for place, value in enumerate(parts):
                twin[place] = value
            return twin
        return type(pattern)(parts)
    except TypeError:
        return parts


def _at(part: str) -> str:
    return f" at {part}" if part else ""
