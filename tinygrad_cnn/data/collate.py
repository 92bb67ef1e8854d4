"""`default_collate` makes a batch from a list of samples; `default_convert` converts a single sample."""

from __future__ import annotations

import copy
import sys
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from types import UnionType
from typing import TypeAlias

import numpy as np

from tinygrad_cnn._dtypes import bool_, float64, int64
from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import as_tensor
from tinygrad_cnn.data._types import Batch, Sample
from tinygrad_cnn.tensor import Tensor

_ARRAYS = (Tensor, np.ndarray, np.generic, bool, int, float)
"""The types that can be stacked."""

Types: TypeAlias = type | UnionType | tuple[type, ...]


def default_collate(batch: Sequence[Sample]) -> Batch:
    """Join samples into one batch with a new first axis, element by element.

    Tensors, arrays and NumPy scalars are stacked and keep their dtype; PyTorch's tensors become tensors of this
    package. Python numbers become a tensor: floats float64, ints int64, bools bool. Strings and bytes stay a list.
    Mappings, named tuples and lists keep their type; tuples become a list with one entry per element.

    Args:
        batch: at least one sample; all have the same structure.

    Raises:
        RuntimeError: samples differ in shape, length or keys, or require a gradient.
        TypeError: an element has another type, such as None; the message names the element.
        ValueError: there are no samples.

    Example:
        >>> default_collate([(1.0, 2), (3.0, 4)])
        [tensor([1., 3.], dtype=float64), tensor([2, 4])]
    """
    if not len(batch):
        raise ValueError("default_collate: expected at least one sample, got none")
    return _collate(batch, "")


def default_convert(data: Sample) -> Sample:
    """Convert the arrays, NumPy scalars and PyTorch tensors in one sample to tensors; leave everything else unchanged.

    A loader that makes no batches (``batch_size=None``) uses it instead of `default_collate`.

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
        return _as_type_of(data, {key: default_convert(element) for key, element in data.items()})
    if isinstance(data, Sequence):
        return _as_type_of(data, [default_convert(element) for element in data])
    return data


def _collate(batch: Sequence[Sample], path: str) -> Batch:
    """Return the batch of the elements at `path` in each sample: "" for the whole sample, "[0]['x']" for a part."""
    first = batch[0]
    if isinstance(first, Tensor | np.ndarray | np.generic) or _is_torch(first):
        return _stack(batch, path)
    if isinstance(first, bool | int | float):
        _check_types(batch, bool | int | float | np.bool_ | np.number, path)
        dtype = bool_ if isinstance(first, bool) else float64 if any(isinstance(x, float) for x in batch) else int64
        return as_tensor(np.array(batch, dtype=dtype))
    if isinstance(first, str | bytes):
        return list(batch)
    if isinstance(first, Mapping):
        _check_types(batch, Mapping, path)
        odd = next((sample for sample in batch if sample.keys() != first.keys()), None)
        if odd is not None:
            raise RuntimeError(_text(path, f"with keys {list(first)}", f"one with {list(odd)}"))
        columns = {key: _collate([sample[key] for sample in batch], f"{path}[{key!r}]") for key in first}
        return _as_type_of(first, columns)
    if isinstance(first, Sequence):
        _check_types(batch, Sequence, path)
        lengths = {len(sample) for sample in batch}
        if len(lengths) > 1:
            raise RuntimeError(_text(path, "of equal length", f"{sorted(lengths)}"))
        return _as_type_of(first, [_collate(row, f"{path}[{i}]") for i, row in enumerate(zip(*batch, strict=True))])
    raise TypeError(
        f"default_collate: expected tensors, arrays, numbers, strings, mappings or sequences{_at(path)}, got "
        f"{type(first).__name__}; pass a collate_fn"
    )


def _stack(batch: Sequence[Sample], path: str) -> Tensor:
    """Return tensors or arrays of one shape along a new first axis."""
    torch = sys.modules.get("torch")
    _check_types(batch, _ARRAYS if torch is None else (*_ARRAYS, torch.Tensor), path)
    arrays = [_array(sample, path) for sample in batch]
    shapes = list(dict.fromkeys(array.shape for array in arrays))
    if len(shapes) > 1:
        raise RuntimeError(
            _text(path, "of equal shape", " and ".join(map(str, shapes))) + "; images of different sizes need "
            "transforms.Resize((height, width)) or another one that makes them equal, anything else a collate_fn"
        )
    stacked = np.stack(arrays)
    if stacked.dtype.kind not in "biuf":
        raise TypeError(
            f"default_collate: expected arrays of numbers{_at(path)}, got dtype {stacked.dtype}; pass a collate_fn"
        )
    return as_tensor(stacked)


def _array(sample: Sample, path: str) -> Array:
    """Return the values of a tensor, a PyTorch tensor or an array."""
    if getattr(sample, "requires_grad", False):
        raise RuntimeError(
            f"default_collate: a sample{_at(path)} requires a gradient, which would be lost; use .detach() or pass a "
            "collate_fn"
        )
    return np.asarray(sample)


def _is_torch(value: object) -> bool:
    """Return whether `value` is a PyTorch tensor, without importing PyTorch: if that is not loaded, no value is one."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _check_types(batch: Sequence[Sample], kind: Types, path: str) -> None:
    """Raise a TypeError unless every sample is an instance of `kind`."""
    for i, sample in enumerate(batch):
        if not isinstance(sample, kind):
            got = (
                f"{type(batch[0]).__name__} and, as number {i} of the batch, {type(sample).__name__}; pass a collate_fn"
            )
            raise TypeError(_text(path, "of one type", got))


def _as_type_of(pattern: Sample, elements: dict[Sample, Batch] | list[Batch]) -> Batch:
    """Return `elements` as the type of `pattern` if possible; a tuple without names becomes a list."""
    if isinstance(pattern, tuple):
        return type(pattern)(*elements) if hasattr(pattern, "_fields") else elements
    try:
        if not isinstance(pattern, MutableMapping | MutableSequence):
            return type(pattern)(elements)
        filled = copy.copy(pattern)  # keeps its other attributes, such as a defaultdict's factory
        for key, value in elements.items() if isinstance(elements, dict) else enumerate(elements):
            filled[key] = value
        return filled
    except TypeError:
        return elements


def _text(path: str, expected: str, got: str) -> str:
    return f"default_collate: expected samples{_at(path)} {expected}, got {got}"


def _at(path: str) -> str:
    return f" at {path}" if path else ""
