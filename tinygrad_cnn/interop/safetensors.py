"""Tensors in safetensors files, which hold numbers and names but no code.

The files are those of ``safetensors.torch``: each reads what the other writes. A file is written and read completely or
not at all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TypedDict

import numpy as np

from tinygrad_cnn._dtypes import as_dtype
from tinygrad_cnn._files import replacing
from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.nn import Module
from tinygrad_cnn.nn.modules.state import IncompatibleKeys
from tinygrad_cnn.tensor import Tensor

_DTYPES = {
    "BOOL": "b1", "U8": "u1", "I8": "i1", "I16": "i2", "I32": "i4", "I64": "i8", "F16": "f2", "F32": "f4", "F64": "f8",
    "BF16": "bf16",
}  # fmt: skip
"""The format's names of dtypes, whose numbers are little-endian, and those of `stored_numbers`."""


class _Entry(TypedDict):
    """A tensor as the package safetensors gives it."""

    dtype: str
    shape: list[int]
    data: bytes


_PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
"""The first bytes of files of ``torch.save`` and of pickle."""


def save_file(
    tensors: Mapping[str, Tensor | Array], path: str | os.PathLike[str], metadata: Mapping[str, str] | None = None
) -> None:
    """Write `tensors` to a safetensors file; a file of that name is replaced in one step, or left alone on an error.

    Args:
        tensors: tensors or arrays by name, such as a state_dict. Tensors that share memory are written separately.
        path: the file; missing folders are made.
        metadata: texts to store with the tensors, by name.

    Raises:
        TypeError: a name or a text is no string, or a value is no tensor or has a dtype that tensors do not have.
        ValueError: a tensor is named "__metadata__", which the format reserves.
        ModuleNotFoundError: safetensors is not installed; the message names the extra.
    """
    content = serialize(tensors, metadata)
    with replacing(path) as part:
        part.write_bytes(content)


def serialize(tensors: Mapping[str, Tensor | Array], metadata: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes that `save_file` writes."""
    library = _library("save_file")
    if not isinstance(tensors, Mapping):
        raise TypeError(f"save_file: expected a dict of tensors, got {type(tensors).__name__}")
    arrays = {name: _array(name, value) for name, value in tensors.items()}
    for name, text in (metadata or {}).items():
        if not isinstance(name, str) or not isinstance(text, str):
            raise TypeError(f"save_file: expected metadata as a dict of strings, got {name!r}: {text!r}")
    return library.numpy.save(arrays, metadata=None if metadata is None else dict(metadata))


def _array(name: object, value: object) -> Array:
    """Return `value` as a contiguous little-endian array of a dtype that tensors have."""
    if not isinstance(name, str):
        raise TypeError(f"save_file: expected names as strings, got {name!r}")
    if name == "__metadata__":
        raise ValueError('save_file: expected another name than "__metadata__", which the format reserves')
    if not isinstance(value, Tensor | np.ndarray):
        raise TypeError(f"save_file: expected {name} as a tensor or an array, got {type(value).__name__}")
    array = value.array if isinstance(value, Tensor) else value
    try:
        dtype = as_dtype(array.dtype.newbyteorder("="))
    except TypeError as error:
        raise TypeError(f"save_file: {name}: {error}") from None
    return np.asarray(array, dtype=dtype.newbyteorder("<"), order="C")


def load_file(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file by name.

    A tensor of dtype bfloat16, which NumPy lacks, becomes float32 with the same values.

    Raises:
        ValueError: the file is no safetensors file, is damaged, or holds a dtype that tensors do not have. The message
            names the file and the reason.
        OSError: it cannot be read.
        ModuleNotFoundError: safetensors is not installed; the message names the extra.
    """
    _library("load_file")
    return parse_tensors("load_file", path, Path(path).read_bytes())


def parse_tensors(place: str, path: str | os.PathLike[str], content: bytes) -> dict[str, Tensor]:
    """Return the tensors in the bytes of a safetensors file; messages begin with `place` and name `path`."""
    library = _library(place)
    try:
        entries = library.deserialize(content)
    except (library.SafetensorError, ValueError, OverflowError) as error:
        raise _refusal(place, path, content, error) from error
    return {name: from_numpy(_read(place, path, name, entry)) for name, entry in entries}


def _read(place: str, path: str | os.PathLike[str], name: str, entry: _Entry) -> Array:
    """Return the numbers of one tensor as a new array in the machine's byte order."""
    kind, shape, data = entry["dtype"], tuple(entry["shape"]), entry["data"]
    try:
        if kind in _DTYPES:
            return stored_numbers(data, _DTYPES[kind], "<").reshape(shape)
    except ValueError as error:  # one size is 0, so the total is right, and others are too large for an array
        raise ValueError(f"{place}: {os.fspath(path)}: {name} has a shape no array can have: {error}") from error
    raise ValueError(f"{place}: {os.fspath(path)}: {name}: expected a dtype among {', '.join(_DTYPES)}, got {kind}")


def stored_numbers(data: bytes, dtype: str, order: str) -> Array:
    """Return the numbers in `data` as a new array in the machine's byte order.

    Args:
        data: the numbers, one behind the other.
        dtype: NumPy's name without the byte order, or "bf16", which becomes float32.
        order: "<" or ">", the byte order in `data`.
    """
    if dtype == "bf16":  # the upper half of a float32
        return (np.frombuffer(data, order + "u2").astype(np.uint32) << 16).view(np.float32)
    if dtype == "b1":  # any byte that is not 0 counts as true; in a NumPy bool it would be undefined
        return np.asarray(np.frombuffer(data, np.uint8) != 0)
    stored = np.dtype(order + dtype)
    return np.frombuffer(data, stored).astype(stored.newbyteorder("="))


def load_metadata(path: str | os.PathLike[str]) -> dict[str, str]:
    """Return the texts stored in a safetensors file, {} if there are none, without reading the tensors.

    Raises:
        ValueError, OSError, ModuleNotFoundError: as for `load_file`.
    """
    library = _library("load_metadata")
    with Path(path).open("rb") as file:  # for a path that cannot be read this raises Python's error
        beginning = file.read(64)
    try:
        with library.safe_open(os.fspath(path), framework="np") as opened:
            return dict(opened.metadata() or {})
    except (library.SafetensorError, ValueError, OverflowError) as error:
        raise _refusal("load_metadata", path, beginning, error) from error


def parse_metadata(content: bytes) -> dict[str, str]:
    """Return the texts beside the tensors, from the bytes of a file that `parse_tensors` has accepted."""
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]).get("__metadata__") or {}


