"""`DataError` for invalid data files, `DownloadError` for files that could not be downloaded."""

from __future__ import annotations


class DataError(ValueError):
    """A data file is damaged or of the wrong kind. The message names the file, what was expected and what was found."""


class DownloadError(RuntimeError):
    """A file could not be downloaded. The message lists the addresses tried and where to put the file by hand."""
