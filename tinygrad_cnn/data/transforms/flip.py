"""`RandomHorizontalFlip`, `RandomVerticalFlip`: the mirrored image, or the image."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.data.seeding import current_generator
from tinygrad_cnn.data.transforms.arguments import probability
from tinygrad_cnn.data.transforms.base import Transform


class RandomHorizontalFlip(Transform):
    """Mirror each image left to right with probability `p`.

    Args:
        p: from 0 to 1.
    """

    _axis = 3

    def __init__(self, p: float = 0.5) -> None:
        self.p = probability(type(self).__name__, p)

    def batch(self, images: Array) -> Array:
        """Return the images, some of them mirrored, (N, C, H, W)."""
        chosen = current_generator().random(len(images)) < self.p
        result = images.copy()
        result[chosen] = np.flip(images[chosen], self._axis)
        return result

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class RandomVerticalFlip(RandomHorizontalFlip):
    """Mirror each image top to bottom with probability `p`.

    Args:
        p: from 0 to 1.
    """

    _axis = 2
