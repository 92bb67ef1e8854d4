"""`RandomRotation`: the image turned about its centre."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.data.seeding import current_generator
from tinygrad_cnn.data.transforms.arguments import Fill, is_number, span
from tinygrad_cnn.data.transforms.base import Transform
from tinygrad_cnn.data.transforms.interpolation import InterpolationMode, mode_of
from tinygrad_cnn.data.transforms.pad import checked_fill, fill_values


class RandomRotation(Transform):
    """Turn each image by an angle drawn uniformly, anticlockwise if positive.

    For each new pixel the point is worked out that its centre came from; what came from outside the image is filled.

    Args:
        degrees: (min, max); or a number d for (−d, d).
        interpolation: NEAREST or BILINEAR.
        expand: make the image large enough to hold all of the turned one. Images then differ in size, so that a data
            set reads them one by one.
        center: (x, y) of the point that stays where it is, in pixels from the upper left corner; the middle if None.
        fill: what comes from outside: a number, or one for each channel.

    Raises:
        ValueError: other degrees, interpolation or centre.
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
        """Return the turned images, (N, C, H, W); with `expand`, of one image, as large as it needs to be."""
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
    """Return images (N, C, H, W), each turned anticlockwise by its own angle in degrees, (N,)."""
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

    def taken(rows: Array, columns: Array) -> Array:
        return by_pixel[n, rows.clip(0, height - 1), columns.clip(0, width - 1)]  # (N, H, W, C)

    if mode is InterpolationMode.NEAREST:
        found = taken(np.floor(from_y).astype(np.intp), np.floor(from_x).astype(np.intp))
    else:
        left, top = (np.floor(values - 0.5).astype(np.intp) for values in (from_x, from_y))
        right_part, low_part = ((v - 0.5 - i)[..., np.newaxis] for v, i in ((from_x, left), (from_y, top)))
        upper = taken(top, left) * (1 - right_part) + taken(top, left + 1) * right_part
        lower = taken(top + 1, left) * (1 - right_part) + taken(top + 1, left + 1) * right_part
        mixed = upper * (1 - low_part) + lower * low_part
        found = (np.rint(mixed) if images.dtype.kind in "iu" else mixed).astype(images.dtype)
    outside = np.broadcast_to(fill_values("RandomRotation", fill, images), (images.shape[1], 1, 1)).reshape(-1)
    result = np.where(inside[..., np.newaxis], found, outside)
    return np.ascontiguousarray(np.moveaxis(result, -1, 1))


def _expanded(h: int, w: int, cos: float, sin: float, cx: float, cy: float) -> tuple[int, int, float, float]:
    """Return height and width that hold the whole turned image, and where its new pixels begin from the centre."""
    corners = [(x - cx, y - cy) for x in (0, w) for y in (0, h)]
    xs = [cos * x + sin * y for x, y in corners]
    ys = [cos * y - sin * x for x, y in corners]
    # 1e-9: a quarter turn must not grow by a pixel because of a rounding error.
    new_w, new_h = (math.ceil(max(values) - min(values) - 1e-9) for values in (xs, ys))
    # The turned image is in the middle of the new one.
    return new_h, new_w, (min(xs) + max(xs) - new_w) / 2, (min(ys) + max(ys) - new_h) / 2
