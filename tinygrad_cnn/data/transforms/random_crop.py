"""`RandomCrop`: a part of the image, from anywhere in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tinygrad_cnn._types import Array
from tinygrad_cnn.data.seeding import current_generator
from tinygrad_cnn.data.transforms.arguments import Fill, margins, size_pair
from tinygrad_cnn.data.transforms.base import Transform
from tinygrad_cnn.data.transforms.pad import checked_fill, checked_mode, padded


class RandomCrop(Transform):
    """Cut a part out of each image, every place equally likely.

    Args:
        size: of the part: (height, width), or an int for both.
        padding: a margin put around the image before, as for `Pad`; None for none.
        pad_if_needed: put a margin as wide as is missing on both sides of an image that is smaller than `size`.
        fill: what a margin is made of if `padding_mode` is "constant".
        padding_mode: as for `Pad`.

    Raises:
        ValueError: another size, padding or mode; and when called, an image that is too small.

    Example:
        >>> RandomCrop(32, padding=4)  # what is usual for CIFAR-10
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: Fill = 0,
        padding_mode: str = "constant",
    ) -> None:
        self.size = size_pair("RandomCrop", size)
        if padding is not None:
            margins("RandomCrop", padding)
        self.padding = padding
        self.pad_if_needed = pad_if_needed
        self.fill = checked_fill("RandomCrop", fill)
        self.padding_mode = checked_mode("RandomCrop", padding_mode)

    def batch(self, images: Array) -> Array:
        """Return one part of each image, (N, C, *size)."""
        height, width = self.size
        left, top, right, bottom = (0, 0, 0, 0) if self.padding is None else margins("RandomCrop", self.padding)
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
        draw = current_generator()
        rows, columns = draw.integers(h - height + 1, size=n), draw.integers(w - width + 1, size=n)
        windows = sliding_window_view(images, (height, width), axis=(2, 3))
        return windows[np.arange(n), :, rows, columns]  # (N, C, height, width), one gather

    def __repr__(self) -> str:
        return f"RandomCrop(size={self.size}, padding={self.padding})"
