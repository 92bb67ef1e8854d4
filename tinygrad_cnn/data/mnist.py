"""MNIST: handwritten digits, from the four original files or the first 6,000 that come with the package."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_cnn._dtypes import float32
from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.data.collate import default_collate
from tinygrad_cnn.data.dataset import Dataset
from tinygrad_cnn.data.idx import DataError, read_idx, read_idx_stream
from tinygrad_cnn.tensor import Tensor

_SIDE = 28
_NAMES = {
    True: ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    False: ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
"""The files of images and of labels, by `train`."""


class _Digits(Dataset[tuple[Any, Any]]):
    """Images and labels in memory, given out as torchvision's MNIST does.

    Attributes:
        data: uint8 tensor (N, 28, 28), from 0 (paper) to 255 (ink).
        targets: int64 tensor (N,).
    """

    classes = (
        "0 - zero", "1 - one", "2 - two", "3 - three", "4 - four",
        "5 - five", "6 - six", "7 - seven", "8 - eight", "9 - nine",
    )  # fmt: skip

    def __init__(
        self,
        images: Array,
        labels: Array,
        train: bool,
        transform: Callable[[Any], Any] | None,
        target_transform: Callable[[Any], Any] | None,
    ) -> None:
        self.data = from_numpy(images)
        self.targets = from_numpy(labels.astype(np.int64))
        self.train = train
        self.transform = transform
        self.target_transform = target_transform

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """Return the image, a uint8 array (28, 28), and its label, an int; each after its transform."""
        image: Any = self.data.array[index].copy()
        label: Any = int(self.targets.array[index])
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            label = self.target_transform(label)
        return image, label

    def __len__(self) -> int:
        return len(self.data)

    def batch(self, indices: Sequence[int]) -> Any:
        """Return the collated samples at `indices`, sliced at once when there are no transforms."""
        if self.transform is not None or self.target_transform is not None:
            return default_collate([self[index] for index in indices])
        rows = np.array(indices, dtype=np.int64)
        return [self.data[rows], self.targets[rows]]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} {'training' if self.train else 'test'} digits)"


class MNIST(_Digits):
    """The 60,000 training or 10,000 test digits, 28×28, from the original IDX files, plain or .gz.

    Args:
        root: the folder of the files; its subfolders MNIST/raw and mnist are searched too.
        train: the training digits; the test digits otherwise.
        transform: applied to each image, a uint8 array (28, 28), when it is read.
        target_transform: applied to each label, an int, when it is read.

    Raises:
        FileNotFoundError: a file is in none of the places, which are all named.
        DataError: a file is damaged, is not of digits, or images and labels differ in number.

    Example:
        >>> train = MNIST("data")
        >>> train.data.shape, train.targets[:3].tolist(), train.classes[5]
        ((60000, 28, 28), [5, 0, 4], '5 - five')
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
    ) -> None:
        paths = [_find(Path(root), name) for name in _NAMES[train]]
        images, labels = (read_idx(path) for path in paths)
        _check(images, labels, *map(str, paths))
        super().__init__(images, labels, train, transform, target_transform)
        self.root = root


class MNIST5k(_Digits):
    """The first 5,000 training or 1,000 test digits of MNIST, which come with the package.

    Args:
        train: the training digits; the test digits otherwise.
        transform: applied to each image, a uint8 array (28, 28), when it is read.
        target_transform: applied to each label, an int, when it is read.
    """

    def __init__(
        self,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(*_embedded(train), train, transform, target_transform)


def load_mnist_5k(normalize: bool = True, flatten: bool = False) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return ``(x_train, t_train), (x_test, t_test)``: the first 5,000 and 1,000 digits of MNIST, as tensors.

    Args:
        normalize: images as float32 in [0, 1]; uint8 from 0 to 255 otherwise.
        flatten: images of shape (N, 784) instead of (N, 1, 28, 28).

    Returns:
        Images and int64 labels (N,), of the training and of the test digits.
    """

    def part(train: bool) -> tuple[Tensor, Tensor]:
        images, labels = _embedded(train)
        x = images.reshape(len(images), *((_SIDE * _SIDE,) if flatten else (1, _SIDE, _SIDE)))
        if normalize:
            x = x.astype(float32) / float32.type(255)
        return from_numpy(x), from_numpy(labels.astype(np.int64))

    return part(True), part(False)


def _embedded(train: bool) -> tuple[Array, Array]:
    """Return the images and labels in the package."""
    folder = files("tinygrad_cnn.data") / "mnist_5k"
    names = [f"{name}.gz" for name in _NAMES[train]]
    arrays = []
    for name in names:
        with (folder / name).open("rb") as file:
            arrays.append(read_idx_stream(file, name))
    _check(arrays[0], arrays[1], *names)
    return arrays[0], arrays[1]


def _find(root: Path, name: str) -> Path:
    """Return where the file `name`, or `name`.gz, is; the error lists where it was looked for."""
    folders = (root, root / "MNIST" / "raw", root / "mnist")
    tried = [folder / file for folder in folders for file in (name, f"{name}.gz")]
    found = next((path for path in tried if path.is_file()), None)
    if found is None:
        places = "".join(f"\n  {path}" for path in tried)
        raise FileNotFoundError(f"MNIST: expected the file {name}, plain or .gz, found none of{places}")
    return found


def _check(images: Array, labels: Array, image_file: str, label_file: str) -> None:
    """Raise a `DataError` unless the arrays are digits and their labels."""
    if images.dtype != np.uint8 or images.shape[1:] != (_SIDE, _SIDE):
        raise DataError(f"{image_file}: expected uint8 images (N, {_SIDE}, {_SIDE}), got {images.dtype} {images.shape}")
    if labels.dtype != np.uint8 or labels.ndim != 1:
        raise DataError(f"{label_file}: expected uint8 labels (N,), got {labels.dtype} {labels.shape}")
    if len(images) != len(labels):
        raise DataError(f"{label_file}: expected {len(images)} labels, one for each image in {image_file}, "
                        f"got {len(labels)}")  # fmt: skip
    if labels.size and labels.max() > 9:
        raise DataError(f"{label_file}: expected labels from 0 to 9, got {labels.max()} at {int(labels.argmax())}")
