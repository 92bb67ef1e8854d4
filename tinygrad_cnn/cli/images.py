"""Convert images to the inputs of networks: float32 tensors (C, H, W) from 0 to 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from tinygrad_cnn._dtypes import float32
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.cli.checks import ConfigError
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.data import Dataset, default_collate
from tinygrad_cnn.data.dataset import fetch, reads_batches, samples
from tinygrad_cnn.data.image_files import load_image, pillow
from tinygrad_cnn.tensor import Tensor


class LabelledImages(Protocol):
    """A data set of (image, label)."""

    classes: Sequence[object]

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> tuple[object, int]: ...


def as_planes(images: object, leading: int = 0) -> Array:
    """Return images as planes (..., C, H, W), uint8 as float32 from 0 to 1.

    Args:
        images: uint8 (..., H, W), (..., H, W, C) with C of 1 or 3, or (..., C, H, W); images of other dtypes are
            returned as they are, since the transform ToTensor has made them planes.
        leading: number of axes before those of an image.
    """
    array = np.asarray(images)
    if array.dtype != np.uint8:
        return array
    if array.ndim == leading + 2:
        array = np.expand_dims(array, leading)
    elif array.shape[-1] in (1, 3):
        array = np.moveaxis(array, -1, leading)
    return np.divide(array, float32.type(255), order="C")


class ImageTensors(Dataset[tuple[Tensor, int]]):
    """A data set of images as one of tensors; if it reads batches at once, they are converted at once.

    Args:
        dataset: yields (image, label).
    """

    def __init__(self, dataset: LabelledImages) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image, label = self.dataset[index]
        return from_numpy(as_planes(image)), label

    def batch(self, indices: Sequence[int]) -> object:
        """Return the collated samples at `indices`."""
        if not reads_batches(self.dataset):
            return default_collate(samples(self, indices))
        images, labels = fetch(self.dataset, indices)
        return [from_numpy(as_planes(images, 1)), labels]


def read_image(path: Path, shape: Shape, transform: Callable[[Array], object] | None, invert: bool) -> Tensor:
    """Return an image file as one input of a network.

    Args:
        path: a file that Pillow reads.
        shape: (C, H, W) of the network's inputs: the image is made grey for one channel and colour for three, and
            resized unless the transforms make it fit.
        transform: the transform of the data set, of a uint8 array (H, W) or (H, W, 3); or None.
        invert: whether to exchange dark and light, such as for ink on paper if the network learned light on dark.

    Returns:
        (1, C, H, W).

    Raises:
        DataError: the file is damaged or not an image; see `load_image`.
        ConfigError: the result has another shape.
        ModuleNotFoundError: Pillow is not installed; the message names the extra.
    """
    channels, height, width = shape
    picture = load_image(path)
    image = picture.convert("L") if channels == 1 else picture
    bilinear = pillow("reading images").Resampling.BILINEAR
    # First as it is: in training the transforms may make images fit. If they do not, it is resized before them.
    for candidate in (image, image.resize((width, height), bilinear)):
        array = np.array(candidate)
        array = 255 - array if invert else array
        found = as_planes(array if transform is None else transform(array))
        if found.shape == shape:
            return from_numpy(np.ascontiguousarray(found[np.newaxis]))
    raise ConfigError(
        f"{path}: expected an image of shape {shape} after the transforms, got {found.shape}; a transform Resize or "
        "CenterCrop makes images equally large"
    )
