"""The history of measurements: a file of JSON, one line a run, oldest first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.frameworks import versions
from benchmarks.machine import machine


def record(
    command: str, arguments: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], **more: Any
) -> dict[str, Any]:
    """Return one run's line.

    Args:
        command: the module that measured, such as "train_step".
        arguments: of its command line.
        rows: the figures, one row for each thing measured.
        more: figures of the run as a whole.
    """
    return {
        "command": command,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": versions(),
        "arguments": dict(arguments),
        **more,
        "rows": [dict(row) for row in rows],
    }


def append(path: Path | None, line: Mapping[str, Any]) -> None:
    """Append a run to the file `path`, which is made if need be; nothing without a path."""
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(f"added to {path}")


def read(path: Path) -> list[dict[str, Any]]:
    """Return the runs of the file `path`, oldest first.

    Raises:
        ValueError: a line is no run.
    """
    found = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            line = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"{path}:{number}: expected one JSON object a line, got {text[:40]!r}") from error
        if not isinstance(line, dict) or not {"command", "date", "rows"} <= line.keys():
            raise ValueError(f"{path}:{number}: expected a run with command, date and rows, got {text[:40]!r}")
        found.append(line)
    return found
