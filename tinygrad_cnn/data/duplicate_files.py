"""Duplicate files in a data set are left out; otherwise an image could be in both the training and the test part."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import NamedTuple

from tinygrad_cnn.data.errors import DataError

_HEAD = 4096
"""Bytes at the beginning of a file, which nearly always differ between images of the same file size."""


class File(NamedTuple):
    """A file of a data set.

    Attributes:
        kind: its class.
        name: for messages.
        keys: functions that return equal values for equal files, from the cheapest to one that proves equality.
        real: returns the same value for a file and for links to it.
    """

    kind: str
    name: str
    keys: tuple[Callable[[], Hashable], ...]
    real: Callable[[], Hashable] = object


def file_at(kind: str, path: str) -> File:
    """Return the file at `path`, to be compared by its length, its beginning and a hash, each only if needed.

    A file that is empty or cannot be read is not equal to any other; reading it raises the error later.
    """
    keys = tuple(partial(_key, path, level) for level in range(3))
    return File(kind, path, keys, partial(os.path.realpath, path))


def _key(path: str, level: int) -> Hashable:
    """Return a file's length (level 0), its beginning (1) or the hash of its content (2)."""
    try:
        if level == 0:
            return os.stat(path).st_size or path
        with open(path, "rb") as file:
            return file.read(_HEAD) if level == 1 else hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return path


def duplicate_groups(files: Sequence[File]) -> list[list[int]]:
    """Return groups of equal files as positions in `files`; a key is computed only if all cheaper ones are equal."""
    groups = [list(range(len(files)))]
    for level in range(max((len(file.keys) for file in files), default=0)):
        by_key: dict[Hashable, list[int]] = {}
        for number, group in enumerate(groups):
            for i in group:
                by_key.setdefault((number, files[i].keys[level]()), []).append(i)
        groups = [group for group in by_key.values() if len(group) > 1]
    return groups if files else []


def without_duplicates(
    owner: str, files: Sequence[File], expected: float = 0, stacklevel: int = 3
) -> tuple[list[int], list[str]]:
    """Return the positions of the files to keep, in order, and the names of those left out.

    If more than the fraction `expected` of all files is left out, a warning gives their number, with this
    `stacklevel`.

    Of equal files in one class the first is kept. Of equal files in several classes none is kept, since the right class
    is unknown. A file and links to it count as one file: links are intended copies.

    Raises:
        DataError: a class would become empty, for example if a folder contains a copy of the whole set.
    """
    equal_to: dict[int, int] = {}  # for each file left out, another one that is equal
    ambiguous = 0
    for equal in duplicate_groups(files):
        group = list({files[i].real(): i for i in reversed(equal)}.values())[::-1]
        if len(group) == 1:
            continue
        if len({files[i].kind for i in group}) == 1:
            equal_to.update(dict.fromkeys(group[1:], group[0]))
        else:
            ambiguous += 1
            equal_to.update({i: next(j for j in group if files[j].kind != files[i].kind) for i in group})
    kept = [i for i in range(len(files)) if i not in equal_to]
    if not equal_to:
        return kept, []
    one, other = next(iter(equal_to.items()))
    example = f"{files[one].name} is equal to {files[other].name}"
    if emptied := sorted({file.kind for file in files} - {files[i].kind for i in kept}):
        raise DataError(
            f"{owner}: expected pictures of class {emptied[0]!r} that are in no other class as well, got none: "
            f"{example}; does a folder hold a copy of the whole set?"
        )
    if len(equal_to) > expected * len(files):
        also = f" ({ambiguous} contents are in several classes)" if ambiguous else ""
        warnings.warn(
            f"{owner}: left out {len(equal_to)} of {len(files)} pictures, whose files are equal to others{also}: "
            f"{example}",
            UserWarning,
            stacklevel=stacklevel,
        )
    return kept, [files[i].name for i in sorted(equal_to)]
