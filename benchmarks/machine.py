"""What the figures were measured on."""

from __future__ import annotations

import platform
from pathlib import Path

from benchmarks.processes import cores


def machine() -> dict[str, object]:
    """Return the model of the processor, the number of cores, the operating system and the version of Python."""
    return {
        "cpu": _cpu(),
        "cores": cores(),
        "os": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _cpu() -> str:
    listing = Path("/proc/cpuinfo")
    found: dict[str, str] = {}
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            found.setdefault(key.strip(), value.strip())
    model = found.get("model name") or platform.processor() or platform.machine()
    wide = "AVX-512" if "avx512f" in found.get("flags", "") else "AVX2" if "avx2" in found.get("flags", "") else ""
    return ", ".join(part for part in (model, wide) if part)
