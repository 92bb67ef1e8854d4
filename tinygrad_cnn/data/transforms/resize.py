"""`Resize`: the image in another size.

Along each axis every new pixel is a weighted mean of old ones, so resizing is two matrix products, images · weights.
Where an image shrinks, the weights reach as far as a new pixel does, which keeps fine patterns from turning into coarse
ones (antialiasing), as Pillow does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.data.transforms.arguments import size_pair
from tinygrad_cnn.data.transforms.base import Transform
from tinygrad_cnn.data.transforms.interpolation import InterpolationMode, mode_of
from tinygrad_cnn.data.transforms.layout import is_pil

_ALLOWED = (InterpolationMode.NEAREST, InterpolationMode.BILINEAR, InterpolationMode.BICUBIC)


class Resize(Transform):
    """Bring each image to another size.

    uint8 becomes what Pillow makes of it, to the last bit, whether it is a PIL image, an array, a tensor or a batch:
    Pillow (13; before, it began with the width in any case) computes with weights in steps of 2⁻²² and rounds after
    either axis. Floats are resized as PyTorch's ``interpolate`` does it, and so is uint8 without antialiasing.

    Args:
        size: (height, width); or an int, for the shorter side, the other one in proportion.
        interpolation: NEAREST, BILINEAR or BICUBIC.
        max_size: at most so long is the longer side, the other one in proportion; only if `size` is an int.
        antialias: False leaves out antialiasing where arrays and tensors shrink; Pillow always does it.

    Raises:
        ValueError: another size or interpolation, or `max_size` that does not go with `size`.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        interpolation: InterpolationMode | str = InterpolationMode.BILINEAR,
        max_size: int | None = None,
        antialias: bool = True,
    ) -> None:
        pair = size_pair("Resize", size)
        self.size: int | tuple[int, int] = pair if not isinstance(size, int) and len(size) == 2 else pair[0]
        if max_size is not None and (not isinstance(self.size, int) or max_size <= self.size):
            raise ValueError(f"Resize: expected max_size above a size that is an int, got {max_size} with size={size}")
        self.interpolation = mode_of("Resize", interpolation, _ALLOWED)
        self.max_size = max_size
        self.antialias = antialias

    def __call__(self, image: Any) -> Any:
        """Return the resized image, in the form in which it came."""
        if not is_pil(image):
            return super().__call__(image)
        width, height = image.size
        new_height, new_width = self._target(height, width)
        if (new_height, new_width) == (height, width):
            return image.copy()
        from PIL import Image

        return image.resize((new_width, new_height), Image.Resampling[self.interpolation.name])

    def batch(self, images: Array) -> Array:
        """Return the resized images, (N, C, *size)."""
        if 0 in images.shape[2:]:
            raise ValueError(f"Resize: expected images with pixels, got shape {images.shape}")
        height, width = self._target(*images.shape[2:])
        if self.interpolation is InterpolationMode.NEAREST:
            find = _nearest_as_pillow if images.dtype == np.uint8 else _nearest
            rows, columns = (find(old, new) for old, new in zip(images.shape[2:], (height, width), strict=True))
            return images[:, :, rows[:, np.newaxis], columns]
        if images.dtype == np.uint8 and self.antialias:
            return _as_pillow(images, height, width, self.interpolation)
        kind = images.dtype if images.dtype.kind == "f" and images.dtype.itemsize > 2 else np.dtype(np.float32)
        result = images.astype(kind, copy=False)
        for axis, new in ((3, width), (2, height)):
            old = result.shape[axis]
            if old != new:
                weights = _weights(old, new, self.interpolation, self.antialias).astype(kind)
                result = result @ weights.T if axis == 3 else weights @ result
                if images.dtype.kind in "iu":  # after either axis, as PyTorch does
                    bounds = np.iinfo(images.dtype)
                    result = np.clip(np.rint(result), bounds.min, bounds.max)
        return result.astype(images.dtype)

    def _target(self, height: int, width: int) -> tuple[int, int]:
        """Return the new height and width of an image."""
        if not isinstance(self.size, int):
            return self.size
        short, long = sorted((height, width))
        new_short, new_long = self.size, int(self.size * long / short)
        if self.max_size is not None and new_long > self.max_size:
            new_short, new_long = int(self.max_size * new_short / new_long), self.max_size
        return (new_short, new_long) if height <= width else (new_long, new_short)

    def __repr__(self) -> str:
        return (
            f"Resize(size={self.size}, interpolation={self.interpolation.value}, max_size={self.max_size}, "
            f"antialias={self.antialias})"
        )


