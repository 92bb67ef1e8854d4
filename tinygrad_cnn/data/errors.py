"""The errors of data files: one for what they hold, one for what could not be fetched."""

from __future__ import annotations


class DataError(ValueError):
    """A data file is damaged or not what it should be. The message names the file, what was expected and what came."""


class DownloadError(RuntimeError):
    """A file could not be downloaded. The message names every address tried, and where to put the file by hand."""
