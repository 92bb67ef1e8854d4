"""`VisionDataset`, `ArrayImages` and `PublishedImages`, the base classes of the image data sets."""

from __future__ import annotations

import operator
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.data import catalog
from tinygrad_cnn.data._types import Batch, Function, Sample
from tinygrad_cnn.data.collate import default_collate
from tinygrad_cnn.data.dataset import Dataset
from tinygrad_cnn.data.locations import data_root
from tinygrad_cnn.data.published import Entry
from tinygrad_cnn.data.transforms.compose import is_batched
from tinygrad_cnn.tensor import Tensor

Transform = Function
"""A transform, or any other function of an image or a label."""


class VisionDataset(Dataset[tuple[Sample, Sample]]):
    """Images with labels; a subclass defines ``__getitem__`` and ``__len__``, and may print more in ``extra_repr``.

    Attributes:
        root: the folder of the images; None if they do not come from a folder.
        transform: applied to each image when it is read, or None.
        target_transform: applied to each label when it is read, or None.
    """

    classes: Sequence[str] = ()

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
    ) -> None:
        self.root = root
        self.transform = transform
        self.target_transform = target_transform

    @cached_property
    def class_to_idx(self) -> dict[str, int]:
        """The label of each class by its name."""
        return {name: i for i, name in enumerate(self.classes)}

    def extra_repr(self) -> str:
        """Return lines to print below the number of samples and the root."""
        return ""

    def __repr__(self) -> str:
        lines = [f"Number of datapoints: {len(self)}"]
        if self.root is not None:
            lines.append(f"Root location: {os.fspath(self.root)}")
        lines += self.extra_repr().splitlines()
        transforms = [("Transform: ", self.transform), ("Target transform: ", self.target_transform)]
        if any(transform is not None for _, transform in transforms):
            lines.append("StandardTransform")
        text = "\n    ".join([f"Dataset {type(self).__name__}", *lines])
        for head, transform in transforms:
            if transform is not None:
                text += f"\n{head}" + repr(transform).replace("\n", "\n" + " " * len(head))
        return text

    def _transformed(self, image: Sample, target: Sample) -> tuple[Sample, Sample]:
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target


class ArrayImages(VisionDataset):
    """Images held in memory as one array.

    If there is no transform, or one with a batch form (its ``batched`` is true), `DataLoader` reads whole batches: it
    gathers the images, then calls ``transform.batch`` once for all of them, (N, C, H, W).

    Attributes:
        data: all images: uint8, (N, H, W) or (N, H, W, C), a tensor or an array.
        targets: all labels: a tensor or a list of ints.
        train: whether these are the training images; None if the set is not split.
    """

    data: Tensor | Array
    targets: Tensor | list[int]
    train: bool | None

    def __getitem__(self, index: int) -> tuple[Sample, Sample]:
        """Return a copy of an image, uint8 (H, W) or (H, W, C), and its label, an int, both transformed."""
        row = operator.index(index)
        return self._transformed(np.array(_array(self.data)[row], order="C"), int(self.targets[row]))

    def __len__(self) -> int:
        return len(self.data)

    def batch(self, indices: Sequence[int]) -> Batch:
        """Return the collated samples at `indices`, read at once unless the transform has no batch form."""
        if self.transform is not None and not is_batched(self.transform):
            return default_collate([self[index] for index in indices])
        rows = np.array([operator.index(index) for index in indices], dtype=np.int64)
        return [from_numpy(self._images(rows)), self._labels(rows)]

    def _images(self, rows: Array) -> Array:
        """Return the transformed images at `rows`, in the layout of single images."""
        data = _array(self.data)
        grey = data.ndim == 3
        planes = data[:, np.newaxis] if grey else np.moveaxis(data, -1, 1)
        # Channels first: CIFAR's arrays are (N, H, W, C) views of planes, so each image is contiguous memory.
        images = planes[rows]  # (N, C, H, W)
        if is_batched(self.transform):
            images = self.transform.batch(images)
        if images.dtype == np.uint8:
            images = images[:, 0] if grey and images.shape[1] == 1 else np.moveaxis(images, 1, -1)
        return np.ascontiguousarray(images)

    def _labels(self, rows: Array) -> Batch:
        """Return the transformed labels at `rows`."""
        if self.target_transform is None and isinstance(self.targets, Tensor):
            return self.targets[rows]
        labels = [int(self.targets[row]) for row in rows.tolist()]
        if self.target_transform is not None:
            return default_collate([self.target_transform(label) for label in labels])
        return from_numpy(np.array(labels, dtype=np.int64))

    def extra_repr(self) -> str:
        """Return the name of the split."""
        return "" if self.train is None else f"Split: {'Train' if self.train else 'Test'}"


class PublishedImages(ArrayImages):
    """The training or test images of a set in the catalog. A subclass defines ``_name`` and ``_read``."""

    _name: ClassVar[str]

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        download: bool = False,
    ) -> None:
        folder, entry = data_root(root), catalog.entry(self._name)
        super().__init__(folder, transform, target_transform)
        if download and not catalog.is_complete(entry, folder):
            catalog.get(self._name, folder)
        self.train = train
        self.data, self.targets = self._read(entry, folder, train)

    def _read(self, entry: Entry, folder: Path, train: bool) -> tuple[Tensor | Array, Tensor | list[int]]:
        """Return `data` and `targets`, read from the files in `folder`."""
        raise NotImplementedError


def _array(images: Tensor | Array) -> Array:
    return images.array if isinstance(images, Tensor) else images
