"""`InterpolationMode`: how values between pixels are found."""

from __future__ import annotations

from enum import Enum


class InterpolationMode(Enum):
    """NEAREST takes the nearest pixel; BILINEAR mixes those around by distance; BICUBIC mixes more of them, smoothly.

    Transforms also take the values, "nearest", "bilinear" and "bicubic", and Pillow's numbers 0, 2 and 3.
    """

    NEAREST = "nearest"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"


_NUMBERS = {0: "nearest", 2: "bilinear", 3: "bicubic"}


def mode_of(
    place: str, mode: InterpolationMode | str | int, allowed: tuple[InterpolationMode, ...]
) -> InterpolationMode:
    """Return `mode`, one of those allowed."""
    try:
        found = InterpolationMode(_NUMBERS.get(mode, mode) if isinstance(mode, int) else mode)
    except ValueError:
        found = None
    if found not in allowed:
        names = ", ".join(one.value for one in allowed)
        raise ValueError(f"{place}: expected interpolation as one of {names}, got {mode!r}")
    return found
