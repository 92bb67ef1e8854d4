"""The folder of the data sets if the caller names none."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "TINYGRAD_CNN_DATA"
"""The environment variable that names the data root."""


def data_root(root: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder that data sets are read from and downloaded to.

    Args:
        root: the folder. If None, the environment variable TINYGRAD_CNN_DATA names it; if that is not set, it is the
            folder tinygrad-cnn in the user's cache: ~/.cache or XDG_CACHE_HOME, ~/Library/Caches on macOS,
            LOCALAPPDATA on Windows.
    """
    if root is not None:
        return Path(root)
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser() if named else _user_cache() / "tinygrad-cnn"


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
