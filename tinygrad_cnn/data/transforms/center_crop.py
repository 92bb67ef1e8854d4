"""`CenterCrop`: the middle of the image."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_cnn._types import Array
from tinygrad_cnn.data.transforms.arguments import size_pair
from tinygrad_cnn.data.transforms.base import Transform
from tinygrad_cnn.data.transforms.pad import padded


class CenterCrop(Transform):
    """Cut out the middle of each image; one that is smaller gets a margin of zeros first.

    Args:
        size: of the part: (height, width), or an int for both.
    """

    def __init__(self, size: int | Sequence[int]) -> None:
        self.size = size_pair("CenterCrop", size)

    def batch(self, images: Array) -> Array:
        """Return the middles, (N, C, *size)."""
        height, width = self.size
        lack_h, lack_w = max(height - images.shape[2], 0), max(width - images.shape[3], 0)
        if lack_h or lack_w:
            sides = (lack_w // 2, lack_h // 2, (lack_w + 1) // 2, (lack_h + 1) // 2)
            images = padded("CenterCrop", images, sides, 0, "constant")
        top, left = round((images.shape[2] - height) / 2), round((images.shape[3] - width) / 2)
        return images[:, :, top : top + height, left : left + width]

    def __repr__(self) -> str:
        return f"CenterCrop(size={self.size})"
