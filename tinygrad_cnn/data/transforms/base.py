"""`Transform`, the base class: conversion of image formats, and checks of the arguments that several transforms share.

Transforms compute on a batch (N, C, H, W). An image in another format is converted to a batch of one, and the result
back to that format:

| given | read as |
|---|---|
| a PIL image of mode L, LA, RGB or RGBA | an image of 1 to 4 channels |
| a uint8 array of 2 or 3 axes | (H, W) or (H, W, C), the layout of decoded image files |
| any other array, and every tensor | (H, W), (C, H, W) or (N, C, H, W); further leading axes are merged into N |
"""

from __future__ import annotations

import numbers
import sys
from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

import numpy as np
from typing_extensions import TypeIs

from tinygrad_cnn._types import Array, Pair
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.data._types import Sample
from tinygrad_cnn.data.seeding import current_generator
from tinygrad_cnn.tensor import Tensor

if TYPE_CHECKING:
    from PIL.Image import Image as PILImage

ImageT = TypeVar("ImageT")
"""A PIL image, an array or a tensor; the result has the same type."""

Fill = float | Sequence[float]
"""A number, or one for each channel."""

_MODES = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}


class Transform:
    """A step from an image to an image.

    A subclass defines ``batch``, which takes and returns (N, C, H, W); one image is a batch of one. Random transforms
    draw anew for each image of a batch, whereas torchvision's change all images of a batch in the same way.

    Attributes:
        batched: whether `batch` treats each image as a call with this image does. Data sets that hold their images in
            one array then transform whole batches.
    """

    batched: bool = True
    _shown: ClassVar[tuple[str, ...]] = ()
    """The attributes that `__repr__` prints."""

    def __call__(self, image: Sample) -> Sample:
        """Return the transformed image in the format of `image`."""
        return apply(type(self).__name__, image, self.batch)

    def batch(self, images: Array) -> Array:
        """Return the transformed images.

        Args:
            images: (N, C, H, W); never changed.
        """
        raise NotImplementedError(f"{type(self).__name__}: a transform must define batch(self, images)")

    def __repr__(self) -> str:
        values = ((name, getattr(self, name)) for name in self._shown)
        shown = (f"{name}={value.value if isinstance(value, Enum) else value}" for name, value in values)
        return f"{type(self).__name__}({', '.join(shown)})"


class RandomTransform(Transform):
    """Change each image with probability `p`. A subclass defines ``changed``.

    Args:
        p: the probability, from 0 to 1.
    """

    _shown = ("p",)

    def __init__(self, p: float = 0.5) -> None:
        self.p = probability(type(self).__name__, p)

    def batch(self, images: Array) -> Array:
        """Return the images, some of them changed, (N, C, H, W)."""
        chosen = current_generator().random(len(images)) < self.p
        result = images.copy()
        result[chosen] = self.changed(images[chosen])
        return result

    def changed(self, images: Array) -> Array:
        """Return all images changed, (N, C, H, W)."""
        raise NotImplementedError


def apply(owner: str, image: ImageT, function: Callable[[Array], Array]) -> ImageT:
    """Return ``function(image as a batch)`` in the format of `image`; errors begin with `owner`."""
    images, restore = as_batch(owner, image)
    return cast("ImageT", restore(function(images)))


def as_batch(owner: str, image: object) -> tuple[Array, Callable[[Array], object]]:
    """Return an image as an array (N, C, H, W), and the function that converts a result to the format of `image`.

    Args:
        owner: the transform, for messages.
        image: in one of the formats above.

    Raises:
        TypeError: `image` has another type, or requires a gradient.
        ValueError: `image` has fewer than two axes, or looks like (C, H, W) where (H, W, C) is expected.
    """
    if isinstance(image, Tensor):
        if image.requires_grad:
            raise TypeError(f"{owner}: expected an image without gradient, which would be lost; use .detach()")
        images, restore = _from_planes(owner, image.array)
        return images, lambda result: from_numpy(restore(result))
    if is_pil(image):
        if image.mode not in _MODES:
            raise TypeError(f"{owner}: expected a PIL image of mode {', '.join(_MODES)}, got {image.mode}; convert it")
        images, restore = _from_pixels(owner, np.asarray(image))
        return images, lambda result: pil_from_pixels(restore(result))
    if isinstance(image, np.ndarray):
        pixels = image.dtype == np.uint8 and image.ndim in {2, 3}
        return _from_pixels(owner, image) if pixels else _from_planes(owner, image)
    raise TypeError(f"{owner}: expected a PIL image, an array or a tensor, got {type(image).__name__}")


