"""`Resize` and `InterpolationMode`: change the size of an image.

Along each axis every new pixel is a weighted mean of old pixels, so resizing is two matrix products, images · weights.
When an image shrinks, the filter is widened to the size of a new pixel (antialiasing), as in Pillow: otherwise fine
patterns would turn into coarse patterns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.data._types import Sample
from tinygrad_cnn.data.transforms.base import Transform, is_pil, size_pair


class InterpolationMode(Enum):
    """How values between pixels are computed.

    NEAREST takes the nearest pixel, BILINEAR a mean of the pixels around weighted by distance, BICUBIC a smoother mean
    of more pixels. Transforms also take the values "nearest", "bilinear" and "bicubic", and Pillow's numbers 0, 2, 3.
    """

    NEAREST = "nearest"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"


_PILLOW_NUMBERS = {0: "nearest", 2: "bilinear", 3: "bicubic"}


def mode_of(
    owner: str, mode: InterpolationMode | str | int, allowed: Sequence[InterpolationMode] = tuple(InterpolationMode)
) -> InterpolationMode:
    """Return `mode` as an `InterpolationMode`, checked to be one of those `allowed`."""
    try:
        found = InterpolationMode(_PILLOW_NUMBERS.get(mode, mode) if isinstance(mode, int) else mode)
    except ValueError:
        found = None
    if found is None or found not in allowed:
        names = ", ".join(one.value for one in allowed)
        raise ValueError(f"{owner}: expected interpolation as one of {names}, got {mode!r}")
    return found


class Resize(Transform):
    """Resize each image.

    The result for uint8 is Pillow's to the last bit (Pillow 13's; older versions always began with the width), whether
    the image is a PIL image, an array, a tensor or a batch: weights are multiples of 2⁻²² and each axis is rounded.
    Floats are resized as by PyTorch's ``interpolate``, and so is uint8 without antialiasing.

    Args:
        size: (height, width); or an int for the shorter side; the longer side is scaled in proportion.
        interpolation: NEAREST, BILINEAR or BICUBIC.
        max_size: the limit of the longer side, which then determines the shorter side; only if `size` is an int.
        antialias: False switches antialiasing off when arrays and tensors shrink; for PIL images it is always on.

    Raises:
        ValueError: the size or interpolation is invalid, or `max_size` is given with a pair or is not above `size`.
    """

    _shown = ("size", "interpolation", "max_size", "antialias")

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
        self.interpolation = mode_of("Resize", interpolation)
        self.max_size = max_size
        self.antialias = antialias

    def __call__(self, image: Sample) -> Sample:
        """Return the resized image in the format of `image`."""
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
                if images.dtype.kind in "iu":  # after each axis, as in PyTorch
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


def _nearest(old: int, new: int) -> Array:
    """Return the old pixel in which the centre of each new pixel lies, ⌊(i + ½) · old / new⌋."""
    return (2 * np.arange(new) + 1) * old // (2 * new)


_UNIT = 1 << 22
"""Pillow's weights are multiples of 1 / _UNIT."""
_BLOCK = 1 << 22
"""Values converted to float64 at a time: 32 MB."""


def _as_pillow(images: Array, height: int, width: int, mode: InterpolationMode) -> Array:
    """Return resized uint8 images (N, C, H, W); products in float64 are exact, since all are integers below 2⁵³."""
    old_height, old_width = images.shape[2:]
    # Pillow resizes the height first where that leaves fewer rows for the width.
    first_height = height < old_height and old_height - height > 2 * (old_width - width)
    axes = ((2, height), (3, width)) if first_height else ((3, width), (2, height))
    step = max(1, _BLOCK // max(1, math.prod(images.shape[1:])))
    result = np.empty((*images.shape[:2], height, width), np.uint8)
    for first in range(0, len(images), step):
        part = images[first : first + step]
        for axis, new in axes:
            old = part.shape[axis]
            if old != new:
                weights = _pillow_weights(old, new, mode)
                values = part.astype(np.float64)
                summed = values @ weights.T if axis == 3 else weights @ values
                part = np.floor((summed + _UNIT // 2) / _UNIT).clip(0, 255).astype(np.uint8)
        result[first : first + step] = part
    return result


def _nearest_as_pillow(old: int, new: int) -> Array:
    """Return `_nearest` with the float64 rounding errors that Pillow accumulates, which decide ties."""
    steps = np.full(new, old / new)
    steps[0] *= 0.5
    return np.cumsum(steps).astype(np.intp).clip(0, old - 1)


@lru_cache(maxsize=32)
def _pillow_weights(old: int, new: int, mode: InterpolationMode) -> Array:
    """Return Pillow's weights as multiples of 1 / _UNIT, float64 (new, old)."""
    weights = _weights(old, new, mode, True) * _UNIT
    return np.trunc(weights + np.copysign(0.5, weights))


@lru_cache(maxsize=32)
def _weights(old: int, new: int, mode: InterpolationMode, antialias: bool) -> Array:
    """Return the weight of each old pixel in each new one, float64 (new, old); rows sum to 1."""
    scale = old / new
    center = (np.arange(new)[:, np.newaxis] + 0.5) * scale
    if not antialias:
        return _clamped_weights(center, old, mode)
    weights = _filter(abs(np.arange(old) + 0.5 - center) / max(scale, 1.0), mode)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _clamped_weights(center: Array, old: int, mode: InterpolationMode) -> Array:
    """Return the weights without antialiasing, of 2 or 4 pixels; weights of pixels outside are added to the edge."""
    around = 2 if mode is InterpolationMode.BILINEAR else 4
    first = np.floor(center - 0.5).astype(np.intp) - (around // 2 - 1)  # (new, 1)
    positions = first + np.arange(around)  # (new, around)
    # PyTorch's cubic filter has a = −0.75 here, and −0.5 with antialiasing.
    values = _filter(abs(positions + 0.5 - center), mode, -0.75)
    weights = np.zeros((len(center), old))
    np.add.at(weights, (np.arange(len(center))[:, np.newaxis], positions.clip(0, old - 1)), values)
    return weights


def _filter(distance: Array, mode: InterpolationMode, a: float = -0.5) -> Array:
    """Return the weights at distances in pixels: a triangle, or Keys' cubic with parameter `a`."""
    if mode is InterpolationMode.BILINEAR:
        return np.maximum(1 - distance, 0)
    near = ((a + 2) * distance - (a + 3)) * distance**2 + 1
    far = (((distance - 5) * distance + 8) * distance - 4) * a
    return np.where(distance < 1, near, np.where(distance < 2, far, 0))
