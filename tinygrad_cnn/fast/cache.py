"""Where compiled kernels are kept, and which of them are trusted.

A library is run as part of the program, so it is loaded only from a folder and a file that nobody else can write, and
only if its content is the one that its name says: ``kernels-<what it was made of>-<checksum>.so``. One that is cut off,
empty or changed is not found, and made again; the new one takes its place in one step.
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
"""The file by which this program knows a folder that it made to compile in; it holds the number of the process."""

_SECONDS_TO_BUILD = 3600  # at most


def cache_folder() -> Path:
    """Return where compiled kernels are kept: ``TINYGRAD_CNN_CACHE``, or a folder of the user's cache."""
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
    """Return the cache folder, made if need be.

    Raises:
        OSError: it cannot be made, or others could write to it.
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
    """Return whether a file or folder is this user's, or root's, and nobody else may write it.

    On Windows the user's own folders are closed to others by how they are set up, and there are no such modes.
    """
    if sys.platform == "win32":
        return True
    return status.st_uid in (0, os.getuid()) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def find(folder: Path, name: str) -> Path | None:
    """Return the library of that name in `folder`, whole and trusted; None if there is none."""
    for path in sorted(folder.glob(f"{name}-*{SUFFIX}")):
        with contextlib.suppress(OSError):
            status = path.lstat()
            if stat.S_ISREG(status.st_mode) and _is_ours(status) and path.name == _named(name, path):
                return path
    return None


def _named(name: str, library: Path) -> str:
    """Return the file name under which `library` is kept."""
    return f"{name}-{hashlib.sha256(library.read_bytes()).hexdigest()[:32]}{SUFFIX}"


@contextlib.contextmanager
def building(folder: Path) -> Iterator[Path]:
    """Make a folder in `folder` to compile in, and delete it at the end; clear away what killed processes left."""
    for left in folder.glob("building-*"):
        with contextlib.suppress(OSError):  # it may end just now
            mark = (left / _MARK).lstat()
            if stat.S_ISREG(mark.st_mode) and not left.is_symlink() and time.time() - mark.st_mtime > _SECONDS_TO_BUILD:
                shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=folder, prefix="building-", ignore_cleanup_errors=True) as made:
        place = Path(made)
        (place / _MARK).write_text(f"{os.getpid()}\n", encoding="utf-8")
        yield place


def keep(library: Path, folder: Path, name: str) -> Path:
    """Move `library` into `folder`, in one step and not before all of it is on the disk, and return its path there."""
    library.chmod(0o700)
    path = folder / _named(name, library)
    _sync(library)
    try:
        library.replace(path)
    except PermissionError:
        if (
            find(folder, name) != path
        ):  # Windows replaces no library that another process, as fast as this, uses already
            raise
    if sys.platform != "win32":  # which opens no folders
        _sync(folder)
    return path


def _sync(path: Path) -> None:
    """Have what was written to a file or folder reach the disk."""
    number = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
