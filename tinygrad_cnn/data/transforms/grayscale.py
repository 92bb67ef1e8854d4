"""`Grayscale`, `RandomGrayscale`: colours taken out.

grey = 0.299 R + 0.587 G + 0.114 B
"""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.data.seeding import current_generator
from tinygrad_cnn.data.transforms.arguments import probability
from tinygrad_cnn.data.transforms.base import Transform


class Grayscale(Transform):
    """Make each image grey: uint8 as Pillow's mode L, to the last bit, floats with torchvision's weights.

    Args:
        num_output_channels: 1, or 3 for three equal channels.

    Raises:
        ValueError: another number of channels; when called: an image of other than 1 or 3 channels.
    """

    def __init__(self, num_output_channels: int = 1) -> None:
        self.num_output_channels = checked_channels("Grayscale", num_output_channels)

    def batch(self, images: Array) -> Array:
        """Return the images in grey, (N, 1 or 3, H, W)."""
        return grey("Grayscale", images, self.num_output_channels)

    def __repr__(self) -> str:
        return f"Grayscale(num_output_channels={self.num_output_channels})"


class RandomGrayscale(Transform):
    """Make each image grey with probability `p`; it keeps its channels.

    Args:
        p: from 0 to 1.
    """

    def __init__(self, p: float = 0.1) -> None:
        self.p = probability("RandomGrayscale", p)

    def batch(self, images: Array) -> Array:
        """Return the images, some of them in grey, (N, C, H, W)."""
        chosen = current_generator().random(len(images)) < self.p
        result = images.copy()
        result[chosen] = grey("RandomGrayscale", images[chosen], images.shape[1])
        return result

    def __repr__(self) -> str:
        return f"RandomGrayscale(p={self.p})"


def checked_channels(place: str, channels: int) -> int:
    """Return `channels`, 1 or 3."""
    if isinstance(channels, bool) or channels not in (1, 3):
        raise ValueError(f"{place}: expected num_output_channels as 1 or 3, got {channels!r}")
    return channels


def grey(place: str, images: Array, channels: int) -> Array:
    """Return images (N, 1 or 3, H, W) in grey, (N, channels, H, W), in their dtype."""
    if images.shape[1] not in {1, 3}:
        raise ValueError(f"{place}: expected images of 1 or 3 channels, got {images.shape[1]} (shape {images.shape})")
    result = images
    if images.shape[1] == 3:
        red, green, blue = (images[:, i : i + 1] for i in range(3))
        if images.dtype == np.uint8:  # Pillow's: weights in steps of 2⁻¹⁶
            mixed = 19595 * red.astype(np.uint32) + 38470 * green.astype(np.uint32) + 7471 * blue.astype(np.uint32)
            result = ((mixed + 0x8000) >> 16).astype(np.uint8)
        else:
            weights = np.array([0.2989, 0.587, 0.114], images.dtype if images.dtype.kind == "f" else np.float32)
            result = (weights[0] * red + weights[1] * green + weights[2] * blue).astype(images.dtype)
    return np.ascontiguousarray(np.broadcast_to(result, (len(images), channels, *images.shape[2:])))