def save_model(model: Module, path: str | os.PathLike[str], metadata: Mapping[str, str] | None = None) -> None:
    """Write the state_dict of `model` to a safetensors file, with each parameter once.

    If a parameter has several names, it is stored under the alphabetically first; the metadata maps the others to it,
    as ``safetensors.torch.save_model`` does.

    Args:
        model: the module whose parameters and persistent buffers to write.
        path: the file; missing folders are made.
        metadata: texts to store with them, by name.

    Raises:
        TypeError, ModuleNotFoundError: as for `save_file`.
    """
    state = model.state_dict(keep_vars=True)
    texts = dict(metadata or {})
    for names in _aliases(state):
        for name in names[1:]:
            texts.setdefault(name, names[0])
            del state[name]
    save_file(state, path, texts or None)


def load_model(model: Module, path: str | os.PathLike[str], strict: bool = True) -> IncompatibleKeys:
    """Copy the tensors of a safetensors file into `model`, converted to the dtypes of its parameters and buffers.

    If a parameter has several names, the file needs only one of them.

    Args:
        model: the module to load into.
        path: a file of `save_model` or ``safetensors.torch.save_model``.
        strict: refuse missing and unexpected names, which otherwise are ignored and returned.

    Returns:
        (missing_keys, unexpected_keys).

    Raises:
        RuntimeError: names do not match; the message names every such key, and the model is unchanged.
        ValueError, OSError, ModuleNotFoundError: as for `load_file`; the model is unchanged.
    """
    state = load_file(path)
    for names in _aliases(model.state_dict(keep_vars=True)):
        held = next((name for name in names if name in state), None)
        if held is not None:
            for name in names:
                state.setdefault(name, state[held])
    return model.load_state_dict(state, strict)


def _aliases(state: Mapping[str, Tensor]) -> list[list[str]]:
    """Return the sorted names of each tensor that has several names."""
    names: dict[int, list[str]] = {}
    for name, tensor in state.items():
        names.setdefault(id(tensor), []).append(name)
    return [sorted(group) for group in names.values() if len(group) > 1]


def _refusal(place: str, path: str | os.PathLike[str], content: bytes, reason: Exception) -> ValueError:
    text = f"{place}: expected a safetensors file, got {os.fspath(path)}, which is none or is damaged ({reason})"
    if content.startswith(_PICKLES):
        text += "; it looks like a pickle, which could run code: convert it with safetensors.torch.save_file"
    return ValueError(text)


def _library(place: str) -> ModuleType:
    """Return the package safetensors."""
    try:
        import safetensors.numpy
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f'{place} needs safetensors: pip install "tinygrad-cnn[weights]"') from error
    return safetensors
