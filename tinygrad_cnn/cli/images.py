"""Images of any form as what networks take: float32 tensors (C, H, W) from 0 to 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_cnn._dtypes import float32
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.cli.checks import ConfigError
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.data import Dataset, default_collate
from tinygrad_cnn.data.dataset import fetch, reads_batches, samples
from tinygrad_cnn.data.image_files import load_image, pillow
from tinygrad_cnn.tensor import Tensor


def as_planes(images: Any, leading: int = 0) -> Array:
    """Return images as planes (..., C, H, W), uint8 as float32 from 0 to 1.

    Args:
        images: uint8 (..., H, W), (..., H, W, C) with C of 1 or 3, or (..., C, H, W); other dtypes are taken to be
            planes already, as the transform ToTensor makes them.
        leading: how many axes there are before those of an image.
    """
    array = np.asarray(images)
    if array.dtype != np.uint8:
        return array
    if array.ndim == leading + 2:
        array = np.expand_dims(array, leading)
    elif array.shape[-1] in (1, 3):
        array = np.moveaxis(array, -1, leading)
    return np.divide(array, float32.type(255), order="C")


class ImageTensors(Dataset[tuple[Tensor, Any]]):
    """A data set of images as one of tensors; whole batches are converted at once where they are read so.

    Args:
        dataset: gives (image, label).
    """

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> tuple[Tensor, Any]:
        image, label = self.dataset[index]
        return from_numpy(as_planes(image)), label

    def batch(self, indices: Sequence[int]) -> Any:
        """Return the collated samples at `indices`."""
        if not reads_batches(self.dataset):
            return default_collate(samples(self, indices))
        images, labels = fetch(self.dataset, indices)
        return [from_numpy(as_planes(images, 1)), labels]


def read_image(path: Path, shape: Shape, transform: Callable[[Any], Any] | None, invert: bool) -> Tensor:
    """Return an image file as one input of a network.

    Args:
        path: a file that Pillow reads.
        shape: (C, H, W) of the network's inputs: one channel makes it grey, three colour; it is resized to fit
            unless the transforms see to that.
        transform: what the data set does to its images, a uint8 array (H, W) or (H, W, 3), or None.
        invert: whether dark and light are exchanged, such as for ink on paper when the network learnt light on dark.

    Returns:
        (1, C, H, W).

    Raises:
        DataError: it is no image, or a damaged one; see `load_image`.
        ConfigError: it comes out in another shape.
        ModuleNotFoundError: Pillow is not installed; the message names the extra.
    """
    channels, height, width = shape
    picture = load_image(path)
    image = picture.convert("L") if channels == 1 else picture
    bilinear = pillow("reading images").Resampling.BILINEAR
    # As it is, if the transforms make it fit, as they do in training; resized before them otherwise.
    for candidate in (image, image.resize((width, height), bilinear)):
        array: Any = np.array(candidate)
        array = 255 - array if invert else array
        found = as_planes(array if transform is None else transform(array))
        if found.shape == shape:
            return from_numpy(np.ascontiguousarray(found[np.newaxis]))
    raise ConfigError(
        f"{path}: expected an image of shape {shape} after the transforms, got {found.shape}; a transform Resize or "
        "CenterCrop makes images equally large"
    )
