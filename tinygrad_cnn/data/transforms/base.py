"""`Transform`: what all transforms have in common. One computation, on many images at once, serves every form."""

from __future__ import annotations

from typing import Any

from tinygrad_cnn._types import Array
from tinygrad_cnn.data.transforms.layout import opened


class Transform:
    """A step from an image to an image.

    A subclass defines ``batch``, which takes and returns (N, C, H, W); one image is a batch of one. It draws for each
    image by itself, so a batch given to a transform is not, as it would be in torchvision, changed all in the same way.

    Attributes:
        batched: whether `batch` does to each image what a call does. Data sets that hold their images as one array
            then transform whole batches.
    """

    batched: bool = True

    def __call__(self, image: Any) -> Any:
        """Return the transformed image, in the form in which it came; see `layout`."""
        images, restore = opened(type(self).__name__, image)
        return restore(self.batch(images))

    def batch(self, images: Array) -> Array:
        """Return the transformed images.

        Args:
            images: (N, C, H, W); never changed.
        """
        raise NotImplementedError(f"{type(self).__name__}: a transform must define batch(self, images)")

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
