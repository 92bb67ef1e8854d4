"""`RandomResizedCrop`: a part of random area and aspect, brought to one size."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.data.seeding import current_generator
from tinygrad_cnn.data.transforms.arguments import size_pair, span
from tinygrad_cnn.data.transforms.base import Transform
from tinygrad_cnn.data.transforms.interpolation import InterpolationMode
from tinygrad_cnn.data.transforms.resize import Resize

_ATTEMPTS = 10
"""So often a part is drawn that fits; an image for which none did gives the largest part in its middle."""


class RandomResizedCrop(Transform):
    """Cut a part of random area and aspect out of each image, and resize it: the usual augmentation for ImageNet.

    Args:
        size: of the result: (height, width), or an int for both.
        scale: the area of the part, as shares (min, max) of the image, drawn uniformly.
        ratio: its width divided by its height, (min, max); the logarithm is drawn uniformly.
        interpolation: as for `Resize`.
        antialias: as for `Resize`.

    Raises:
        ValueError: another size, scale, ratio or interpolation.

    Ref. C. Szegedy et al.: Going Deeper with Convolutions, 2014, https://arxiv.org/abs/1409.4842, section 6
    """

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
        """Return one part of each image, (N, C, *size)."""
        result = np.empty((*images.shape[:2], *self.size), images.dtype)
        for i, (top, left, height, width) in enumerate(self._parts(len(images), *images.shape[2:])):
            part = images[i : i + 1, :, top : top + height, left : left + width]
            result[i] = self._resize.batch(part)[0]
        return result

    def _parts(self, n: int, height: int, width: int) -> list[tuple[int, int, int, int]]:
        """Return top, left, height and width of the part of each image."""
        draw = current_generator()
        shape = (n, _ATTEMPTS)
        area = height * width * draw.uniform(*self.scale, size=shape)
        aspect = np.exp(draw.uniform(math.log(self.ratio[0]), math.log(self.ratio[1]), size=shape))
        heights = np.rint(np.sqrt(area / aspect)).astype(np.int64)
        widths = np.rint(np.sqrt(area * aspect)).astype(np.int64)
        fits = (heights > 0) & (heights <= height) & (widths > 0) & (widths <= width)
        places = draw.random((n, 2))
        found = []
        for i in range(n):
            if not fits[i].any():
                found.append(self._middle(height, width))
                continue
            h, w = int(heights[i, fits[i].argmax()]), int(widths[i, fits[i].argmax()])
            found.append((int(places[i, 0] * (height - h + 1)), int(places[i, 1] * (width - w + 1)), h, w))
        return found

    def _middle(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Return the largest part in the middle whose aspect is allowed."""
        h, w = height, width
        if width / height < self.ratio[0]:
            h = max(1, round(width / self.ratio[0]))
        elif width / height > self.ratio[1]:
            w = max(1, round(height * self.ratio[1]))
        return (height - h) // 2, (width - w) // 2, h, w

    def __repr__(self) -> str:
        return (
            f"RandomResizedCrop(size={self.size}, scale={self.scale}, ratio={self.ratio}, "
            f"interpolation={self.interpolation.value}, antialias={self.antialias})"
        )
