"""`RandomErasing`: overwrite a rectangle of the image."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.data._types import Sample
from tinygrad_cnn.data.seeding import current_generator
from tinygrad_cnn.data.transforms.base import Fill, Transform, checked_fill, fill_values, probability, span
from tinygrad_cnn.data.transforms.crop import draw_sides
from tinygrad_cnn.tensor import Tensor


class RandomErasing(Transform):
    """Overwrite a rectangle of each image with probability `p`.

    Area and aspect ratio are drawn, and determine height and width: h = √(area · ratio), w = √(area / ratio), rounded.
    If 10 rectangles do not fit into an image, it is not changed.

    Args:
        p: the probability, from 0 to 1.
        scale: (min, max) of the rectangle's area as a fraction of the image's, drawn uniformly.
        ratio: (min, max) of its height divided by its width, whose logarithm is drawn uniformly.
        value: the value of the rectangle: a number, one for each channel, or "random" for values of N(0, 1).
        inplace: change the given tensor or array, and return it.

    Raises:
        ValueError: the probability, scale or ratio is invalid.
        TypeError: `value` is invalid; when called: "random" for an image that has no floating dtype.

    Ref. Z. Zhong et al.: Random Erasing Data Augmentation, 2017, https://arxiv.org/abs/1708.04896
    """

    _shown = ("p", "scale", "ratio", "value", "inplace")

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

    def __call__(self, image: Sample) -> Sample:
        """Return the erased image in the format of `image`; if `inplace`, `image` itself."""
        result = super().__call__(image)
        if self.inplace and isinstance(image, Tensor):
            return image.copy_(result)
        if self.inplace and isinstance(image, np.ndarray):
            image[...] = result
            return image
        return result

    def batch(self, images: Array) -> Array:
        """Return the images, some with a rectangle overwritten, (N, C, H, W)."""
        generator = current_generator()
        chosen = generator.random(len(images)) < self.p
        rows, columns = self._rectangles(len(images), *images.shape[2:])
        mask = rows[:, :, np.newaxis] & columns[:, np.newaxis] & chosen[:, np.newaxis, np.newaxis]  # (N, H, W)
        if isinstance(self.value, str):
            if images.dtype.kind != "f":
                raise TypeError(f'RandomErasing: expected a floating dtype for value="random", got {images.dtype}')
            filling = generator.standard_normal(images.shape, np.float32).astype(images.dtype)
        else:
            filling = fill_values("RandomErasing", self.value, images)
        return np.where(mask[:, np.newaxis], filling, images)

    def _rectangles(self, n: int, height: int, width: int) -> tuple[Array, Array]:
        """Return the rows (N, H) and columns (N, W) that each image's rectangle covers; no rows if none fits."""
        heights, widths = draw_sides(n, height * width, self.scale, self.ratio)
        fits = (heights < height) & (widths < width)
        first, any_fits = fits.argmax(axis=1), fits.any(axis=1)
        h, w = (np.where(any_fits, sizes[np.arange(n), first], 0).astype(np.int64) for sizes in (heights, widths))
        generator = current_generator()
        top, left = generator.integers(height - h + 1), generator.integers(width - w + 1)
        return _between(height, top, h), _between(width, left, w)


def _between(length: int, start: Array, size: Array) -> Array:
    """Return the mask (N, length) of the indices from `start` to before `start + size`."""
    indices = np.arange(length)
    return (indices >= start[:, np.newaxis]) & (indices < (start + size)[:, np.newaxis])
