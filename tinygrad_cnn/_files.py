"""Atomic writing: a file appears complete or not at all."""

from __future__ import annotations

import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`; the file written there replaces it at the end, unless an error is raised.

    Missing folders are made. Content and name are flushed to the disk before this returns: a power cut leaves the old
    file or the new one, and files in the order in which they were written. The permissions are those that the system
    gives new files, even where a library would restrict them further.
    """
    target = Path(path)
    if target.exists() and not target.is_file():  # a folder; or a device such as /dev/null, which root could replace
        raise FileExistsError(f"expected a file or a free name to write to, got {target}, which is neither")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        part.touch()
        mode = part.stat().st_mode
        yield part
        part.chmod(stat.S_IMODE(mode))
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, target)
        _sync_folder(target.parent)
    except OSError as error:
        if error.errno is not None and error.filename is None:  # a full disk is named by no file
            error.filename = str(target)
        raise
    finally:
        part.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Flush the names in `folder` to the disk, where the system allows it."""
    if os.name == "posix":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