def is_pil(image: object) -> TypeIs[PILImage]:
    """Return whether `image` is a PIL image, without importing Pillow: if Pillow is not loaded, no value is one."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(image, module.Image)


def pil_from_pixels(pixels: Array) -> PILImage:
    """Return pixels (H, W) or (H, W, C) as a PIL image; Pillow must be loaded."""
    image: PILImage = sys.modules["PIL.Image"].fromarray(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels)
    return image


def _from_pixels(owner: str, image: Array) -> tuple[Array, Callable[[Array], Array]]:
    """Return (H, W) or (H, W, C) as (1, C, H, W), and the inverse."""

    def restore(result: Array) -> Array:
        flat = image.ndim == 2 and result.shape[1] == 1
        return result[0, 0] if flat else np.ascontiguousarray(np.moveaxis(result[0], 0, -1))

    if image.ndim == 2:
        return image[np.newaxis, np.newaxis], restore
    if image.shape[0] in {1, 3} and image.shape[2] > 4:
        raise ValueError(
            f"{owner}: expected a uint8 array as (H, W, C), got {image.shape}, which looks like (C, H, W); "
            "make it a tensor"
        )
    return np.moveaxis(image, -1, 0)[np.newaxis], restore


def _from_planes(owner: str, image: Array) -> tuple[Array, Callable[[Array], Array]]:
    """Return (..., H, W) as (N, C, H, W), and the inverse."""
    if image.ndim < 2:
        raise ValueError(f"{owner}: expected an image of at least 2 axes, got shape {image.shape}")
    front = image.shape[:-2]
    channels = front[-1] if front else 1
    images = image.reshape(int(np.prod(front[:-1])), channels, *image.shape[-2:])

    def restore(result: Array) -> Array:
        if front and result.shape[1] != channels:
            return result.reshape(*front[:-1], *result.shape[1:])
        return result.reshape(*front, *result.shape[-2:]) if front or result.shape[1] == 1 else result[0]

    return images, restore


def is_number(value: object) -> TypeIs[float]:
    """Return whether `value` is a real number other than a bool."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _ints(value: object, least: int) -> tuple[int, ...]:
    """Return an int or a sequence of ints as a tuple; () if a value is not an int of at least `least`."""
    values = (value,) if isinstance(value, int) else tuple(value) if isinstance(value, Sequence) else ()
    valid = all(isinstance(n, int) and not isinstance(n, bool) and n >= least for n in values)
    return values if valid else ()


def size_pair(owner: str, size: int | Sequence[int]) -> Pair:
    """Return (height, width); an int, or a sequence of one, stands for both."""
    sizes = _ints(size, 1)
    if len(sizes) not in {1, 2}:
        raise ValueError(f"{owner}: expected size as a positive int or (height, width), got {size!r}")
    return sizes[0], sizes[-1]


def margins(owner: str, padding: int | Sequence[int]) -> tuple[int, int, int, int]:
    """Return (left, top, right, bottom), given one int for all, (left and right, top and bottom), or all four."""
    sides = _ints(padding, 0)
    if len(sides) not in {1, 2, 4}:
        raise ValueError(f"{owner}: expected padding as 1, 2 or 4 ints of at least 0, got {padding!r}")
    left, top, right, bottom = sides * (4 // len(sides))
    return left, top, right, bottom


def probability(owner: str, p: float) -> float:
    """Return `p`, checked to be a probability."""
    if not is_number(p) or not 0 <= p <= 1:
        raise ValueError(f"{owner}: expected p from 0 to 1, got {p!r}")
    return float(p)


def span(owner: str, name: str, value: object, low: float, high: float) -> tuple[float, float]:
    """Return (a, b), low ≤ a ≤ b ≤ high, given as a sequence of two numbers."""
    pair = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else ()
    if len(pair) != 2 or not all(is_number(n) for n in pair) or not low <= pair[0] <= pair[1] <= high:
        raise ValueError(f"{owner}: expected {name} as two numbers, {low} ≤ a ≤ b ≤ {high}, got {value!r}")
    return float(pair[0]), float(pair[1])


def checked_fill(owner: str, fill: Fill) -> Fill:
    """Return `fill`, checked to be a number or a sequence of numbers."""
    if not is_number(fill) and not (isinstance(fill, tuple | list) and fill and all(is_number(n) for n in fill)):
        raise TypeError(f"{owner}: expected fill as a number, or one for each channel, got {fill!r}")
    return fill


def fill_values(owner: str, fill: Fill, images: Array) -> Array:
    """Return `fill` in the dtype of `images`, in a shape that broadcasts with (N, C, H, W): () or (C, 1, 1)."""
    values = np.asarray(fill)
    if values.ndim and len(values) not in {1, images.shape[1]}:
        raise ValueError(f"{owner}: expected fill as a number or {images.shape[1]} of them, got {fill!r}")
    if images.dtype.kind in "iu":
        bounds = np.iinfo(images.dtype)
        if values.min() < bounds.min or values.max() > bounds.max:
            raise ValueError(f"{owner}: expected fill from {bounds.min} to {bounds.max} for {images.dtype}, got {fill}")
    return values.astype(images.dtype).reshape(-1, 1, 1) if values.ndim else values.astype(images.dtype)
