"""`Pad`, `RandomHorizontalFlip`, `RandomVerticalFlip` and `RandomRotation`: move pixels and keep their values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, cast

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.data.seeding import current_generator
from tinygrad_cnn.data.transforms.base import (
    Fill,
    RandomTransform,
    Transform,
    checked_fill,
    fill_values,
    is_number,
    margins,
    span,
)
from tinygrad_cnn.data.transforms.resize import InterpolationMode, mode_of

PADDING_MODES = ("constant", "edge", "reflect", "symmetric")


class Pad(Transform):
    """Add a margin around each image.

    Args:
        padding: pixels: one number for all sides, two for (left and right, top and bottom), or four for (left, top,
            right, bottom).
        fill: value of the margin if `padding_mode` is "constant": a number, or one for each channel.
        padding_mode: "constant"; "edge" repeats the last row and column; "reflect" mirrors the image without repeating
            the last row and column, "symmetric" with repeating them.

    Raises:
        ValueError: the padding or mode is invalid.
        TypeError: the fill is invalid.
    """

    _shown = ("padding", "fill", "padding_mode")

    def __init__(self, padding: int | Sequence[int], fill: Fill = 0, padding_mode: str = "constant") -> None:
        self._margins = margins("Pad", padding)
        self.padding = padding
        self.fill = checked_fill("Pad", fill)
        self.padding_mode = checked_mode("Pad", padding_mode)

    def batch(self, images: Array) -> Array:
        """Return the padded images, (N, C, H + top + bottom, W + left + right)."""
        return padded("Pad", images, self._margins, self.fill, self.padding_mode)


def checked_mode(owner: str, mode: str) -> str:
    """Return `mode`, checked to be a padding mode."""
    if mode not in PADDING_MODES:
        raise ValueError(f"{owner}: expected padding_mode as one of {', '.join(PADDING_MODES)}, got {mode!r}")
    return mode


def padded(owner: str, images: Array, sides: tuple[int, int, int, int], fill: Fill, mode: str) -> Array:
    """Return images (N, C, H, W) with a margin of (left, top, right, bottom) pixels."""
    left, top, right, bottom = sides
    if mode != "constant":
        if 0 in images.shape[2:]:
            raise ValueError(f"{owner}: expected images with pixels to repeat, got shape {images.shape}")
        widths = ((0, 0), (0, 0), (top, bottom), (left, right))
        return np.pad(images, widths, mode=cast("Literal['edge', 'reflect', 'symmetric']", mode))
    n, c, h, w = images.shape
    result = np.empty((n, c, top + h + bottom, left + w + right), images.dtype)
    result[...] = fill_values(owner, fill, images)
    result[:, :, top : top + h, left : left + w] = images
    return result


class RandomHorizontalFlip(RandomTransform):
    """Mirror each image left to right with probability `p`.

    Args:
        p: the probability, from 0 to 1.
    """

    _axis = 3

    def changed(self, images: Array) -> Array:
        """Return the mirrored images, (N, C, H, W)."""
        return np.flip(images, self._axis)


class RandomVerticalFlip(RandomHorizontalFlip):
    """Mirror each image top to bottom with probability `p`.

    Args:
        p: the probability, from 0 to 1.
    """

    _axis = 2


class RandomRotation(Transform):
    """Rotate each image by an angle drawn uniformly, anticlockwise if positive.

    Each new pixel takes the value of the point of the old image that is rotated to its centre, or `fill` if that point
    is outside the image.

    Args:
        degrees: (min, max); or a number d for (−d, d).
        interpolation: NEAREST or BILINEAR.
        expand: enlarge the image so that it holds the whole rotated one. The images then differ in size, and data sets
            read them one by one.
        center: (x, y) of the fixed point, in pixels from the upper left corner; the centre of the image if None.
        fill: the value of points outside the image: a number, or one for each channel.

    Raises:
        ValueError: the degrees, interpolation or centre are invalid.
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: InterpolationMode | str = InterpolationMode.NEAREST,
        expand: bool = False,
        center: Sequence[float] | None = None,
        fill: Fill = 0,
    ) -> None:
        if isinstance(degrees, int | float) and not degrees >= 0:
            raise ValueError(f"RandomRotation: expected degrees as a number of at least 0 or (min, max), got {degrees}")
        pair = (-degrees, degrees) if isinstance(degrees, int | float) else degrees
        self.degrees = span("RandomRotation", "degrees", pair, -math.inf, math.inf)
        if center is not None and (len(center) != 2 or not all(is_number(n) for n in center)):
            raise ValueError(f"RandomRotation: expected center as (x, y), got {center!r}")
        self.interpolation = mode_of(
            "RandomRotation", interpolation, (InterpolationMode.NEAREST, InterpolationMode.BILINEAR)
        )
        self.expand = expand
        self.center = center
        self.fill = checked_fill("RandomRotation", fill)
        self.batched = not expand

    def batch(self, images: Array) -> Array:
        """Return the rotated images, (N, C, H, W); with `expand` one image, as large as it needs to be."""
        angles = current_generator().uniform(*self.degrees, size=len(images))
        if self.expand and len(images) != 1:
            raise ValueError("RandomRotation: expected one image with expand=True, which makes them differ in size")
        return rotated(images, angles, self.interpolation, self.expand, self.center, self.fill)

    def __repr__(self) -> str:
        text = f"degrees={list(self.degrees)}, interpolation={self.interpolation.value}, expand={self.expand}"
        if self.center is not None:
            text += f", center={self.center}"
        return f"RandomRotation({text}, fill={self.fill})"


