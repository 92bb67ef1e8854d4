"""How much memory this process holds, and held at most, as the operating system sees it, in bytes."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Level:
    """What was held at one moment: all of it, and of that the pages of files, which are code mostly; in bytes."""

    resident: int
    files: int


def _status(key: str) -> int:
    """Return a figure of Linux's /proc/self/status in bytes."""
    for line in _STATUS.read_text(encoding="utf-8").splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    return 0


def peak() -> int | None:
    """Return the most that was resident since the process began or since `restart`; None where nothing tells."""
    if _STATUS.exists():
        return _status("VmHWM")
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def restart() -> Level | None:
    """Start a new peak and return what is held now.

    Only Linux can start anew; elsewhere this is the peak so far, so that `above` is the growth beyond it.
    """
    if not _STATUS.exists():
        highest = peak()
        return None if highest is None else Level(highest, 0)
    _CLEAR.write_text("5", encoding="utf-8")  # proc_pid_clear_refs(5): resets VmHWM to what is resident now
    return Level(_status("VmRSS"), _status("RssFile"))


def above(level: Level | None) -> int | None:
    """Return how far the peak since `restart` lies above `level`.

    On Linux without the code that was read from library files meanwhile: how much of a library is paged in says
    nothing about what the computation needs.
    """
    highest = peak()
    if level is None or highest is None:
        return None
    read = _status("RssFile") - level.files if _STATUS.exists() else 0
    return highest - level.resident - read
