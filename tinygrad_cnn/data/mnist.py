"""MNIST and Fashion-MNIST, from their four original files; 6,000 of the digits come with the package."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np

from tinygrad_cnn._dtypes import float32
from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.data import catalog
from tinygrad_cnn.data.errors import DataError
from tinygrad_cnn.data.idx import read_idx, read_idx_stream
from tinygrad_cnn.data.published import ENTRIES, Entry
from tinygrad_cnn.data.vision import ArrayImages, PublishedImages, Transform
from tinygrad_cnn.tensor import Tensor

_SIDE = 28
_NAMES = {
    True: ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    False: ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
"""The files of images and of labels, by `train`."""


class IdxImages(PublishedImages):
    """The training or test images of a set in the format of MNIST's four files.

    Attributes:
        data: uint8 tensor (N, 28, 28), from 0 (paper) to 255 (ink).
        targets: int64 tensor (N,).
    """

    data: Tensor
    targets: Tensor

    train_data = test_data = property(lambda self: self.data, doc="`data`, under torchvision's old names.")
    train_labels = test_labels = property(lambda self: self.targets, doc="`targets`, under torchvision's old names.")

    def _read(self, entry: Entry, folder: Path, train: bool) -> tuple[Tensor, Tensor]:
        paths = [_find(entry, folder, name) for name in _NAMES[train]]
        return _checked([read_idx(path) for path in paths], paths)


class MNIST(IdxImages):
    """The 60,000 training or 10,000 test digits, 28×28, from the original IDX files, plain or .gz.

    Args:
        root: the folder of the data sets; the files are looked for in its subfolder MNIST/raw, in the folder itself and
            in its subfolder mnist. See `data_root` for None.
        train: the training digits; the test digits otherwise.
        transform: applied to each image, a uint8 array (28, 28), when it is read.
        target_transform: applied to each label, an int, when it is read.
        download: download the set if a file is missing. If all four exist, they are read without a check that they are
            the published files: `catalog.verify` compares checksums, `catalog.get` replaces damaged files.

    Raises:
        FileNotFoundError: a file was not found; the message lists where it was looked for.
        DataError: a file is damaged or does not contain digits, or there are not as many labels as images.
        DownloadError: a missing file could not be downloaded.

    Example:
        >>> train = MNIST("data")
        >>> train.data.shape, train.targets[:3].tolist(), train.classes[5]
        ((60000, 28, 28), [5, 0, 4], '5 - five')
    """

    _name = "mnist"
    classes: Sequence[str] = ENTRIES["mnist"].classes


class FashionMNIST(IdxImages):
    """The 60,000 training or 10,000 test pictures of clothing, 28×28, from the original IDX files, plain or .gz.

    Args:
        root: the folder of the data sets; the files are looked for in its subfolders FashionMNIST/raw, fashion_mnist
            and fashion-mnist, but not in the folder itself: they have the names of MNIST's files. See `data_root` for
            None.
        train: the training pictures; the test pictures otherwise.
        transform: applied to each image, a uint8 array (28, 28), when it is read.
        target_transform: applied to each label, an int, when it is read.
        download: download the set if a file is missing, as for `MNIST`.

    Raises:
        FileNotFoundError, DataError, DownloadError: as for `MNIST`.

    Ref. H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST, 2017, https://arxiv.org/abs/1708.07747
    """

    _name = "fashion_mnist"
    classes: Sequence[str] = ENTRIES["fashion_mnist"].classes


class MNIST5k(IdxImages):
    """The first 5,000 training or 1,000 test digits of MNIST, which come with the package.

    Args:
        train: the training digits; the test digits otherwise.
        transform: applied to each image, a uint8 array (28, 28), when it is read.
        target_transform: applied to each label, an int, when it is read.
    """

    classes = MNIST.classes

    def __init__(
        self,
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
    ) -> None:
        ArrayImages.__init__(self, None, transform, target_transform)
        folder = files("tinygrad_cnn.data") / "mnist_5k"
        names = [f"{name}.gz" for name in _NAMES[train]]
        arrays = []
        for name in names:
            with (folder / name).open("rb") as file:
                arrays.append(read_idx_stream(file, name))
        self.data, self.targets = _checked(arrays, names)
        self.train = train


def load_mnist_5k(normalize: bool = True, flatten: bool = False) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return ``(x_train, t_train), (x_test, t_test)``: the first 5,000 and 1,000 digits of MNIST, as tensors.

    Args:
        normalize: return images as float32 in [0, 1]; otherwise as uint8 from 0 to 255.
        flatten: return images of shape (N, 784) instead of (N, 1, 28, 28).

    Returns:
        Images and int64 labels (N,), of the training and of the test digits.
    """

    def part(train: bool) -> tuple[Tensor, Tensor]:
        digits = MNIST5k(train)
        x = digits.data.array.reshape(len(digits), *((_SIDE * _SIDE,) if flatten else (1, _SIDE, _SIDE)))
        return from_numpy(x.astype(float32) / float32.type(255) if normalize else x), digits.targets

    return part(True), part(False)


def _find(entry: Entry, folder: Path, name: str) -> Path:
    """Return the path of the IDX file `name` of a set."""
    packed = f"{name}.gz"
    if path := catalog.find(entry, folder, packed):
        return path
    tried = "".join(f"\n  {path}" for path in catalog.places(entry, folder, packed))
    raise FileNotFoundError(
        f"{entry.title}: expected the file {name}, plain or .gz, found none of{tried}\n"
        f"download=True fetches it; by hand, get {catalog.by_hand(entry, packed)}"
    )


def _checked(arrays: Sequence[Array], paths: Sequence[object]) -> tuple[Tensor, Tensor]:
    """Return the arrays of two files as tensors, checked to be images of 28×28 and their labels."""
    (images, labels), (image_file, label_file) = arrays, paths
    if images.dtype != np.uint8 or images.shape[1:] != (_SIDE, _SIDE):
        raise DataError(f"{image_file}: expected uint8 images (N, {_SIDE}, {_SIDE}), got {images.dtype} {images.shape}")
    if labels.dtype != np.uint8 or labels.ndim != 1:
        raise DataError(f"{label_file}: expected uint8 labels (N,), got {labels.dtype} {labels.shape}")
    if len(images) != len(labels):
        raise DataError(f"{label_file}: expected {len(images)} labels, one for each image in {image_file}, "
                        f"got {len(labels)}")  # fmt: skip
    if labels.size and labels.max() > 9:
        raise DataError(f"{label_file}: expected labels from 0 to 9, got {labels.max()} at {int(labels.argmax())}")
    return from_numpy(images), from_numpy(labels.astype(np.int64))
