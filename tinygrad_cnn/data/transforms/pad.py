"""`Pad`: a margin around the image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.data.transforms.arguments import Fill, is_number, margins
from tinygrad_cnn.data.transforms.base import Transform

MODES = ("constant", "edge", "reflect", "symmetric")


class Pad(Transform):
    """Put a margin around each image.

    Args:
        padding: pixels: one number for all sides, two for (left and right, top and bottom), or four for (left, top,
            right, bottom).
        fill: what the margin is made of if `padding_mode` is "constant": a number, or one for each channel.
        padding_mode: "constant"; "edge" repeats the last row and column; "reflect" mirrors the image without repeating
            them, "symmetric" with.

    Raises:
        ValueError: another padding or mode.
        TypeError: another fill.
    """

    def __init__(self, padding: int | Sequence[int], fill: Fill = 0, padding_mode: str = "constant") -> None:
        margins("Pad", padding)
        self.padding = padding
        self.fill = checked_fill("Pad", fill)
        self.padding_mode = checked_mode("Pad", padding_mode)

    def batch(self, images: Array) -> Array:
        """Return the padded images, (N, C, H + top + bottom, W + left + right)."""
        return padded("Pad", images, margins("Pad", self.padding), self.fill, self.padding_mode)

    def __repr__(self) -> str:
        return f"Pad(padding={self.padding}, fill={self.fill}, padding_mode={self.padding_mode})"


def checked_fill(place: str, fill: Fill) -> Fill:
    """Return `fill`, a number or a sequence of numbers."""
    if not is_number(fill) and not (isinstance(fill, tuple | list) and fill and all(is_number(n) for n in fill)):
        raise TypeError(f"{place}: expected fill as a number, or one for each channel, got {fill!r}")
    return fill


def checked_mode(place: str, mode: str) -> str:
    """Return `mode`, one of those there are."""
    if mode not in MODES:
        raise ValueError(f"{place}: expected padding_mode as one of {', '.join(MODES)}, got {mode!r}")
    return mode


def fill_values(place: str, fill: Fill, images: Array) -> Array:
    """Return `fill` in the dtype of `images`, of a shape that fits beside (N, C, H, W): () or (C, 1, 1)."""
    values = np.asarray(fill)
    if values.ndim and len(values) not in {1, images.shape[1]}:
        raise ValueError(f"{place}: expected fill as a number or {images.shape[1]} of them, got {fill!r}")
    if images.dtype.kind in "iu":
        bounds = np.iinfo(images.dtype)
        if values.min() < bounds.min or values.max() > bounds.max:
            raise ValueError(f"{place}: expected fill from {bounds.min} to {bounds.max} for {images.dtype}, got {fill}")
    return values.astype(images.dtype).reshape(-1, 1, 1) if values.ndim else values.astype(images.dtype)


def padded(place: str, images: Array, sides: tuple[int, int, int, int], fill: Fill, mode: str) -> Array:
    """Return images (N, C, H, W) with a margin of (left, top, right, bottom) pixels."""
    left, top, right, bottom = sides
    if mode != "constant":
        if 0 in images.shape[2:]:
            raise ValueError(f"{place}: expected images with pixels to repeat, got shape {images.shape}")
        return np.pad(images, ((0, 0), (0, 0), (top, bottom), (left, right)), mode=mode)  # type: ignore[call-overload]
    n, c, h, w = images.shape
    result = np.empty((n, c, top + h + bottom, left + w + right), images.dtype)
    result[...] = fill_values(place, fill, images)
    result[:, :, top : top + h, left : left + w] = images
    return result
