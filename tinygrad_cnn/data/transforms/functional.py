"""What the transforms do, as functions of an image with torchvision's names and arguments.

Each takes a PIL image, an array or a tensor, or a batch of tensors (N, C, H, W), and returns what it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.data.transforms import color_jitter
from tinygrad_cnn.data.transforms.arguments import Fill, is_number
from tinygrad_cnn.data.transforms.center_crop import CenterCrop
from tinygrad_cnn.data.transforms.grayscale import checked_channels, grey
from tinygrad_cnn.data.transforms.interpolation import InterpolationMode, mode_of
from tinygrad_cnn.data.transforms.layout import opened
from tinygrad_cnn.data.transforms.normalize import Normalize
from tinygrad_cnn.data.transforms.pad import Pad, padded
from tinygrad_cnn.data.transforms.resize import Resize
from tinygrad_cnn.data.transforms.rotation import rotated
from tinygrad_cnn.data.transforms.to_pil import ToPILImage
from tinygrad_cnn.data.transforms.to_tensor import ToTensor
from tinygrad_cnn.tensor import Tensor


def to_tensor(pic: Any) -> Tensor:
    """Return an image as a tensor (C, H, W); see `ToTensor`."""
    return ToTensor()(pic)


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """Return a PIL image; see `ToPILImage`."""
    return ToPILImage(mode)(pic)


def normalize(tensor: Any, mean: float | Sequence[float], std: float | Sequence[float], inplace: bool = False) -> Any:
    """Return the image with each channel's mean subtracted and divided by its standard deviation; see `Normalize`."""
    return Normalize(mean, std, inplace)(tensor)


def resize(
    img: Any,
    size: int | Sequence[int],
    interpolation: InterpolationMode | str = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool = True,
) -> Any:
    """Return the image in another size; see `Resize`."""
    return Resize(size, interpolation, max_size, antialias)(img)


def pad(img: Any, padding: int | Sequence[int], fill: Fill = 0, padding_mode: str = "constant") -> Any:
    """Return the image with a margin; see `Pad`."""
    return Pad(padding, fill, padding_mode)(img)


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """Return the part of `height` by `width` pixels from (top, left) on; what lies outside of the image is 0."""
    return _apply("crop", img, lambda images: _cropped(images, top, left, height, width))


def _cropped(images: Array, top: int, left: int, height: int, width: int) -> Array:
    if height < 1 or width < 1:
        raise ValueError(f"crop: expected height and width of at least 1, got {height} and {width}")
    h, w = images.shape[2:]
    sides = (max(-left, 0), max(-top, 0), max(left + width - w, 0), max(top + height - h, 0))
    if any(sides):
        images = padded("crop", images, sides, 0, "constant")
    top, left = max(top, 0), max(left, 0)
    return images[:, :, top : top + height, left : left + width]


def center_crop(img: Any, output_size: int | Sequence[int]) -> Any:
    """Return the middle of the image; see `CenterCrop`."""
    return CenterCrop(output_size)(img)


def resized_crop(
    img: Any,
    top: int,
    left: int,
    height: int,
    width: int,
    size: int | Sequence[int],
    interpolation: InterpolationMode | str = InterpolationMode.BILINEAR,
    antialias: bool = True,
) -> Any:
    """Return a part of the image in another size; see `crop` and `resize`."""
    return resize(crop(img, top, left, height, width), size, interpolation, None, antialias)


def hflip(img: Any) -> Any:
    """Return the image mirrored left to right."""
    return _apply("hflip", img, lambda images: np.flip(images, 3).copy())


def vflip(img: Any) -> Any:
    """Return the image mirrored top to bottom."""
    return _apply("vflip", img, lambda images: np.flip(images, 2).copy())


def rotate(
    img: Any,
    angle: float,
    interpolation: InterpolationMode | str = InterpolationMode.NEAREST,
    expand: bool = False,
    center: Sequence[float] | None = None,
    fill: Fill = 0,
) -> Any:
    """Return the image turned anticlockwise by `angle` degrees; see `RandomRotation`."""
    mode = mode_of("rotate", interpolation, (InterpolationMode.NEAREST, InterpolationMode.BILINEAR))
    if not is_number(angle):
        raise TypeError(f"rotate: expected angle as a number, got {angle!r}")
    return _apply(
        "rotate", img, lambda images: rotated(images, np.full(len(images), angle), mode, expand, center, fill)
    )


def erase(img: Any, i: int, j: int, h: int, w: int, v: Any, inplace: bool = False) -> Any:
    """Return a tensor image, its rectangle of `h` by `w` pixels from (i, j) on filled with `v`.

    Args:
        img: a tensor (..., C, H, W).
        i: the row of the upper left corner.
        j: its column.
        h: height of the rectangle.
        w: its width.
        v: what to fill it with: a number, or a tensor that broadcasts.
        inplace: change `img`, and return that.
    """
    if not isinstance(img, Tensor):
        raise TypeError(f"erase: expected a tensor, got {type(img).__name__}")
    result = img if inplace else img.clone()
    result[..., i : i + h, j : j + w] = v
    return result


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """Return the image in grey; see `Grayscale`."""
    channels = checked_channels("rgb_to_grayscale", num_output_channels)
    return _apply("rgb_to_grayscale", img, lambda images: grey("rgb_to_grayscale", images, channels))


to_grayscale = rgb_to_grayscale


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """Return y = b·x, cut off: 0 is black, 1 the image."""
    return _coloured("adjust_brightness", img, color_jitter.brightened, brightness_factor, 0, np.inf)


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """Return y = c·x + (1 − c)·m, m the mean of the image in grey, cut off: 0 is that grey, 1 the image."""
    return _coloured("adjust_contrast", img, color_jitter.contrasted, contrast_factor, 0, np.inf)


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """Return y = s·x + (1 − s)·grey, cut off: 0 is the image in grey, 1 the image."""
    return _coloured("adjust_saturation", img, color_jitter.saturated, saturation_factor, 0, np.inf)


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """Return the image with its colours turned on the colour circle, from −0.5 to 0.5 where 1 is a full turn."""
    return _coloured("adjust_hue", img, color_jitter.hue_turned, hue_factor, -0.5, 0.5)


def _coloured(
    place: str, img: Any, change: Callable[[Array, Array], Array], factor: float, low: float, high: float
) -> Any:
    if not is_number(factor) or not low <= factor <= high:
        raise ValueError(f"{place}: expected a factor from {low} to {high}, got {factor!r}")

    def changed(images: Array) -> Array:
        color_jitter.check_colours(place, images)
        return change(images, np.full((len(images), 1, 1, 1), factor, np.float32))

    return _apply(place, img, changed)


def _apply(place: str, image: Any, function: Callable[[Array], Array]) -> Any:
    """Return what `function` makes of an image as (1 or N, C, H, W), in the form in which it came."""
    images, restore = opened(place, image)
    return restore(function(images))


__all__ = [
    "adjust_brightness",
    "adjust_contrast",
    "adjust_hue",
    "adjust_saturation",
    "center_crop",
    "crop",
    "erase",
    "hflip",
    "normalize",
    "pad",
    "resize",
    "resized_crop",
    "rgb_to_grayscale",
    "rotate",
    "to_grayscale",
    "to_pil_image",
    "to_tensor",
    "vflip",
]
