"""`CenterCrop`, `RandomCrop` and `RandomResizedCrop`: cut a rectangle out of the image."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tinygrad_cnn._types import Array
from tinygrad_cnn.data.seeding import current_generator
from tinygrad_cnn.data.transforms.base import Fill, Transform, checked_fill, margins, size_pair, span
from tinygrad_cnn.data.transforms.geometry import checked_mode, padded
from tinygrad_cnn.data.transforms.resize import InterpolationMode, Resize

_ATTEMPTS = 10
"""The number of rectangles drawn for an image; the first that fits is used."""


class CenterCrop(Transform):
    """Cut out the centre of each image; a smaller image is padded with zeros first.

    Args:
        size: the size of the result: (height, width), or an int for both.
    """

    _shown = ("size",)

    def __init__(self, size: int | Sequence[int]) -> None:
        self.size = size_pair("CenterCrop", size)

    def batch(self, images: Array) -> Array:
        """Return the centres, (N, C, *size)."""
        more = [old - new for old, new in zip(images.shape[2:], self.size, strict=True)]  # rows and columns to cut off
        top, left = ((n + 1) // 2 if n < 0 else round(n / 2) for n in more)
        return cropped("CenterCrop", images, top, left, *self.size)


def cropped(owner: str, images: Array, top: int, left: int, height: int, width: int) -> Array:
    """Return the rectangle of each image from (top, left) on, padded with zeros outside of the image."""
    h, w = images.shape[2:]
    sides = (max(-left, 0), max(-top, 0), max(left + width - w, 0), max(top + height - h, 0))
    if any(sides):
        images = padded(owner, images, sides, 0, "constant")
    top, left = max(top, 0), max(left, 0)
    return images[:, :, top : top + height, left : left + width]


class RandomCrop(Transform):
    """Cut a rectangle out of each image; every position is equally likely.

    Args:
        size: the size of the result: (height, width), or an int for both.
        padding: the margin added first, as for `Pad`; None for no margin.
        pad_if_needed: pad an image that is smaller than `size`, on both sides by the number of missing pixels.
        fill: value of the margin if `padding_mode` is "constant".
        padding_mode: as for `Pad`.

    Raises:
        ValueError: the size, padding or mode is invalid; when called: an image is too small.

    Example:
        >>> RandomCrop(32, padding=4)  # usual for CIFAR-10
    """

    _shown = ("size", "padding")

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: Fill = 0,
        padding_mode: str = "constant",
    ) -> None:
        self.size = size_pair("RandomCrop", size)
        self._margins = margins("RandomCrop", 0 if padding is None else padding)
        self.padding = padding
        self.pad_if_needed = pad_if_needed
        self.fill = checked_fill("RandomCrop", fill)
        self.padding_mode = checked_mode("RandomCrop", padding_mode)

    def batch(self, images: Array) -> Array:
        """Return one rectangle of each image, (N, C, *size)."""
        height, width = self.size
        left, top, right, bottom = self._margins
        if self.pad_if_needed:
            lack = max(height - images.shape[2] - top - bottom, 0), max(width - images.shape[3] - left - right, 0)
            left, top, right, bottom = left + lack[1], top + lack[0], right + lack[1], bottom + lack[0]
        if left or top or right or bottom:
            images = padded("RandomCrop", images, (left, top, right, bottom), self.fill, self.padding_mode)
        n, _, h, w = images.shape
        if h < height or w < width:
            raise ValueError(
                f"RandomCrop: expected images of at least {height}×{width}, got {h}×{w}; pad them or use pad_if_needed"
            )
        generator = current_generator()
        rows, columns = generator.integers(h - height + 1, size=n), generator.integers(w - width + 1, size=n)
        windows = sliding_window_view(images, (height, width), axis=(2, 3))
        return windows[np.arange(n), :, rows, columns]  # (N, C, height, width), one gather


class RandomResizedCrop(Transform):
    """Cut a rectangle of random area and aspect ratio out of each image and resize it: usual for ImageNet.

    Args:
        size: the size of the result: (height, width), or an int for both.
        scale: (min, max) of the rectangle's area as a fraction of the image's, drawn uniformly.
        ratio: (min, max) of its width divided by its height, whose logarithm is drawn uniformly.
        interpolation: as for `Resize`.
        antialias: as for `Resize`.

    Raises:
        ValueError: the size, scale, ratio or interpolation is invalid.

    Ref. C. Szegedy et al.: Going Deeper with Convolutions, 2014, https://arxiv.org/abs/1409.4842, section 6
    """

    _shown = ("size", "scale", "ratio", "interpolation", "antialias")

    def __init__(
        self,
        size: int | Sequence[int],
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3 / 4, 4 / 3),
        interpolation: InterpolationMode | str = InterpolationMode.BILINEAR,
        antialias: bool = True,
    ) -> None:
        self.size = size_pair("RandomResizedCrop", size)
        self.scale = span("RandomResizedCrop", "scale", scale, 0, math.inf)
        self.ratio = span("RandomResizedCrop", "ratio", ratio, 0, math.inf)
        if self.scale[1] == 0 or self.ratio[0] == 0:
            raise ValueError(f"RandomResizedCrop: expected scale and ratio above 0, got {scale} and {ratio}")
        self._resize = Resize(self.size, interpolation, antialias=antialias)
        self.interpolation = self._resize.interpolation
        self.antialias = antialias

    def batch(self, images: Array) -> Array:
        """Return one resized rectangle of each image, (N, C, *size)."""
        result = np.empty((*images.shape[:2], *self.size), images.dtype)
        for i, (top, left, height, width) in enumerate(self._rectangles(len(images), *images.shape[2:])):
            rectangle = images[i : i + 1, :, top : top + height, left : left + width]
            result[i] = self._resize.batch(rectangle)[0]
        return result

    def _rectangles(self, n: int, height: int, width: int) -> list[tuple[int, int, int, int]]:
        """Return top, left, height and width of each image's rectangle; the largest centred one if none fits."""
        widths, heights = draw_sides(n, height * width, self.scale, self.ratio)
        fits = (heights > 0) & (heights <= height) & (widths > 0) & (widths <= width)
        positions = current_generator().random((n, 2))
        found = []
        for i in range(n):
            if not fits[i].any():
                found.append(self._central(height, width))
                continue
            h, w = int(heights[i, fits[i].argmax()]), int(widths[i, fits[i].argmax()])
            found.append((int(positions[i, 0] * (height - h + 1)), int(positions[i, 1] * (width - w + 1)), h, w))
        return found

    def _central(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Return the largest rectangle in the centre whose aspect ratio is allowed."""
        h, w = height, width
        if width / height < self.ratio[0]:
            h = max(1, round(width / self.ratio[0]))
        elif width / height > self.ratio[1]:
            w = max(1, round(height * self.ratio[1]))
        return (height - h) // 2, (width - w) // 2, h, w


def draw_sides(n: int, area: int, scale: tuple[float, float], ratio: tuple[float, float]) -> tuple[Array, Array]:
    """Return the sides a, b of `_ATTEMPTS` random rectangles for each of `n` images, each (N, attempts), rounded.

    a = √(s·area·r), b = √(s·area / r),   s ~ U(scale), log r ~ U(log ratio)
    """
    generator = current_generator()
    areas = area * generator.uniform(*scale, size=(n, _ATTEMPTS))
    ratios = np.exp(generator.uniform(math.log(ratio[0]), math.log(ratio[1]), size=(n, _ATTEMPTS)))
    return np.rint(np.sqrt(areas * ratios)), np.rint(np.sqrt(areas / ratios))
