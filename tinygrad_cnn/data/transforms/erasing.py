"""`RandomErasing`: a rectangle of the image wiped out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.data.seeding import current_generator
from tinygrad_cnn.data.transforms.arguments import Fill, probability, span
from tinygrad_cnn.data.transforms.base import Transform
from tinygrad_cnn.data.transforms.pad import checked_fill, fill_values
from tinygrad_cnn.tensor import Tensor

_ATTEMPTS = 10
"""So often a rectangle is drawn that fits; an image for which none did stays whole."""


class RandomErasing(Transform):
    """Wipe out a rectangle of each image with probability `p`.

    Area and aspect are drawn, height and width follow: h = √(area · aspect), w = √(area / aspect), rounded.

    Args:
        p: from 0 to 1.
        scale: the area of the rectangle, as parts (min, max) of the image, drawn uniformly.
        ratio: its height divided by its width, (min, max); the logarithm is drawn uniformly.
        value: what it is filled with: a number, one for each channel, or "random" for values of N(0, 1).
        inplace: change a tensor or array given, and return that.

    Raises:
        ValueError: another probability, scale or ratio.
        TypeError: another value; when called: "random" for an image that is not of a floating dtype.

    Ref. Z. Zhong et al.: Random Erasing Data Augmentation, 2017, https://arxiv.org/abs/1708.04896
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: Fill | str = 0,
        inplace: bool = False,
    ) -> None:
        self.p = probability("RandomErasing", p)
        self.scale = span("RandomErasing", "scale", scale, 0, 1)
        self.ratio = span("RandomErasing", "ratio", ratio, 0, math.inf)
        if self.ratio[0] == 0:
            raise ValueError(f"RandomErasing: expected ratio above 0, got {ratio}")
        if isinstance(value, str) and value != "random":
            raise TypeError(f'RandomErasing: expected value as numbers or "random", got {value!r}')
        self.value = value if isinstance(value, str) else checked_fill("RandomErasing", value)
        self.inplace = inplace

    def __call__(self, image: Any) -> Any:
        """Return the image, part of it wiped out, in the form in which it came; `inplace`, the same one."""
        result = super().__call__(image)
        if self.inplace and isinstance(image, Tensor):
            return image.copy_(result)
        if self.inplace and isinstance(image, np.ndarray):
            image[...] = result
            return image
        return result

    def batch(self, images: Array) -> Array:
        """Return the images, part of some of them wiped out, (N, C, H, W)."""
        draw = current_generator()
        chosen = draw.random(len(images)) < self.p
        rows, columns = self._rectangles(len(images), *images.shape[2:])
        mask = rows[:, :, np.newaxis] & columns[:, np.newaxis] & chosen[:, np.newaxis, np.newaxis]  # (N, H, W)
        if isinstance(self.value, str):
            if images.dtype.kind != "f":
                raise TypeError(f'RandomErasing: expected a floating dtype for value="random", got {images.dtype}')
            filling = draw.standard_normal(images.shape, np.float32).astype(images.dtype)
        else:
            filling = fill_values("RandomErasing", self.value, images)
        return np.where(mask[:, np.newaxis], filling, images)

    def _rectangles(self, n: int, height: int, width: int) -> tuple[Array, Array]:
        """Return which rows (N, H) and columns (N, W) the rectangle of each image covers; none if none fitted."""
        draw = current_generator()
        shape = (n, _ATTEMPTS)
        area = height * width * draw.uniform(*self.scale, size=shape)
        aspect = np.exp(draw.uniform(math.log(self.ratio[0]), math.log(self.ratio[1]), size=shape))
        heights, widths = np.rint(np.sqrt(area * aspect)), np.rint(np.sqrt(area / aspect))
        fits = (heights < height) & (widths < width)
        first = fits.argmax(axis=1), fits.any(axis=1)
        h, w = (np.where(first[1], sizes[np.arange(n), first[0]], 0).astype(np.int64) for sizes in (heights, widths))
        top, left = draw.integers(height - h + 1), draw.integers(width - w + 1)
        rows, columns = np.arange(height), np.arange(width)
        return (
            (rows >= top[:, np.newaxis]) & (rows < (top + h)[:, np.newaxis]),
            (columns >= left[:, np.newaxis]) & (columns < (left + w)[:, np.newaxis]),
        )

    def __repr__(self) -> str:
        return (
            f"RandomErasing(p={self.p}, scale={self.scale}, ratio={self.ratio}, value={self.value}, "
            f"inplace={self.inplace})"
        )
