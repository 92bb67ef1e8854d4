"""Nested state as JSON and a flat dict of arrays, and back, bit for bit."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import numpy as np

from tinygrad_cnn._checks import MAX_LARGE_KEYS, fits_64_bits, shown
from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.nn.parameter import Parameter
from tinygrad_cnn.tensor import Tensor

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_TAG = "~"
"""The key of a JSON object that represents a value of a type that JSON lacks."""

_LEVELS = 100
"""How deeply containers may be nested: no state needs more, and every Python can read and write as much."""


def flatten(state: object) -> tuple[Json, dict[str, Array]]:
    """Return `state` as JSON, and its arrays by name.

    A number keeps its value to the last bit, and a tensor its `requires_grad`. Tuples, dicts with other keys than
    strings, NaN, infinities, tensors and arrays become objects with a tag.

    Args:
        state: dicts, lists, tuples, strings, numbers, None, tensors and arrays.

    Raises:
        TypeError: `state` holds something else; the message says where.
        ValueError: its containers are nested in more than 100 levels, or one of them holds itself.
    """
    arrays: dict[str, Array] = {}
    return _plain(state, "", arrays, 0), arrays


def _plain(value: object, path: str, arrays: dict[str, Array], level: int) -> Json:
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
    if level == _LEVELS:
        raise ValueError(f"expected containers of at most {_LEVELS} levels, got one that has more or holds itself")
    if isinstance(value, list | tuple):
        items = [_plain(item, _join(path, i), arrays, level + 1) for i, item in enumerate(value)]
        return items if isinstance(value, list) else {_TAG: "tuple", "items": items}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value) and _TAG not in value:
            return {key: _plain(item, _join(path, key), arrays, level + 1) for key, item in value.items()}
        if not _may_be_keys(value):
            raise TypeError(f"{path or 'the state'}: expected integers of at most 64 bits as keys, got larger ones")
        pairs: list[Json] = [
            [_plain(key, path, {}, level + 1), _plain(item, _join(path, key), arrays, level + 1)]
            for key, item in value.items()
        ]
        return {_TAG: "dict", "items": pairs}
    raise TypeError(
        f"{path or 'the state'}: expected numbers, strings, None, tensors, arrays, lists, tuples and dicts in a "
        f"state, got {type(value).__name__}"
    )


def _may_be_keys(keys: Collection[object]) -> bool:
    """Return whether few `keys` are integers so large that they can share a hash, which would make a dict slow."""
    return sum(not fits_64_bits(key) for key in keys) <= MAX_LARGE_KEYS


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def unflatten(plain: object, arrays: Mapping[str, Tensor]) -> Any:
    """Return the state that `flatten` was given.

    Args:
        plain: the first result of `flatten`, read from JSON.
        arrays: the second, read from a file.

    Raises:
        ValueError: a tag is unknown, its object has another form than that of `flatten`, an array is missing, or the
            containers are nested in more than 100 levels.
    """
    return _value(plain, arrays, 0)


class _TooDeepError(ValueError):
    pass


def _value(plain: object, arrays: Mapping[str, Tensor], level: int) -> object:
    if not isinstance(plain, list | dict):
        return plain
    if level > _LEVELS:  # at this very level only an object that stands for a float, tensor or array is written
        raise _TooDeepError(f"expected containers of at most {_LEVELS} levels, got more")
    if isinstance(plain, list):
        return [_value(item, arrays, level + 1) for item in plain]
    if _TAG not in plain:
        return {key: _value(item, arrays, level + 1) for key, item in plain.items()}
    kind = plain[_TAG]
    try:
        return _tagged(kind, plain, arrays, level)
    except _TooDeepError:
        raise
    except (KeyError, TypeError, ValueError, RuntimeError) as error:  # RuntimeError: integers cannot require a gradient
        raise ValueError(f"expected an object as written under the tag {shown(kind)}, got {shown(plain)}") from error


def _tagged(kind: object, plain: dict[str, Any], arrays: Mapping[str, Tensor], level: int) -> object:
    if kind == "float":
        return float(plain["value"])
    if kind in ("tensor", "parameter"):
        tensor, wanted = from_numpy(arrays[plain["name"]].array), plain.get("requires_grad") is True
        return Parameter(tensor, wanted) if kind == "parameter" else tensor.requires_grad_(wanted)
    if kind == "array":
        return arrays[plain["name"]].array
    if kind == "tuple":
        return tuple(_value(item, arrays, level + 1) for item in plain["items"])
    if kind == "dict":
        keys = [_value(key, arrays, level + 1) for key, _ in plain["items"]]
        if not _may_be_keys(keys):
            raise ValueError("expected integers of at most 64 bits as keys, got larger ones")
        return {key: _value(item, arrays, level + 1) for key, (_, item) in zip(keys, plain["items"], strict=True)}
    raise ValueError(f"unknown tag {kind!r}")
