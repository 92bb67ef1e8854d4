"""`ColorJitter`: brightness, contrast, saturation and hue changed at random.

    brightness   y = b·x
    contrast     y = c·x + (1 − c)·m        m the mean of the image in grey
    saturation   y = s·x + (1 − s)·grey     grey = 0.2989 R + 0.587 G + 0.114 B
    hue          a turn by h on the colour circle, with the same largest and smallest channel

Every result is cut off at black and at full brightness; uint8 is rounded down, as in torchvision.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.data.seeding import current_generator
from tinygrad_cnn.data.transforms.arguments import is_number, span
from tinygrad_cnn.data.transforms.base import Transform

Span = tuple[float, float]


class ColorJitter(Transform):
    """Change the colours of each image by factors drawn uniformly, in an order drawn as well.

    Images are of 3 channels, or of 1, which has no saturation and hue. uint8 is from 0 to 255, floats are from 0 to 1.

    Args:
        brightness: (min, max) of b, at least 0; or a number d for (max(0, 1 − d), 1 + d).
        contrast: of c, likewise.
        saturation: of s, likewise.
        hue: (min, max) of h, from −0.5 to 0.5, where 1 is a full turn; or a number d for (−d, d).

    Raises:
        ValueError: other factors; when called: images of other channels, or not of uint8 or a floating dtype.
    """

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
        self.hue = _span("hue", hue, centre=0, high=0.5)

    def batch(self, images: Array) -> Array:
        """Return the images in other colours, (N, C, H, W)."""
        check_colours("ColorJitter", images)
        n = len(images)
        draw = current_generator()
        steps: list[tuple[Callable[[Array, Array], Array], Span | None]] = [
            (brightened, self.brightness),
            (contrasted, self.contrast),
            (saturated, self.saturation),
            (hue_turned, self.hue),
        ]
        order = draw.permuted(np.tile(np.arange(len(steps)), (n, 1)), axis=1)  # (N, 4), each row its own order
        factors = [None if bounds is None else draw.uniform(*bounds, size=n) for _, bounds in steps]
        result = images.copy()
        for place in range(len(steps)):
            for i, (step, _) in enumerate(steps):
                drawn, chosen = factors[i], order[:, place] == i
                if drawn is not None and chosen.any():
                    factor = drawn[chosen].astype(np.float32).reshape(-1, 1, 1, 1)
                    result[chosen] = step(result[chosen], factor)
        return result

    def __repr__(self) -> str:
        return (
            f"ColorJitter(brightness={self.brightness}, contrast={self.contrast}, saturation={self.saturation}, "
            f"hue={self.hue})"
        )


def check_colours(place: str, images: Array) -> None:
    """Raise a ValueError unless images (N, C, H, W) are grey or in colour, and their range of values is known."""
    if images.shape[1] not in {1, 3} or not (images.dtype == np.uint8 or images.dtype.kind == "f"):
        raise ValueError(
            f"{place}: expected uint8 or floating images of 1 or 3 channels, got {images.dtype} of shape {images.shape}"
        )


def _span(name: str, value: float | Sequence[float], centre: float = 1, high: float = math.inf) -> Span | None:
    """Return (min, max) of a factor; None where it would always be the one that changes nothing."""
    low = 0.0 if centre else -high
    if is_number(value):
        if not 0 <= value <= high:  # type: ignore[operator]
            raise ValueError(f"ColorJitter: expected {name} from 0 to {high} or as (min, max), got {value}")
        value = (max(low, centre - value), centre + value)  # type: ignore[operator]
    bounds = span("ColorJitter", name, value, low, high)
    return None if bounds == (centre, centre) else bounds


def brightened(images: Array, factor: Array) -> Array:
    """Return b·x, cut off; `factor` is (N, 1, 1, 1), float32."""
    return _mixed(images, np.float32(0), factor)


def contrasted(images: Array, factor: Array) -> Array:
    """Return c·x + (1 − c)·m, cut off; `factor` is (N, 1, 1, 1), float32."""
    return _mixed(images, _grey(images).mean(axis=(1, 2, 3), keepdims=True, dtype=np.float32), factor)


def saturated(images: Array, factor: Array) -> Array:
    """Return s·x + (1 − s)·grey, cut off; `factor` is (N, 1, 1, 1), float32."""
    return images if images.shape[1] == 1 else _mixed(images, _grey(images), factor)


def _mixed(images: Array, other: Array | np.float32, factor: Array) -> Array:
    """Return factor · images + (1 − factor) · other, cut off, in the dtype of the images."""
    top = 255 if images.dtype == np.uint8 else 1
    return (factor * images + (1 - factor) * other).clip(0, top).astype(images.dtype)


def _grey(images: Array) -> Array:
    """Return images (N, 1 or 3, H, W) in grey, (N, 1, H, W), in their dtype."""
    if images.shape[1] == 1:
        return images
    red, green, blue = (images[:, i : i + 1] for i in range(3))
    weights = np.array([0.2989, 0.587, 0.114], images.dtype if images.dtype.kind == "f" else np.float32)
    return (weights[0] * red + weights[1] * green + weights[2] * blue).astype(images.dtype)


def hue_turned(images: Array, factor: Array) -> Array:
    """Return images turned by `factor` of the colour circle.

    On the circle each channel is a trapezium: value·(1 − saturation·max(0, min(k, 4 − k, 1))), where k runs from 0 to 6
    with the hue and starts at 5, 3, 1 for R, G, B. Ref. the Wikipedia article HSL and HSV, "HSV to RGB alternative".
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
    turned = high - chroma * np.clip(np.minimum(k, 4 - k), 0, 1)
    return (turned * np.float32(255.999)).astype(np.uint8) if whole else turned.astype(images.dtype)
