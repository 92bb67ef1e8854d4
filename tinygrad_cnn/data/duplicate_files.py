"""Files of one content, which would be learnt from and tested on at once: found, and left out with a count."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import NamedTuple

from tinygrad_cnn.data.errors import DataError

_HEAD = 4096
"""Bytes at the beginning of a file, which nearly always tell pictures of one size apart."""


class File(NamedTuple):
    """A file of a data set.

    Attributes:
        kind: its class.
        name: what to call it in messages.
        keys: functions that return the same for files of one content, from the cheapest to one that is certain.
        real: returns the same for a file and links to it.
    """

    kind: str
    name: str
    keys: tuple[Callable[[], Hashable], ...]
    real: Callable[[], Hashable] = object


def file_at(kind: str, path: str) -> File:
    """Return the file at `path`, compared by its length, its beginning and a hash, each only where needed.

    One that is empty or cannot be read is like no other: who reads it gets the error.
    """
    keys = tuple(partial(_key, part, path) for part in (_size, _head, _hash))
    return File(kind, path, keys, partial(os.path.realpath, path))


def _key(part: Callable[[str], Hashable], path: str) -> Hashable:
    try:
        return part(path)
    except OSError:
        return path


def _size(path: str) -> Hashable:
    return os.stat(path).st_size or path


def _head(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(_HEAD)


def _hash(path: str) -> bytes:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def duplicate_groups(files: Sequence[File]) -> list[list[int]]:
    """Return the places of the files of each content that several have; a dearer key is asked of equals only."""
    groups = [list(range(len(files)))]
    for level in range(max((len(file.keys) for file in files), default=0)):
        parts: dict[Hashable, list[int]] = {}
        for number, group in enumerate(groups):
            for place in group:
                parts.setdefault((number, files[place].keys[level]()), []).append(place)
        groups = [part for part in parts.values() if len(part) > 1]
    return groups if files else []


def without_duplicates(
    place: str, files: Sequence[File], expected: float = 0, stacklevel: int = 3
) -> tuple[list[int], list[str]]:
    """Return which files to keep, in their order, and the names of those left out.

    A warning counts these if they are more than the share `expected` of all; it points `stacklevel` calls up.

    Of equal files in one class the first is kept. Of equal files in several classes none is, for nobody knows which
    class is right. A file and links to it count as one: who links a file means it to be there twice.

    Raises:
        DataError: a class would be left empty, as where a folder holds a copy of the whole set.
    """
    like: dict[int, int] = {}  # of each file left out, one that is equal
    torn = 0
    for equal in duplicate_groups(files):
        group = list({files[i].real(): i for i in reversed(equal)}.values())[::-1]
        if len(group) == 1:
            continue
        if len({files[i].kind for i in group}) == 1:
            like.update(dict.fromkeys(group[1:], group[0]))
        else:
            torn += 1
            like.update({i: next(j for j in group if files[j].kind != files[i].kind) for i in group})
    kept = [i for i in range(len(files)) if i not in like]
    if not like:
        return kept, []
    one, other = next(iter(like.items()))
    example = f"{files[one].name} is equal to {files[other].name}"
    if emptied := sorted({file.kind for file in files} - {files[i].kind for i in kept}):
        raise DataError(
            f"{place}: expected pictures of class {emptied[0]!r} that are in no other class as well, got none: "
            f"{example}; does a folder hold a copy of the whole set?"
        )
    if len(like) > expected * len(files):
        also = f" ({torn} contents are in several classes)" if torn else ""
        warnings.warn(
            f"{place}: left out {len(like)} of {len(files)} pictures, whose files are equal to others{also}: {example}",
            UserWarning,
            stacklevel=stacklevel,
        )
    return kept, [files[i].name for i in sorted(like)]
