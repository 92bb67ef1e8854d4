"""Whether both frameworks computed the same: a faster wrong answer is no result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

TOLERANCE = 1e-3
"""Relative; float32 sums of millions of terms in another order differ by less."""


def differences(rows: Sequence[Mapping[str, Any]]) -> None:
    """Compare the figures under ``check`` of each row's frameworks.

    Raises:
        SystemExit: some differ; the message names the rows and shows both.
    """
    wrong = []
    for row in rows:
        if "ours" not in row or "torch" not in row:
            continue
        ours, theirs = row["ours"]["check"], row["torch"]["check"]
        if len(ours) != len(theirs) or any(
            not abs(a - b) <= TOLERANCE * max(abs(b), 1e-6) for a, b in zip(ours, theirs, strict=True)
        ):
            wrong.append(f"{row['name']}: the results differ: ours {ours}, PyTorch's {theirs}")
    if wrong:
        raise SystemExit("\n".join(wrong))
