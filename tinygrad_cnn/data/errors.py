"""`DataError` for invalid data files, `DownloadError` for files that could not be downloaded."""

from __future__ import annotations

import importlib
from types import ModuleType


class DataError(ValueError):
    """A data file is damaged or of the wrong kind. The message names the file, what was expected and what was found."""


class DownloadError(RuntimeError):
    """A file could not be downloaded. The message lists the addresses tried and where to put the file by hand."""


def needed(module: str, sentence: str) -> ModuleType:
    """Return an optional module; if it is not installed, the error begins with `sentence` and names the extra."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f'{sentence}: pip install "tinygrad-cnn[data]"') from error
