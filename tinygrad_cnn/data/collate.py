"""`default_collate`: a list of samples becomes one batch of the same structure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_cnn._dtypes import bool_, float64, int64
from tinygrad_cnn.creation import as_tensor
from tinygrad_cnn.tensor import Tensor


def default_collate(batch: Sequence[Any]) -> Any:
    """Join samples into one batch with a new first axis, part by part.

    Tensors, arrays and NumPy scalars are stacked, keeping their dtype. Python numbers become a tensor: floats
    float64, ints int64, bools bool. Strings and bytes stay a list. Mappings and named tuples keep their type; other
    sequences become a list with one entry per part.

    Args:
        batch: at least one sample; all of one structure.

    Raises:
        RuntimeError: samples differ in shape, length or keys, or require a gradient.
        TypeError: a part is of another type.
        ValueError: there are no samples.

    Example:
        >>> default_collate([(1.0, 2), (3.0, 4)])
        [tensor([1., 3.], dtype=float64), tensor([2, 4])]
    """
    if not len(batch):
        raise ValueError("default_collate: expected at least one sample, got none")
    first = batch[0]
    if isinstance(first, Tensor | np.ndarray | np.generic):
        return _stack(batch)
    if isinstance(first, bool | int | float):
        dtype = bool_ if isinstance(first, bool) else float64 if any(isinstance(x, float) for x in batch) else int64
        return as_tensor(np.array(batch, dtype=dtype))
    if isinstance(first, str | bytes):
        return list(batch)
    if isinstance(first, Mapping):
        return _join_mappings(batch)
    if isinstance(first, Sequence):
        lengths = {len(sample) for sample in batch}
        if len(lengths) > 1:
            raise RuntimeError(f"default_collate: expected samples of equal length, got {sorted(lengths)}")
        parts = [default_collate(part) for part in zip(*batch, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else parts
    raise TypeError(
        "default_collate: expected tensors, arrays, numbers, strings, mappings or sequences, got "
        f"{type(first).__name__}; pass a collate_fn"
    )


def _stack(batch: Sequence[Any]) -> Tensor:
    """Return tensors or arrays of one shape along a new first axis."""
    if any(isinstance(sample, Tensor) and sample.requires_grad for sample in batch):
        raise RuntimeError(
            "default_collate: a sample requires a gradient, which would be lost; use .detach() or pass a collate_fn"
        )
    arrays = [np.asarray(sample) for sample in batch]
    shapes = list(dict.fromkeys(array.shape for array in arrays))
    if len(shapes) > 1:
        raise RuntimeError(
            f"default_collate: expected samples of equal shape, got {' and '.join(map(str, shapes))}; "
            "resize them in the data set or pass a collate_fn"
        )
    return as_tensor(np.stack(arrays))


def _join_mappings(batch: Sequence[Mapping[Any, Any]]) -> Any:
    """Return one mapping from each key to the collated values under it; a plain dict where the type allows no other."""
    first = batch[0]
    odd = next((sample for sample in batch if sample.keys() != first.keys()), None)
    if odd is not None:
        raise RuntimeError(f"default_collate: expected samples with keys {list(first)}, got one with {list(odd)}")
    joined = {key: default_collate([sample[key] for sample in batch]) for key in first}
    try:
        return type(first)(joined)  # type: ignore[call-arg]
    except TypeError:  # such as a defaultdict, which wants its factory first
        return joined
