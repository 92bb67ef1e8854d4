"""Nested state as plain JSON and a flat dict of arrays, and back, bit for bit."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from tinygrad_cnn._checks import MAX_LARGE_KEYS, fits_64_bits, shown
from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.nn.parameter import Parameter
from tinygrad_cnn.tensor import Tensor

_TAG = "~"
"""The key that marks a JSON object which stands for something that JSON has no word for."""


def flatten(state: Any) -> tuple[Any, dict[str, Array]]:
    """Return `state` as what JSON can hold, and its arrays by name.

    A number keeps its value to the last bit, and a tensor whether it requires a gradient. A tuple, a dict whose keys
    are no strings, NaN and infinities, tensors and arrays become objects with a tag.

    Args:
        state: dicts, lists, tuples, strings, numbers, None, tensors and arrays.

    Raises:
        TypeError: something else; the message says where.
    """
    arrays: dict[str, Array] = {}
    return _plain(state, "", arrays), arrays


def _plain(value: Any, path: str, arrays: dict[str, Array]) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {_TAG: "float", "value": repr(float(value))}
    if isinstance(value, Tensor | np.ndarray):
        name = path or "value"
        while name in arrays:
            name += "'"
        if isinstance(value, np.ndarray):
            arrays[name] = value
            return {_TAG: "array", "name": name}
        arrays[name] = value.array
        kind = "parameter" if isinstance(value, Parameter) else "tensor"
        return {_TAG: kind, "name": name, **({"requires_grad": True} if value.requires_grad else {})}
    if isinstance(value, list | tuple):
        items = [_plain(item, _join(path, i), arrays) for i, item in enumerate(value)]
        return items if isinstance(value, list) else {_TAG: "tuple", "items": items}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value) and _TAG not in value:
            return {key: _plain(item, _join(path, key), arrays) for key, item in value.items()}
        if not _may_be_keys(value):
            raise TypeError(f"{path or 'the state'}: expected integers of at most 64 bits as keys, got larger ones")
        pairs = [[_plain(key, path, {}), _plain(item, _join(path, key), arrays)] for key, item in value.items()]
        return {_TAG: "dict", "items": pairs}
    raise TypeError(
        f"{path or 'the state'}: expected numbers, strings, None, tensors, arrays, lists, tuples and dicts in a "
        f"state, got {type(value).__name__}"
    )


def _may_be_keys(keys: Collection[Any]) -> bool:
    """Return whether a dict of `keys` is made quickly: few of them are integers large enough to share a hash."""
    return sum(not fits_64_bits(key) for key in keys) <= MAX_LARGE_KEYS


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def unflatten(plain: Any, arrays: Mapping[str, Tensor]) -> Any:
    """Return the state that `flatten` took apart.

    Args:
        plain: its first result, after JSON.
        arrays: its second, after a file.

    Raises:
        ValueError: a tag is unknown or its object is not as `flatten` makes it, or an array is missing.
    """
    if isinstance(plain, list):
        return [unflatten(item, arrays) for item in plain]
    if not isinstance(plain, dict):
        return plain
    if _TAG not in plain:
        return {key: unflatten(item, arrays) for key, item in plain.items()}
    kind = plain[_TAG]
    try:
        return _tagged(kind, plain, arrays)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:  # RuntimeError: a gradient is asked of integers
        if isinstance(error, RecursionError):
            raise
        raise ValueError(f"expected an object as written under the tag {shown(kind)}, got {shown(plain)}") from error


def _tagged(kind: Any, plain: dict[str, Any], arrays: Mapping[str, Tensor]) -> Any:
    if kind == "float":
        return float(plain["value"])
    if kind in ("tensor", "parameter"):
        tensor, wanted = from_numpy(arrays[plain["name"]].array), plain.get("requires_grad") is True
        return Parameter(tensor, wanted) if kind == "parameter" else tensor.requires_grad_(wanted)
    if kind == "array":
        return arrays[plain["name"]].array
    if kind == "tuple":
        return tuple(unflatten(item, arrays) for item in plain["items"])
    if kind == "dict":
        keys = [unflatten(key, arrays) for key, _ in plain["items"]]
        if not _may_be_keys(keys):
            raise ValueError("expected integers of at most 64 bits as keys, got larger ones")
        return {key: unflatten(item, arrays) for key, (_, item) in zip(keys, plain["items"], strict=True)}
    raise ValueError(f"unknown tag {kind!r}")
