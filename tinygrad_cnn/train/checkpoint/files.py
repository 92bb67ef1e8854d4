"""One checkpoint: a safetensors file and a JSON file with checksums of both.

Both have the same stem. The JSON file holds everything but the arrays, with the SHA-256 of the safetensors file and its
own. It is written last: without it, or if either file is damaged, there is no checkpoint of that name.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from tinygrad_cnn._files import replacing
from tinygrad_cnn.interop.safetensors import load_file, save_file
from tinygrad_cnn.interop.tree import flatten, unflatten

_FORMAT = "tinygrad_cnn checkpoint"
_VERSION = 1
_KEYS = {"format", "version", "versions", "tensors", "state", "sha256"}
_LARGEST = 256 * 2**20
"""The largest JSON file to read, in bytes. A million losses do not reach it: they are stored as arrays."""

State: TypeAlias = dict[str, Any]
"""A state that can be saved: dicts, lists, tuples, strings, numbers, None, tensors and arrays."""


def check_keys(owner: str, state: object, keys: Iterable[str]) -> None:
    """Raise a ValueError unless `state` is a mapping with exactly these keys."""
    if not isinstance(state, Mapping) or set(state) != set(keys):
        got = ", ".join(map(str, state)) if isinstance(state, Mapping) else type(state).__name__
        raise ValueError(f"{owner}: expected a state with {', '.join(keys) or 'nothing in it'}, got {got or 'nothing'}")


class CheckpointError(ValueError):
    """A checkpoint is missing or damaged, or a file is not a checkpoint."""


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries on which the exact results of a training run depend."""
    from tinygrad_cnn import __version__

    return {"tinygrad_cnn": __version__, "numpy": np.__version__, "python": platform.python_version()}


def save_checkpoint(path: str | os.PathLike[str], state: object) -> Path:
    """Write `state` to ``path`` with the ending .json, and its arrays beside it with the ending .safetensors.

    If the process is killed or the power fails, there is a complete checkpoint of that name or none; an earlier one of
    that name may be lost.

    Args:
        path: the path of either file, or without an ending; missing folders are created.
        state: dicts, lists, tuples, strings, numbers, None, tensors and arrays.

    Returns:
        The path of the JSON file.

    Raises:
        TypeError: the state holds a value of another type; the message says where.
        ValueError: the containers of the state are nested more than 100 levels deep, or one contains itself.
        ModuleNotFoundError: safetensors is not installed; the message names the extra.
    """
    target, beside = _paths(path)
    plain, arrays = flatten(state)
    save_file(arrays, beside)
    content: State = {
        "format": _FORMAT,
        "version": _VERSION,
        "versions": library_versions(),
        "tensors": {"sha256": _file_hash(beside), "bytes": beside.stat().st_size},
        "state": plain,
    }
    content["sha256"] = _content_hash(content)
    with replacing(target) as part:
        part.write_text(json.dumps(content, allow_nan=False), encoding="utf-8")
    return target


def load_checkpoint(path: str | os.PathLike[str]) -> Any:
    """Return the state of a checkpoint, after verifying both of its files.

    Args:
        path: the path of either file.

    Raises:
        CheckpointError: a file is missing, damaged, or not a checkpoint; the message names it.
        ModuleNotFoundError: safetensors is not installed; the message names the extra.
    """
    target, beside = _paths(path)
    content = _read(target)
    tensors = content["tensors"]
    try:
        size = beside.stat().st_size
        if size != tensors["bytes"]:
            raise CheckpointError(f"{beside}: expected {tensors['bytes']} bytes, as {target.name} says, got {size}")
        if _file_hash(beside) != tensors["sha256"]:
            raise CheckpointError(f"{beside}: expected the SHA-256 that {target.name} says, got another: it is damaged")
        return unflatten(content["state"], load_file(beside))
    except CheckpointError:
        raise
    except OSError as error:
        raise CheckpointError(f"{beside}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise CheckpointError(f"{target}: {error}") from error


def load_versions(path: str | os.PathLike[str]) -> dict[str, str]:
    """Return the versions of the libraries that a checkpoint was written with.

    Raises:
        CheckpointError: as for `load_checkpoint`, but the arrays are not read.
    """
    return _read(_paths(path)[0])["versions"]


def _paths(path: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Return the paths of the JSON and of the safetensors file."""
    given = Path(path)
    stem = given.with_suffix("") if given.suffix in (".json", ".safetensors") else given
    return stem.with_name(f"{stem.name}.json"), stem.with_name(f"{stem.name}.safetensors")


def _read(target: Path) -> State:
    """Return the content of a JSON file, after verifying its SHA-256."""
    try:
        with target.open("rb") as file:
            data = file.read(min(os.fstat(file.fileno()).st_size, _LARGEST) + 1)  # read(n) allocates n bytes
    except OSError as error:
        raise CheckpointError(f"{target}: cannot be read: {error.strerror}") from error
    if len(data) > _LARGEST:
        raise CheckpointError(f"{target}: expected at most {_LARGEST:,} bytes, got more")
    try:
        content = json.loads(data)
        whole = isinstance(content, dict) and set(content) == _KEYS and content["format"] == _FORMAT
        if whole and content["version"] != _VERSION:
            raise CheckpointError(f"{target}: expected a checkpoint of version {_VERSION}, got {content['version']!r}")
        given = content.pop("sha256") if whole else None
        whole = whole and given == _content_hash(content)
    except (ValueError, RecursionError) as error:  # ValueError: not JSON, not UTF-8, or a number with too many digits
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{target}: expected a checkpoint, got none or a damaged one ({error})") from error
    if not whole:
        raise CheckpointError(f"{target}: expected a checkpoint whose SHA-256 is right, got none or a damaged one")
    tensors, versions = content["tensors"], content["versions"]
    if not (isinstance(tensors, dict) and {"sha256", "bytes"} == set(tensors) and isinstance(versions, dict)):
        raise CheckpointError(f"{target}: expected the SHA-256 and the bytes of the arrays, got {tensors!r:.80}")
    return content


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _content_hash(content: State) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
