"""The tables of the networks: how the rows of `train_step` are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.units import geometric_mean, mb, ms, percent, ratio, significant

NAMES = {"ours": "tinygrad_cnn", "torch": "PyTorch"}

TIMES = ("network", "ours ms", "PyTorch ms", "ratio", "share of the roof, ours", "PyTorch")
STARTS = (
    "network", "memory MB, ours", "PyTorch", "first ms, cold", "ours", "PyTorch", "import ms, ours", "PyTorch"
)  # fmt: skip


def _of(row: Mapping[str, Any], framework: str, key: str) -> Any:
    return row.get(framework, {}).get(key)


def times(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return the cells of `TIMES`, a list a row, and a last row with the geometric mean of the ratios."""
    found = []
    for row in rows:
        ours, theirs = _of(row, "ours", "step_s"), _of(row, "torch", "step_s")
        shares = [None if seconds is None else row["least_s"] / seconds for seconds in (ours, theirs)]
        found.append([row["name"], ms(ours), ms(theirs), ratio(ours, theirs), *map(percent, shares)])
    mean = mean_ratio(rows)
    return found if mean is None else [*found, ["geometric mean", "", "", f"{mean:.2f}", "", ""]]


def starts(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return the cells of `STARTS`, a list a row."""
    found = []
    for row in rows:
        both = [(key, framework) for key in ("peak", "first_s", "import_s") for framework in ("ours", "torch")]
        cells = [(mb if key == "peak" else ms)(_of(row, framework, key)) for key, framework in both]
        found.append([row["name"], *cells[:2], ms(row["cold_s"]), *cells[2:]])
    return found


def mean_ratio(rows: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the geometric mean of ours / PyTorch's over the rows that have both; None where there is none."""
    both = [row for row in rows if "ours" in row and "torch" in row]
    return geometric_mean(row["ours"]["step_s"] / row["torch"]["step_s"] for row in both) if both else None


def line(row: Mapping[str, Any]) -> str:
    """Return one row's times, to be printed while the others still run."""
    ours, theirs = _of(row, "ours", "step_s"), _of(row, "torch", "step_s")
    return f"{row['name']:<16} {ms(ours):>7} {ms(theirs):>7}  {ratio(ours, theirs)}"


def footer(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what is said of each framework, a line each."""
    lines = []
    for framework, name in NAMES.items():
        runs = [row[framework] for row in rows if framework in row]
        if runs:
            text = (
                f"{name}: {runs[0]['threads']} threads, slowest median {max(one['spread'] for one in runs):.2f} × best"
            )
            process = [one["process"] for one in runs if one.get("process") is not None]
            lines.append(text + (f", whole process up to {mb(max(process))} MB" if process else ""))
    return "\n".join(lines)


def roof_line(roof: Mapping[str, Any]) -> str:
    """Return the machine's roof in a line."""
    widths = ", ".join(f"{rate / 1e9:.0f} GB/s ({int(size) / 1e6:.0f} MB)" for size, rate in roof["bandwidth"].items())
    return f"roof: sgemm {significant(roof['peak'] / 1e9)} GFLOP/s; copies {widths}"
