"""Checks of the arguments that several transforms have."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

Fill = float | Sequence[float]


def is_number(value: Any) -> bool:
    """Return whether `value` is a real number, bools left out."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def size_pair(place: str, size: int | Sequence[int]) -> tuple[int, int]:
    """Return (height, width); an int, or a sequence of one, is both."""
    sizes = (size,) if isinstance(size, int) else tuple(size)
    if len(sizes) not in {1, 2} or any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in sizes):
        raise ValueError(f"{place}: expected size as a positive int or (height, width), got {size!r}")
    return sizes[0], sizes[-1]


def probability(place: str, p: float) -> float:
    """Return `p`, a probability."""
    if not is_number(p) or not 0 <= p <= 1:
        raise ValueError(f"{place}: expected p from 0 to 1, got {p!r}")
    return float(p)


def margins(place: str, padding: int | Sequence[int]) -> tuple[int, int, int, int]:
    """Return (left, top, right, bottom) of one number for all, two for (left and right, top and bottom), or four."""
    sides = (padding,) if isinstance(padding, int) else tuple(padding)
    if len(sides) not in {1, 2, 4} or any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in sides):
        raise ValueError(f"{place}: expected padding as 1, 2 or 4 ints of at least 0, got {padding!r}")
    left, top = sides[0], sides[-1] if len(sides) < 4 else sides[1]
    return (left, top, left, top) if len(sides) < 4 else (left, top, sides[2], sides[3])


def span(place: str, name: str, value: Any, low: float, high: float) -> tuple[float, float]:
    """Return (a, b), low ≤ a ≤ b ≤ high, given as a sequence of two numbers."""
    pair = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else ()
    if len(pair) != 2 or not all(is_number(n) for n in pair) or not low <= pair[0] <= pair[1] <= high:
        raise ValueError(f"{place}: expected {name} as two numbers, {low} ≤ a ≤ b ≤ {high}, got {value!r}")
    return float(pair[0]), float(pair[1])