def rotated(
    images: Array,
    angles: Array,
    mode: InterpolationMode,
    expand: bool,
    center: Sequence[float] | None,
    fill: Fill,
) -> Array:
    """Return images (N, C, H, W), each rotated anticlockwise by its own angle in degrees, (N,)."""
    height, width = images.shape[2:]
    # Rounded, so that quarter turns map pixels exactly onto pixels.
    cos, sin = (np.round(f(np.deg2rad(angles)), 15)[:, np.newaxis, np.newaxis] for f in (np.cos, np.sin))
    cx, cy = (width / 2, height / 2) if center is None else center
    new_h, new_w, dx, dy = height, width, -cx, -cy
    if expand:
        new_h, new_w, dx, dy = _expanded(height, width, float(cos[0, 0, 0]), float(sin[0, 0, 0]), cx, cy)
    x = np.arange(new_w) + 0.5 + dx  # from the centre, (W,)
    y = (np.arange(new_h) + 0.5 + dy)[:, np.newaxis]  # (H, 1)
    from_x, from_y = cos * x - sin * y + cx, sin * x + cos * y + cy  # (N, H, W)
    inside = (from_x >= 0) & (from_x < width) & (from_y >= 0) & (from_y < height)
    n = np.arange(len(images))[:, np.newaxis, np.newaxis]
    by_pixel = np.moveaxis(images, 1, -1)  # (N, H, W, C): one gather takes all channels of a pixel

    def gather(rows: Array, columns: Array) -> Array:
        return by_pixel[n, rows.clip(0, height - 1), columns.clip(0, width - 1)]  # (N, H, W, C)

    if mode is InterpolationMode.NEAREST:
        found = gather(np.floor(from_y).astype(np.intp), np.floor(from_x).astype(np.intp))
    else:
        left, top = (np.floor(values - 0.5).astype(np.intp) for values in (from_x, from_y))
        right_part, low_part = ((v - 0.5 - i)[..., np.newaxis] for v, i in ((from_x, left), (from_y, top)))
        upper = gather(top, left) * (1 - right_part) + gather(top, left + 1) * right_part
        lower = gather(top + 1, left) * (1 - right_part) + gather(top + 1, left + 1) * right_part
        mixed = upper * (1 - low_part) + lower * low_part
        found = (np.rint(mixed) if images.dtype.kind in "iu" else mixed).astype(images.dtype)
    outside = np.broadcast_to(fill_values("RandomRotation", fill, images), (images.shape[1], 1, 1)).reshape(-1)
    result = np.where(inside[..., np.newaxis], found, outside)
    return np.ascontiguousarray(np.moveaxis(result, -1, 1))


def _expanded(h: int, w: int, cos: float, sin: float, cx: float, cy: float) -> tuple[int, int, float, float]:
    """Return height and width that hold the whole rotated image, and the offset of its first pixel from the centre."""
    corners = [(x - cx, y - cy) for x in (0, w) for y in (0, h)]
    xs = [cos * x + sin * y for x, y in corners]
    ys = [cos * y - sin * x for x, y in corners]
    # 1e-9: a quarter turn must not grow by a pixel because of a rounding error.
    new_w, new_h = (math.ceil(max(values) - min(values) - 1e-9) for values in (xs, ys))
    # The rotated image is centred in the new one.
    return new_h, new_w, (min(xs) + max(xs) - new_w) / 2, (min(ys) + max(ys) - new_h) / 2