def _nearest(old: int, new: int) -> Array:
    """Return which of `old` pixels the centre of each of `new` ones lies in, ⌊(i + ½) · old / new⌋."""
    return (2 * np.arange(new) + 1) * old // (2 * new)


_UNIT = 1 << 22
"""Pillow's weights are whole numbers of 1 / _UNIT."""
_AT_ONCE = 1 << 22
"""Values converted to float64 at a time: 32 MB."""


def _as_pillow(images: Array, height: int, width: int, mode: InterpolationMode) -> Array:
    """Return uint8 images (N, C, H, W) in another size. Whole numbers below 2⁵³ make the products exact in float64."""
    old_height, old_width = images.shape[2:]
    # Pillow begins with the height where that leaves fewer rows to widen or narrow.
    first_height = height < old_height and old_height - height > 2 * (old_width - width)
    axes = ((2, height), (3, width)) if first_height else ((3, width), (2, height))
    step = max(1, _AT_ONCE // max(1, math.prod(images.shape[1:])))
    result = np.empty((*images.shape[:2], height, width), np.uint8)
    for first in range(0, len(images), step):
        part = images[first : first + step]
        for axis, new in axes:
            old = part.shape[axis]
            if old != new:
                weights = _steps(old, new, mode)
                values = part.astype(np.float64)
                summed = values @ weights.T if axis == 3 else weights @ values
                part = np.floor((summed + _UNIT // 2) / _UNIT).clip(0, 255).astype(np.uint8)
        result[first : first + step] = part
    return result


def _nearest_as_pillow(old: int, new: int) -> Array:
    """Return the same as `_nearest`, with the rounding errors that Pillow adds up in float64: a tie may fall apart."""
    steps = np.full(new, old / new)
    steps[0] *= 0.5
    return np.cumsum(steps).astype(np.intp).clip(0, old - 1)


@lru_cache(maxsize=32)
def _steps(old: int, new: int, mode: InterpolationMode) -> Array:
    """Return Pillow's weights in steps, float64 (new, old)."""
    weights = _weights(old, new, mode, True) * _UNIT
    return np.trunc(weights + np.copysign(0.5, weights))


@lru_cache(maxsize=32)
def _weights(old: int, new: int, mode: InterpolationMode, antialias: bool) -> Array:
    """Return how much of each old pixel goes into each new one, float64 (new, old); rows add up to 1."""
    scale = old / new
    reach = max(scale, 1.0) if antialias else 1.0
    centre = (np.arange(new)[:, np.newaxis] + 0.5) * scale
    position = np.arange(old) + 0.5
    if not antialias:  # what lies beyond the edge counts as the edge
        return _with_edges(centre, old, mode)
    weights = _filter(abs(position - centre) / reach, mode)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _with_edges(centre: Array, old: int, mode: InterpolationMode) -> Array:
    """Return the weights without antialiasing: of the 2 or 4 pixels around, those outside moved onto the edge."""
    around = 2 if mode is InterpolationMode.BILINEAR else 4
    first = np.floor(centre - 0.5).astype(np.intp) - (around // 2 - 1)  # (new, 1)
    places = first + np.arange(around)  # (new, around)
    # PyTorch's cubic filter has a = −0.75 here, and −0.5 with antialiasing.
    values = _filter(abs(places + 0.5 - centre), mode, -0.75)
    weights = np.zeros((len(centre), old))
    np.add.at(weights, (np.arange(len(centre))[:, np.newaxis], places.clip(0, old - 1)), values)
    return weights


def _filter(distance: Array, mode: InterpolationMode, a: float = -0.5) -> Array:
    """Return the weight at a distance of so many pixels: a triangle, or Keys' cubic with parameter `a`."""
    if mode is InterpolationMode.BILINEAR:
        return np.maximum(1 - distance, 0)
    near = ((a + 2) * distance - (a + 3)) * distance**2 + 1
    far = (((distance - 5) * distance + 8) * distance - 4) * a
    return np.where(distance < 1, near, np.where(distance < 2, far, 0))
