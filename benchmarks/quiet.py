"""Whether the machine was quiet while something was measured."""

from __future__ import annotations

import os
import time
from pathlib import Path

_STAT = Path("/proc/stat")
_WARN = 0.05


def _busy() -> float | None:
    """Return the seconds that all processors together have worked since the machine started; None except on Linux."""
    if not _STAT.exists():
        return None
    fields = [int(field) for field in _STAT.read_text(encoding="utf-8").split("\n", 1)[0].split()[1:9]]
    idle = fields[3] + fields[4]  # idle, and waiting for a disk
    return (sum(fields) - idle) / os.sysconf("SC_CLK_TCK")


class Watch:
    """Compares the processors' work with that of this process and its children, from its making on."""

    def __init__(self) -> None:
        self._begin = (time.perf_counter(), _busy(), sum(os.times()[:4]))

    def others(self) -> float | None:
        """Return the processors that others kept busy meanwhile, on average; None where that is not known."""
        then, before, own = self._begin
        now = _busy()
        if now is None or before is None:
            return None
        return max(0.0, now - before - (sum(os.times()[:4]) - own)) / (time.perf_counter() - then)

    def text(self) -> str:
        """Return a line on it, a warning if others were busy."""
        share = self.others()
        if share is None:
            return "what else ran meanwhile is not known"
        warning = "; measure again on a quiet machine" if share > _WARN else ""
        return f"other processes kept {share:.2f} processors busy meanwhile{warning}"
