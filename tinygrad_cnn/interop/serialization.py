"""`save` and `load`: tensors in nested containers, in one file of numbers and names without code.

The file is a safetensors file, whatever its name. The containers are in its metadata, so ``safetensors.torch`` reads
the tensors of a saved state_dict under their names. `load` also reads the state dicts of ``torch.save``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from tinygrad_cnn.device import Device, require_cpu
from tinygrad_cnn.interop.safetensors import parse_metadata, parse_tensors, save_file, serialize
from tinygrad_cnn.interop.torch_files import ZIP, parse_torch_file
from tinygrad_cnn.interop.tree import flatten, unflatten
from tinygrad_cnn.nn import Module

Location: TypeAlias = "str | Device | Mapping[str, str] | Callable[[Any, str], object] | None"

_STRUCTURE = "tinygrad_cnn.state"
"""The name of the metadata with the containers as JSON."""


def save(
    obj: object,
    f: str | os.PathLike[str] | BinaryIO,
    pickle_module: object = None,  # noqa: ARG001 - no pickle is written
    pickle_protocol: int | None = None,  # noqa: ARG001
    _use_new_zipfile_serialization: bool = True,
) -> None:
    """Write a state_dict, a tensor, or containers of tensors to a file; an existing file is replaced in one step.

    A tensor keeps its dtype, values and `requires_grad`. Tensors that share memory are written separately.

    Args:
        obj: tensors, arrays, numbers, strings, None, and dicts, lists and tuples of them.
        f: a path, whose missing folders are made, or a file that is open for writing bytes.
        pickle_module: PyTorch's, not used.
        pickle_protocol: PyTorch's, not used.
        _use_new_zipfile_serialization: PyTorch's, not used.

    Raises:
        TypeError: `obj` holds something else, such as a module; the message says where and what.
        ValueError: its containers are nested in more than 100 levels, or one of them holds itself.
        ModuleNotFoundError: safetensors is not installed; the message names the extra.
    """
    _require_file("save", f, "write")
    if isinstance(obj, Module):
        raise TypeError(
            f"save: expected tensors, numbers and containers of them, got the module {type(obj).__name__}, which "
            "only a pickle could hold: save model.state_dict(), and load it by model.load_state_dict(torch.load(path))"
        )
    try:
        plain, arrays = flatten(obj)
        metadata = {_STRUCTURE: json.dumps(plain, allow_nan=False)}
    except (TypeError, ValueError) as error:
        raise type(error)(f"save: {error}") from None
    if isinstance(f, str | os.PathLike):
        save_file(arrays, f, metadata)
    else:
        f.write(serialize(arrays, metadata))


def _require_file(place: str, f: object, method: str) -> None:
    if not isinstance(f, str | os.PathLike) and not hasattr(f, method):
        raise TypeError(f"{place}: expected f as a path or a file with {method}(), got {type(f).__name__}")


def load(
    f: str | os.PathLike[str] | BinaryIO,
    map_location: Location = None,
    pickle_module: object = None,  # noqa: ARG001 - no pickle is run
    *,
    weights_only: bool = True,  # noqa: ARG001
    mmap: bool | None = None,  # noqa: ARG001
) -> Any:
    """Return the content of a file of `save`, ``torch.save`` or ``safetensors.torch.save_file``.

    No code in a file is ever run. A file of ``torch.save`` (PyTorch ≥ 1.6) can be read if it holds state dicts:
    tensors, numbers and strings in dicts, lists and tuples. A tensor of dtype bfloat16 becomes float32.

    Args:
        f: a path, or a file that is open for reading bytes.
        map_location: "cpu", a device, or any other form that PyTorch takes; everything is loaded to the CPU.
        pickle_module: PyTorch's, not used.
        weights_only: PyTorch's, not used.
        mmap: PyTorch's, not used.

    Raises:
        ValueError: the file is of another kind, is damaged, or holds something else; the message names it.
        DeviceError: `map_location` is a device other than the CPU.
        OSError: the file cannot be read.
        ModuleNotFoundError: safetensors is not installed; the message names the extra.
    """
    _require_file("load", f, "read")
    if isinstance(map_location, str | Device):
        require_cpu("load: map_location", map_location)
    if isinstance(f, str | os.PathLike):
        name, content = os.fspath(f), Path(f).read_bytes()
    else:
        name, content = str(getattr(f, "name", "the file")), f.read()
        if not isinstance(content, bytes):
            raise TypeError(f"load: expected a file that is open for reading bytes, mode 'rb', got {type(f).__name__}")
    if content.startswith(ZIP):
        return parse_torch_file(content, name)
    tensors = parse_tensors("load", name, content)
    structure = parse_metadata(content).get(_STRUCTURE)
    if structure is None:
        return tensors
    try:
        return unflatten(json.loads(structure), tensors)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"load: {name}: expected containers as `save` writes them ({error})") from error
