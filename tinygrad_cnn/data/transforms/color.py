"""`ColorJitter`, `Grayscale` and `RandomGrayscale`: transforms of colours.

    brightness   y = b·x
    contrast     y = c·x + (1 − c)·m        m = mean of grey
    saturation   y = s·x + (1 − s)·grey     grey = 0.2989 R + 0.587 G + 0.114 B
    hue          rotated by h on the colour circle; the largest and the smallest channel value stay

Results are clipped to the range from black to full brightness; uint8 is rounded down, as in torchvision.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.data.seeding import current_generator
from tinygrad_cnn.data.transforms.base import RandomTransform, Transform, is_number, span


class ColorJitter(Transform):
    """Change brightness, contrast, saturation and hue of each image, in random order, by factors drawn uniformly.

    Images have 3 channels, or 1 channel, without saturation and hue. uint8 is from 0 to 255, floats are from 0 to 1.

    Args:
        brightness: (min, max) of b, at least 0; or a number d for (max(0, 1 − d), 1 + d).
        contrast: the same for c.
        saturation: the same for s.
        hue: (min, max) of h, from −0.5 to 0.5, where 1 is a full turn; or a number d for (−d, d).

    Raises:
        ValueError: a factor is invalid; when called: the images have another number of channels, or a dtype other than
            uint8 and floating-point dtypes.
    """

    _shown = ("brightness", "contrast", "saturation", "hue")

    def __init__(
        self,
        brightness: float | Sequence[float] = 0,
        contrast: float | Sequence[float] = 0,
        saturation: float | Sequence[float] = 0,
        hue: float | Sequence[float] = 0,
    ) -> None:
        self.brightness = _span("brightness", brightness)
        self.contrast = _span("contrast", contrast)
        self.saturation = _span("saturation", saturation)
        self.hue = _span("hue", hue, neutral=0, high=0.5)

    def batch(self, images: Array) -> Array:
        """Return the images with changed colours, (N, C, H, W)."""
        check_colors("ColorJitter", images)
        n = len(images)
        generator = current_generator()
        steps = (with_brightness, with_contrast, with_saturation, with_hue)
        bounds = (self.brightness, self.contrast, self.saturation, self.hue)
        order = generator.permuted(np.tile(np.arange(len(steps)), (n, 1)), axis=1)  # (N, 4), each row in its own order
        factors = [None if each is None else generator.uniform(*each, size=n) for each in bounds]
        result = images.copy()
        for position in range(len(steps)):
            for i, (step, drawn) in enumerate(zip(steps, factors, strict=True)):
                chosen = order[:, position] == i
                if drawn is not None and chosen.any():
                    factor = drawn[chosen].astype(np.float32).reshape(-1, 1, 1, 1)
                    result[chosen] = step(result[chosen], factor)
        return result


def check_colors(owner: str, images: Array) -> None:
    """Raise a ValueError unless images (N, C, H, W) have 1 or 3 channels and a dtype whose range of values is known."""
    if images.shape[1] not in {1, 3} or not (images.dtype == np.uint8 or images.dtype.kind == "f"):
        raise ValueError(
            f"{owner}: expected uint8 or floating images of 1 or 3 channels, got {images.dtype} of shape {images.shape}"
        )


def _span(
    name: str, value: float | Sequence[float], neutral: float = 1, high: float = math.inf
) -> tuple[float, float] | None:
    """Return (min, max) of a factor; None if it can only be `neutral`, which changes nothing."""
    low = 0.0 if neutral else -high
    if is_number(value):
        if not 0 <= value <= high:
            raise ValueError(f"ColorJitter: expected {name} from 0 to {high} or as (min, max), got {value}")
        value = (max(low, neutral - value), neutral + value)
    bounds = span("ColorJitter", name, value, low, high)
    return None if bounds == (neutral, neutral) else bounds


def with_brightness(images: Array, factor: Array) -> Array:
    """Return b·x, clipped; `factor` is (N, 1, 1, 1), float32."""
    return _blend(images, np.float32(0), factor)


def with_contrast(images: Array, factor: Array) -> Array:
    """Return c·x + (1 − c)·m, clipped; `factor` is (N, 1, 1, 1), float32."""
    return _blend(images, grey(images).mean(axis=(1, 2, 3), keepdims=True, dtype=np.float32), factor)


def with_saturation(images: Array, factor: Array) -> Array:
    """Return s·x + (1 − s)·grey, clipped; `factor` is (N, 1, 1, 1), float32."""
    return images if images.shape[1] == 1 else _blend(images, grey(images), factor)


def _blend(images: Array, other: Array | np.float32, factor: Array) -> Array:
    """Return factor · images + (1 − factor) · other, clipped, in the dtype of the images."""
    top = 255 if images.dtype == np.uint8 else 1
    return (factor * images + (1 - factor) * other).clip(0, top).astype(images.dtype)


def grey(images: Array) -> Array:
    """Return images (N, 1 or 3, H, W) in grey, (N, 1, H, W), in their dtype, with torchvision's weights."""
    if images.shape[1] == 1:
        return images
    red, green, blue = (images[:, i : i + 1] for i in range(3))
    weights = np.array([0.2989, 0.587, 0.114], images.dtype if images.dtype.kind == "f" else np.float32)
    return (weights[0] * red + weights[1] * green + weights[2] * blue).astype(images.dtype)


