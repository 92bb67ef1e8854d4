"""`InterpolationMode`: how values between pixels are found."""

from __future__ import annotations

from enum import Enum


class InterpolationMode(Enum):
    """NEAREST takes the nearest pixel; BILINEAR mixes those around by distance; BICUBIC mixes more of them, smoothly.

    Transforms also take the values, "nearest", "bilinear" and "bicubic".
    """

    NEAREST = "nearest"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"


def mode_of(place: str, mode: InterpolationMode | str, allowed: tuple[InterpolationMode, ...]) -> InterpolationMode:
    """Return `mode`, one of those allowed."""
    try:
        found = InterpolationMode(mode)
    except ValueError:
        found = None
    if found not in allowed:
        names = ", ".join(one.value for one in allowed)
        raise ValueError(f"{place}: expected interpolation as one of {names}, got {mode!r}")
    return found
