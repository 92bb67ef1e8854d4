"""Figures as people read them."""

from __future__ import annotations

import math
from collections.abc import Iterable


def ms(seconds: float | None) -> str:
    """Return a time in milliseconds with three significant digits; a dash for None."""
    return "–" if seconds is None else significant(seconds * 1e3)


def significant(value: float) -> str:
    """Return `value` with three significant digits, or all before the point."""
    if value == 0 or not math.isfinite(value):
        return f"{value:.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def mb(count: float | None) -> str:
    """Return a number of bytes in megabytes of 1,000,000 bytes; a dash for None."""
    return "–" if count is None else f"{count / 1e6:.1f}"


def ratio(ours: float | None, theirs: float | None) -> str:
    """Return ours / theirs; below 1 we are faster, or smaller."""
    return "–" if ours is None or theirs is None else f"{ours / theirs:.2f}"


def percent(part: float | None) -> str:
    """Return a share in per cent."""
    return "–" if part is None else f"{100 * part:.0f}\N{NO-BREAK SPACE}%"


def geometric_mean(values: Iterable[float]) -> float:
    """Return the geometric mean of positive `values`.

    Raises:
        ValueError: there are none.
    """
    logs = [math.log(value) for value in values]
    if not logs:
        raise ValueError("geometric_mean: expected one value or more, got none")
    return math.exp(sum(logs) / len(logs))