def with_hue(images: Array, factor: Array) -> Array:
    """Return the images rotated by `factor` on the colour circle; `factor` is (N, 1, 1, 1).

    As a function of hue each channel is a trapezium: value·(1 − saturation·max(0, min(k, 4 − k, 1))), where k grows
    from 0 to 6 with the hue and starts at 5, 3, 1 for R, G, B. Ref. Wikipedia, HSL and HSV, "HSV to RGB alternative".
    """
    if images.shape[1] == 1:
        return images
    whole = images.dtype == np.uint8
    rgb = images.astype(np.float32) / 255 if whole else images
    high, low = rgb.max(axis=1, keepdims=True), rgb.min(axis=1, keepdims=True)
    chroma = high - low
    divisor = np.where(chroma == 0, 1, chroma)
    red, green, blue = (rgb[:, i : i + 1] for i in range(3))
    sixths = np.where(
        high == red,
        (green - blue) / divisor,
        np.where(high == green, 2 + (blue - red) / divisor, 4 + (red - green) / divisor),
    )
    start = np.array([5, 3, 1], rgb.dtype).reshape(3, 1, 1)
    k = (start + sixths + 6 * factor.astype(rgb.dtype)) % 6  # (N, 3, H, W)
    rotated = high - chroma * np.clip(np.minimum(k, 4 - k), 0, 1)
    return (rotated * np.float32(255.999)).astype(np.uint8) if whole else rotated.astype(images.dtype)


class Grayscale(Transform):
    """Make each image grey: uint8 as Pillow's mode L, to the last bit, floats with torchvision's weights.

    Args:
        num_output_channels: 1, or 3 for three equal channels.

    Raises:
        ValueError: `num_output_channels` is neither 1 nor 3; when called: an image has neither 1 nor 3 channels.
    """

    _shown = ("num_output_channels",)

    def __init__(self, num_output_channels: int = 1) -> None:
        self.num_output_channels = checked_channels("Grayscale", num_output_channels)

    def batch(self, images: Array) -> Array:
        """Return the images in grey, (N, 1 or 3, H, W)."""
        return grayscale("Grayscale", images, self.num_output_channels)


class RandomGrayscale(RandomTransform):
    """Make each image grey with probability `p`; the number of channels does not change.

    Args:
        p: the probability, from 0 to 1.
    """

    def __init__(self, p: float = 0.1) -> None:
        super().__init__(p)

    def changed(self, images: Array) -> Array:
        """Return the images in grey, (N, C, H, W)."""
        return grayscale("RandomGrayscale", images, images.shape[1])


def checked_channels(owner: str, channels: int) -> int:
    """Return `channels`, checked to be 1 or 3."""
    if isinstance(channels, bool) or channels not in (1, 3):
        raise ValueError(f"{owner}: expected num_output_channels as 1 or 3, got {channels!r}")
    return channels


def grayscale(owner: str, images: Array, channels: int) -> Array:
    """Return images (N, 1 or 3, H, W) in grey, (N, channels, H, W), in their dtype; uint8 with Pillow's weights."""
    if images.shape[1] not in {1, 3}:
        raise ValueError(f"{owner}: expected images of 1 or 3 channels, got {images.shape[1]} (shape {images.shape})")
    if images.shape[1] == 3 and images.dtype == np.uint8:
        red, green, blue = (images[:, i : i + 1].astype(np.uint32) for i in range(3))
        result = ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16).astype(np.uint8)  # multiples of 2⁻¹⁶
    else:
        result = grey(images)
    return np.ascontiguousarray(np.broadcast_to(result, (len(images), channels, *images.shape[2:])))
