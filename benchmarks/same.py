"""Whether both frameworks computed the same: a faster wrong answer is no result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

TOLERANCE = 1e-3
"""Relative, of outputs and gradients: float32 sums of millions of terms in another order differ by less."""

TRAINED = 1e-2
"""Relative, of losses after steps: Adam's first steps are ±lr, so the rounding of a gradient near 0 moves a weight."""


def differences(rows: Sequence[Mapping[str, Any]], tolerance: float = TOLERANCE) -> None:
    """Compare the figures under ``check`` of each row's frameworks.

    Args:
        rows: with ``name`` and a dict for each framework.
        tolerance: of the difference, relative to PyTorch's figure.

    Raises:
        SystemExit: some differ; the message names the rows and shows both.
    """
    wrong = []
    for row in rows:
        if "ours" not in row or "torch" not in row:
            continue
        ours, theirs = row["ours"]["check"], row["torch"]["check"]
        if len(ours) != len(theirs) or any(
            not abs(a - b) <= tolerance * max(abs(b), 1e-6) for a, b in zip(ours, theirs, strict=True)
        ):
            wrong.append(f"{row['name']}: the results differ: ours {ours}, PyTorch's {theirs}")
    if wrong:
        raise SystemExit("\n".join(wrong))
