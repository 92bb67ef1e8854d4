"""The transforms as functions of an image, with torchvision's names and arguments.

Each takes a PIL image, an array or a tensor (or a batch of them, (N, C, H, W)) and returns the same type.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.data.transforms import color
from tinygrad_cnn.data.transforms.base import Fill, ImageT, apply, is_number
from tinygrad_cnn.data.transforms.convert import Normalize, ToPILImage, ToTensor
from tinygrad_cnn.data.transforms.crop import CenterCrop, cropped
from tinygrad_cnn.data.transforms.geometry import Pad, rotated
from tinygrad_cnn.data.transforms.resize import InterpolationMode, Resize, mode_of
from tinygrad_cnn.tensor import Tensor

if TYPE_CHECKING:
    from PIL.Image import Image as PILImage


def to_tensor(pic: object) -> Tensor:
    """Return an image as a tensor (C, H, W); see `ToTensor`."""
    return ToTensor()(pic)


def to_pil_image(pic: object, mode: str | None = None) -> PILImage:
    """Return a PIL image; see `ToPILImage`."""
    return ToPILImage(mode)(pic)


def normalize(
    tensor: ImageT, mean: float | Sequence[float], std: float | Sequence[float], inplace: bool = False
) -> ImageT:
    """Return the image with each channel's mean subtracted, divided by the standard deviation; see `Normalize`."""
    return Normalize(mean, std, inplace)(tensor)


def resize(
    img: ImageT,
    size: int | Sequence[int],
    interpolation: InterpolationMode | str = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool = True,
) -> ImageT:
    """Return the resized image; see `Resize`."""
    return Resize(size, interpolation, max_size, antialias)(img)


def pad(img: ImageT, padding: int | Sequence[int], fill: Fill = 0, padding_mode: str = "constant") -> ImageT:
    """Return the image with a margin; see `Pad`."""
    return Pad(padding, fill, padding_mode)(img)


def crop(img: ImageT, top: int, left: int, height: int, width: int) -> ImageT:
    """Return a rectangle of the image from (top, left) on, `height` by `width` pixels; 0 outside the image."""
    if height < 1 or width < 1:
        raise ValueError(f"crop: expected height and width of at least 1, got {height} and {width}")
    return apply("crop", img, lambda images: cropped("crop", images, top, left, height, width))


def center_crop(img: ImageT, output_size: int | Sequence[int]) -> ImageT:
    """Return the centre of the image; see `CenterCrop`."""
    return CenterCrop(output_size)(img)


def resized_crop(
    img: ImageT,
    top: int,
    left: int,
    height: int,
    width: int,
    size: int | Sequence[int],
    interpolation: InterpolationMode | str = InterpolationMode.BILINEAR,
    antialias: bool = True,
) -> ImageT:
    """Return a resized rectangle of the image; see `crop` and `resize`."""
    return resize(crop(img, top, left, height, width), size, interpolation, None, antialias)


def hflip(img: ImageT) -> ImageT:
    """Return the image mirrored left to right."""
    return apply("hflip", img, lambda images: np.flip(images, 3).copy())


def vflip(img: ImageT) -> ImageT:
    """Return the image mirrored top to bottom."""
    return apply("vflip", img, lambda images: np.flip(images, 2).copy())


def rotate(
    img: ImageT,
    angle: float,
    interpolation: InterpolationMode | str = InterpolationMode.NEAREST,
    expand: bool = False,
    center: Sequence[float] | None = None,
    fill: Fill = 0,
) -> ImageT:
    """Return the image rotated anticlockwise by `angle` degrees; see `RandomRotation`."""
    mode = mode_of("rotate", interpolation, (InterpolationMode.NEAREST, InterpolationMode.BILINEAR))
    if not is_number(angle):
        raise TypeError(f"rotate: expected angle as a number, got {angle!r}")
    return apply("rotate", img, lambda images: rotated(images, np.full(len(images), angle), mode, expand, center, fill))


def erase(img: Tensor, i: int, j: int, h: int, w: int, v: float | Tensor, inplace: bool = False) -> Tensor:
    """Return the image with `v` in the rectangle of `h` by `w` pixels whose upper left corner is (i, j).

    Args:
        img: a tensor (..., C, H, W).
        i: the row of the upper left corner.
        j: the column of that corner.
        h: height of the rectangle.
        w: width of the rectangle.
        v: a number, or a tensor that broadcasts.
        inplace: change `img` and return it.
    """
    if not isinstance(img, Tensor):
        raise TypeError(f"erase: expected a tensor, got {type(img).__name__}")
    result = img if inplace else img.clone()
    result[..., i : i + h, j : j + w] = v
    return result


def rgb_to_grayscale(img: ImageT, num_output_channels: int = 1) -> ImageT:
    """Return the image in grey; see `Grayscale`."""
    channels = color.checked_channels("rgb_to_grayscale", num_output_channels)
    return apply("rgb_to_grayscale", img, lambda images: color.grayscale("rgb_to_grayscale", images, channels))


to_grayscale = rgb_to_grayscale


def adjust_brightness(img: ImageT, brightness_factor: float) -> ImageT:
    """Return y = b·x, clipped: b = 0 gives black, 1 the image."""
    return _recolored("adjust_brightness", img, color.with_brightness, brightness_factor, 0, np.inf)


def adjust_contrast(img: ImageT, contrast_factor: float) -> ImageT:
    """Return y = c·x + (1 − c)·m, m = mean of grey, clipped: c = 0 gives that grey, 1 the image."""
    return _recolored("adjust_contrast", img, color.with_contrast, contrast_factor, 0, np.inf)


def adjust_saturation(img: ImageT, saturation_factor: float) -> ImageT:
    """Return y = s·x + (1 − s)·grey, clipped: s = 0 gives the grey image, 1 the image."""
    return _recolored("adjust_saturation", img, color.with_saturation, saturation_factor, 0, np.inf)


def adjust_hue(img: ImageT, hue_factor: float) -> ImageT:
    """Return the image with its hue rotated by `hue_factor` from −0.5 to 0.5, where 1 is a full turn."""
    return _recolored("adjust_hue", img, color.with_hue, hue_factor, -0.5, 0.5)


def _recolored(
    owner: str, img: ImageT, change: Callable[[Array, Array], Array], factor: float, low: float, high: float
) -> ImageT:
    if not is_number(factor) or not low <= factor <= high:
        raise ValueError(f"{owner}: expected a factor from {low} to {high}, got {factor!r}")

    def changed(images: Array) -> Array:
        color.check_colors(owner, images)
        return change(images, np.full((len(images), 1, 1, 1), factor, np.float32))

    return apply(owner, img, changed)


__all__ = [
    "adjust_brightness", "adjust_contrast", "adjust_hue", "adjust_saturation", "center_crop", "crop", "erase", "hflip",
    "normalize", "pad", "resize", "resized_crop", "rgb_to_grayscale", "rotate", "to_grayscale", "to_pil_image",
    "to_tensor", "vflip",
]  # fmt: skip
