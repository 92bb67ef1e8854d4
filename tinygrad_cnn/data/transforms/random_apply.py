"""`RandomApply`: transforms that only some images go through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.data.seeding import current_generator
from tinygrad_cnn.data.transforms.arguments import probability
from tinygrad_cnn.data.transforms.compose import Compose


class RandomApply(Compose):
    """Apply all of the transforms, in order, with probability `p`, or none.

    Args:
        transforms: transforms, or any functions of an image. To be read by whole batches they must keep the shape.
        p: from 0 to 1.

    Raises:
        TypeError: one of them cannot be called.
        ValueError: another probability; when called with a batch: the transforms change the shape.
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], p: float = 0.5) -> None:
        super().__init__(transforms)
        self.p = probability("RandomApply", p)

    def __call__(self, image: Any) -> Any:
        """Return the image, or what the transforms make of it."""
        return super().__call__(image) if current_generator().random() < self.p else image

    def batch(self, images: Array) -> Array:
        """Return the images (N, C, H, W), some of them transformed."""
        chosen = current_generator().random(len(images)) < self.p
        if not chosen.any():
            return images
        changed = super().batch(images[chosen])
        if (changed.shape[1:], changed.dtype) != (images.shape[1:], images.dtype):
            raise ValueError(
                f"RandomApply: expected transforms that keep shape and dtype, {images.dtype} {images.shape[1:]}, got "
                f"{changed.dtype} {changed.shape[1:]} for some of the images"
            )
        result = np.array(images)
        result[chosen] = changed
        return result

    def __repr__(self) -> str:
        return super().__repr__().replace("Compose(", f"RandomApply(\n    p={self.p}", 1)
