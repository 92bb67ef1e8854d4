"""`make_grid` and `save_image`: many images in one, as in ``torchvision.utils``."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import IO, Any

import numpy as np

from tinygrad_cnn._files import replacing
from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.data.image_files import pillow
from tinygrad_cnn.tensor import Tensor


def make_grid(
    tensor: Tensor | Sequence[Tensor],
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Tensor:
    """Arrange images in rows and return them as one image.

    Args:
        tensor: images (N, C, H, W), one image as (C, H, W) or (H, W), or a sequence of images of one shape; one channel
            becomes three equal ones.
        nrow: number of images in a row.
        padding: pixels around each image.
        normalize: scale the values to 0 to 1: y = (x − low) / max(high − low, 1e-5), x clipped to low and high.
        value_range: (low, high); the smallest and largest value if None.
        scale_each: use each image's own smallest and largest value.
        pad_value: value of the margins.

    Returns:
        (3, rows·(H + padding) + padding, columns·(W + padding) + padding), of the images' dtype. A single image gets no
        margins.

    Raises:
        TypeError: the images are not tensors.
        ValueError: images with a wrong number of axes, no images, or `nrow` or `padding` too small.
    """
    images = _batch(tensor)
    for name, value, least in (("nrow", nrow, 1), ("padding", padding, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"make_grid: expected {name} as an int of at least {least}, got {value!r}")
    if normalize:
        images = _normalized(images, value_range, scale_each)
    count, channels, h, w = images.shape
    if count == 1:
        return from_numpy(np.array(images[0]))
    columns = min(nrow, count)
    rows = math.ceil(count / columns)
    height, width = h + padding, w + padding
    grid = np.full((channels, rows * height + padding, columns * width + padding), pad_value, images.dtype)
    for i, image in enumerate(images):
        top, left = i // columns * height + padding, i % columns * width + padding
        grid[:, top : top + h, left : left + w] = image
    return from_numpy(grid)


def save_image(
    tensor: Tensor | Sequence[Tensor], fp: str | os.PathLike[str] | IO[bytes], format: str | None = None, **kwargs: Any
) -> None:
    """Write images with values from 0 to 1 to one image file: byte = ⌊clip(255·x + 0.5, 0, 255)⌋.

    Args:
        tensor: images, as for `make_grid`.
        fp: a path, whose missing folders are created, or a file open for writing.
        format: the file's format by Pillow's name; by the suffix of the path if None.
        kwargs: further arguments of `make_grid`.

    Raises:
        TypeError, ValueError: as for `make_grid`, or an unknown format.
        ModuleNotFoundError: Pillow is not installed; the message names the extra.
    """
    image = pillow("save_image")
    grid = make_grid(tensor, **kwargs).numpy()
    pixels = (grid * np.float32(255) + np.float32(0.5)).clip(0, 255).astype(np.uint8)
    picture = image.fromarray(np.ascontiguousarray(np.moveaxis(pixels, 0, -1)))
    if not isinstance(fp, str | os.PathLike):
        picture.save(fp, format=format)
        return
    kind = format or image.registered_extensions().get(os.path.splitext(os.fspath(fp))[1].lower())
    if kind is None:
        raise ValueError(f"save_image: expected a name that ends as images do, such as .png, got {os.fspath(fp)}")
    with replacing(fp) as part, part.open("wb") as file:
        picture.save(file, format=kind)


def _batch(tensor: Tensor | Sequence[Tensor]) -> Array:
    """Return images as (N, C, H, W); one channel is repeated three times."""
    if isinstance(tensor, Tensor):
        images = tensor.detach().numpy()
    elif isinstance(tensor, Sequence) and all(isinstance(one, Tensor) for one in tensor):
        shapes = list(dict.fromkeys(tuple(one.shape) for one in tensor))
        if len(shapes) != 1:
            raise ValueError(f"make_grid: expected images of one shape, got {' and '.join(map(str, shapes)) or 'none'}")
        images = np.stack([one.detach().numpy() for one in tensor])
    else:
        raise TypeError(f"make_grid: expected a tensor or a sequence of tensors, got {type(tensor).__name__}")
    if images.ndim == 2:
        images = images[np.newaxis]
    if images.ndim == 3:
        images = images[np.newaxis]
    if images.ndim != 4 or not images.size:
        raise ValueError(f"make_grid: expected images (N, C, H, W), (C, H, W) or (H, W), got shape {images.shape}")
    return np.repeat(images, 3, axis=1) if images.shape[1] == 1 else images


def _normalized(images: Array, value_range: tuple[float, float] | None, each: bool) -> Array:
    """Return the images scaled to 0 to 1."""
    if images.dtype.kind != "f":
        raise TypeError(f"make_grid: expected images of a floating dtype with normalize=True, got {images.dtype}")
    if value_range is not None and (not isinstance(value_range, tuple) or len(value_range) != 2):
        raise TypeError(f"make_grid: expected value_range as (low, high), got {value_range!r}")
    axes = (1, 2, 3) if each else (0, 1, 2, 3)
    if value_range is None:
        low, high = images.min(axis=axes, keepdims=True), images.max(axis=axes, keepdims=True)
    else:
        low, high = (np.array(value, images.dtype) for value in value_range)
    return (images.clip(low, high) - low) / np.maximum(high - low, images.dtype.type(1e-5))
