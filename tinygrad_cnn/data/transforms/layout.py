"""The forms in which an image comes, and the one that transforms compute on: (N, C, H, W).

| given | taken as |
|---|---|
| a PIL image of mode L, LA, RGB or RGBA | an image of 1 to 4 channels |
| a uint8 array of 2 or 3 axes | (H, W) or (H, W, C), as pictures are kept |
| any other array, and every tensor | (H, W), (C, H, W) or (N, C, H, W); more axes in front count as N |
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.tensor import Tensor

Restore = Callable[[Array], Any]

_MODES = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}


def opened(place: str, image: Any) -> tuple[Array, Restore]:
    """Return an image as an array (N, C, H, W), and what brings such an array back into the form of `image`.

    Args:
        place: the transform, for messages.
        image: in one of the forms above.

    Raises:
        TypeError: it is in none of them, or would need a gradient.
        ValueError: it has fewer than two axes, or looks like planes where (H, W, C) is meant.
    """
    if isinstance(image, Tensor):
        if image.requires_grad:
            raise TypeError(f"{place}: expected an image without gradient, which would be lost; use .detach()")
        images, restore = _planes(place, image.array)
        return images, lambda result: from_numpy(restore(result))
    if is_pil(image):
        if image.mode not in _MODES:
            raise TypeError(f"{place}: expected a PIL image of mode {', '.join(_MODES)}, got {image.mode}; convert it")
        images, restore = _picture(place, np.asarray(image))

        def picture(result: Array) -> Any:
            pixels = restore(result)
            return sys.modules["PIL.Image"].fromarray(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels)

        return images, picture
    if isinstance(image, np.ndarray):
        kept = image.dtype == np.uint8 and image.ndim in {2, 3}
        return _picture(place, image) if kept else _planes(place, image)
    raise TypeError(f"{place}: expected a PIL image, an array or a tensor, got {type(image).__name__}")


def is_pil(image: Any) -> bool:
    """Return whether `image` is Pillow's. Pillow is not imported for that: without it there is no such image."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(image, module.Image)


def _picture(place: str, image: Array) -> tuple[Array, Restore]:
    """Return (H, W) or (H, W, C) as (1, C, H, W), and the way back."""

    def restore(result: Array) -> Array:
        flat = image.ndim == 2 and result.shape[1] == 1
        return result[0, 0] if flat else np.ascontiguousarray(np.moveaxis(result[0], 0, -1))

    if image.ndim == 2:
        return image[np.newaxis, np.newaxis], restore
    if image.shape[0] in {1, 3} and image.shape[2] > 4:
        raise ValueError(
            f"{place}: expected a uint8 array as (H, W, C), got {image.shape}, which looks like (C, H, W); "
            "make it a tensor"
        )
    return np.moveaxis(image, -1, 0)[np.newaxis], restore


def _planes(place: str, image: Array) -> tuple[Array, Restore]:
    """Return (..., H, W) as (N, C, H, W), and the way back."""
    if image.ndim < 2:
        raise ValueError(f"{place}: expected an image of at least 2 axes, got shape {image.shape}")
    front = image.shape[:-2]
    shape = (1, *(front or (1,))) if len(front) < 2 else (-1, front[-1])
    if 0 in image.shape[:-2]:  # −1 cannot be worked out
        shape = (int(np.prod(front[:-1])), front[-1])
    images = image.reshape(*shape, *image.shape[-2:])

    def restore(result: Array) -> Array:
        if front and result.shape[1] != front[-1]:  # another number of channels
            return result.reshape(*front[:-1], *result.shape[1:])
        return result.reshape(*front, *result.shape[-2:]) if front or result.shape[1] == 1 else result[0]

    return images, restore
