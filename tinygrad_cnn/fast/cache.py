"""The cache of compiled libraries: where they are kept, and which of them are trusted.

A library runs as part of the program. So it is loaded only if nobody else can write its file and folder, and if its
content has the checksum in its name: ``kernels-<what it was made of>-<checksum>.so``. A library that is cut off, empty
or changed counts as missing and is made again; the new file replaces it in one step.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SUFFIX = ".dll" if sys.platform == "win32" else ".so"
_MARK = "made-by-tinygrad_cnn"
"""The file that marks a folder made by this program to compile in; it holds the number of the process."""

_SECONDS_TO_BUILD = 3600
"""The longest that a process may compile; folders that are older were left by processes that were killed."""


def cache_folder() -> Path:
    """Return the cache folder: ``TINYGRAD_CNN_CACHE``, or a folder in the user's cache."""
    given = os.environ.get("TINYGRAD_CNN_CACHE")
    if given:
        return Path(given).absolute()
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base.absolute() / "tinygrad_cnn"


def trusted_folder() -> Path:
    """Return the cache folder, which is made if it does not exist.

    Raises:
        OSError: the folder cannot be made, or others could write to it.
    """
    folder = cache_folder().resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_ours(folder.stat()):
        raise PermissionError(f"{folder} belongs to someone else or can be written by others: chmod go-w {folder}")
    for above in folder.parents:
        mode = above.stat().st_mode
        if sys.platform != "win32" and mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise PermissionError(f"{above}, above the cache folder, can be written by everybody: chmod o-w {above}")
    return folder


def _is_ours(status: os.stat_result) -> bool:
    """Return whether a file or folder belongs to this user or to root, and nobody else may write it.

    Windows has no such modes; there the user's own folders are closed to others by default.
    """
    if sys.platform == "win32":
        return True
    return status.st_uid in (0, os.getuid()) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def find(folder: Path, name: str) -> Path | None:
    """Return the path of the library of that name in `folder` if it is whole and trusted, else None."""
    for path in sorted(folder.glob(f"{name}-*{SUFFIX}")):
        with contextlib.suppress(OSError):
            status = path.lstat()
            if stat.S_ISREG(status.st_mode) and _is_ours(status) and path.name == _named(name, path):
                return path
    return None


def _named(name: str, library: Path) -> str:
    """Return the file name under which to keep `library`."""
    return f"{name}-{hashlib.sha256(library.read_bytes()).hexdigest()[:32]}{SUFFIX}"


@contextlib.contextmanager
def building(folder: Path) -> Iterator[Path]:
    """Make a folder in `folder` to compile in and delete it at the end; also delete what killed processes left."""
    for left in folder.glob("building-*"):
        with contextlib.suppress(OSError):  # its process may delete it just now
            mark = (left / _MARK).lstat()
            if stat.S_ISREG(mark.st_mode) and not left.is_symlink() and time.time() - mark.st_mtime > _SECONDS_TO_BUILD:
                shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=folder, prefix="building-", ignore_cleanup_errors=True) as made:
        workspace = Path(made)
        (workspace / _MARK).write_text(f"{os.getpid()}\n", encoding="utf-8")
        yield workspace


def keep(library: Path, folder: Path, name: str) -> Path:
    """Move `library` into `folder`, in one step once all of it is on the disk, and return its path there."""
    library.chmod(0o700)
    path = folder / _named(name, library)
    _sync(library)
    try:
        library.replace(path)
    except PermissionError:  # Windows cannot replace a library that another process made in the meantime and uses
        if find(folder, name) != path:
            raise
    if sys.platform != "win32":  # Windows cannot open folders
        _sync(folder)
    return path


def _sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    number = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
