"""Which tests reach which functions, and how long they take: recorded once and kept until a file changes."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

KEPT = Path(__file__).resolve().parents[2] / ".pytest_cache" / "mutation"


def passes(item: pytest.Item) -> bool:
    """Return whether a test passes."""
    reports = runtestprotocol(item, log=False, nextitem=None)
    return not any(report.failed for report in reports)


Reaching = dict[str, list[tuple[float, pytest.Item]]]
"""For each function by its name: the tests that reach it, and the seconds that they take."""


class Reach:
    """What each test reaches, by the names of functions, and the seconds that it takes.

    Args:
        kind: a name for the record.
        codes: the functions' code, with their names.
        sources: the files that decide whether a record still holds, besides the files of tests themselves.
    """

    def __init__(self, kind: str, codes: dict[CodeType, str], sources: Iterable[Path]) -> None:
        self.codes = codes
        self.path = KEPT / f"{kind}.json"
        made_of = [repr(sorted(codes.values())).encode(), *(path.read_bytes() for path in sources)]
        self.base = hashlib.sha256(b"".join(made_of)).hexdigest()
        self.complaints: list[str] = []
        self.kept: dict[str, Any] = json.loads(self.path.read_text("utf-8")) if self.path.exists() else {}

    def record(self, items: Iterable[pytest.Item]) -> Reaching:
        """Return, for each function, the tests that reach it and their seconds; run those that are not on record."""
        reaching: Reaching = {name: [] for name in self.codes.values()}
        digests: dict[Path, str] = {}
        fresh: dict[str, Any] = {}
        for item in items:
            if item.path not in digests:
                digests[item.path] = hashlib.sha256(self.base.encode() + item.path.read_bytes()).hexdigest()
            entry = self.kept.get(item.nodeid)
            if entry is None or entry["digest"] != digests[item.path]:
                entry = self._run(item)
            if entry is None:
                self.complaints.append(f"{item.nodeid} fails without any mutant")
                continue
            fresh[item.nodeid] = {**entry, "digest": digests[item.path]}
            for name in entry["functions"]:
                if name in reaching:
                    reaching[name].append((entry["seconds"], item))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.kept.update(fresh)
        self.path.write_text(json.dumps(self.kept), encoding="utf-8")
        return reaching

    def _run(self, item: pytest.Item) -> dict[str, Any] | None:
        seen: set[str] = set()

        def note(frame: FrameType, event: str, _argument: object) -> None:
            if event == "call" and (name := self.codes.get(frame.f_code)):
                seen.add(name)

        threading.setprofile(note)
        sys.setprofile(note)
        start = time.perf_counter()
        try:
            fine = passes(item)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
        return {"seconds": round(time.perf_counter() - start, 4), "functions": sorted(seen)} if fine else None
