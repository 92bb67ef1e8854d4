"""CIFAR-10 and CIFAR-100: small photographs, read from the binary or the pickled version of the sets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.data import catalog
from tinygrad_cnn.data.errors import DataError
from tinygrad_cnn.data.pickles import read_pickle
from tinygrad_cnn.data.published import ENTRIES, Entry
from tinygrad_cnn.data.vision import PublishedImages

_SHAPE = (3, 32, 32)
_PIXELS = 3 * 32 * 32


class CIFAR10(PublishedImages):
    """The 50,000 training or 10,000 test photographs of CIFAR-10, 32×32 in colour.

    The binary version is read if it exists, otherwise the pickled version, by a restricted reader that builds only
    arrays, dicts, lists, tuples, strings, bytes and numbers.

    Args:
        root: the folder of the data sets; the files are looked for in its subfolder cifar-10-batches-bin, in the folder
            itself, and in its subfolder cifar-10-batches-py. See `data_root` for None.
        train: the training photographs; the test photographs otherwise.
        transform: applied to each image, a uint8 array (32, 32, 3), when it is read.
        target_transform: applied to each label, an int, when it is read.
        download: download and unpack the binary version, 170 MB, unless one of the versions is complete.

    Attributes:
        data: uint8 array (N, 32, 32, 3), a view of an array (N, 3, 32, 32).
        targets: list of N ints.

    Raises:
        FileNotFoundError: a file was not found; the message lists where it was looked for.
        DataError: a file is damaged. A file with fewer images than the published one is read as a subset:
            `catalog.verify` shows the difference.
        DownloadError: the files could not be downloaded.

    Example:
        >>> train = CIFAR10("data")
        >>> train.data.shape, train.classes[:2]
        ((50000, 32, 32, 3), ('airplane', 'automobile'))
    """

    data: Array
    targets: list[int]
    _name = "cifar10"
    _parts: ClassVar[dict[bool, tuple[str, ...]]] = {
        True: tuple(f"data_batch_{i}" for i in range(1, 6)),
        False: ("test_batch",),
    }
    """The files, by `train`; the names of the binary version end in .bin."""
    _label_bytes: ClassVar[int] = 1
    """The number of bytes before the pixels of an image; the last of them is the label."""
    _label_key: ClassVar[str] = "labels"
    """The key of the labels in the pickled version."""
    classes: Sequence[str] = ENTRIES["cifar10"].classes

    def _read(self, entry: Entry, folder: Path, train: bool) -> tuple[Array, list[int]]:
        pickled = entry.other_form or entry
        parts = []
        for name in self._parts[train]:
            binary = catalog.find(entry, folder, f"{name}.bin")
            path = binary or catalog.find(pickled, folder, name)
            if path is None:
                tried = [*catalog.places(entry, folder, f"{name}.bin"), *catalog.places(pickled, folder, name)]
                raise FileNotFoundError(
                    f"{entry.title}: expected the file {name}.bin, or {name} of the pickled version, found none of"
                    + "".join(f"\n  {path}" for path in tried)
                    + f"\ndownload=True fetches them; by hand, get {catalog.by_hand(entry)}"
                )
            parts.append(self._read_binary(path) if binary else self._read_pickled(path))
        images, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return images.transpose(0, 2, 3, 1), labels.tolist()  # (N, 3, 32, 32) viewed as (N, 32, 32, 3)

    def _read_binary(self, path: Path) -> tuple[Array, Array]:
        """Return the images (N, 3, 32, 32) and labels (N,) of a file of the binary version."""
        record = self._label_bytes + _PIXELS
        size = path.stat().st_size
        count, rest = divmod(size, record)
        if not count or rest:
            raise DataError(f"{path}: expected whole images of {record:,} bytes each, got {size:,} bytes")
        records = np.fromfile(path, np.uint8).reshape(count, record)
        images = records[:, self._label_bytes :].reshape(count, *_SHAPE)
        return images, self._checked(records[:, self._label_bytes - 1], path)

    def _read_pickled(self, path: Path) -> tuple[Array, Array]:
        """Return the images (N, 3, 32, 32) and labels (N,) of a file of the pickled version."""
        content = read_pickle(path)
        if not isinstance(content, dict):
            raise DataError(f"{path}: expected a dict, got {type(content).__name__}")
        entries = {key.decode("latin-1") if isinstance(key, bytes) else key: value for key, value in content.items()}
        images, labels = entries.get("data"), entries.get(self._label_key)
        if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.shape[1:] != (_PIXELS,):
            got = f"{images.dtype} {images.shape}" if isinstance(images, np.ndarray) else type(images).__name__
            raise DataError(f"{path}: expected 'data' as a uint8 array of shape (N, {_PIXELS}), got {got}")
        count = len(images)
        if not isinstance(labels, list) or len(labels) != count or any(type(label) is not int for label in labels):
            got = f"a list of {len(labels)}" if isinstance(labels, list) else type(labels).__name__
            raise DataError(f"{path}: expected '{self._label_key}' as a list of {count} ints, got {got}")
        return images.reshape(count, *_SHAPE), self._checked(np.array(labels), path)

    def _checked(self, labels: Array, path: Path) -> Array:
        """Return the labels of a file, checked to be labels of classes."""
        wrong = np.flatnonzero((labels < 0) | (labels >= len(self.classes)))
        if wrong.size:
            raise DataError(
                f"{path}: expected labels from 0 to {len(self.classes) - 1}, got {labels[wrong[0]]} at image {wrong[0]}"
            )
        return labels


class CIFAR100(CIFAR10):
    """The 50,000 training or 10,000 test photographs of CIFAR-100, 32×32 in colour, with the labels of 100 classes.

    Args:
        root: the folder of the data sets; the files are looked for in its subfolder cifar-100-binary, in the folder
            itself, and in its subfolder cifar-100-python. See `data_root` for None.
        train: the training photographs; the test photographs otherwise.
        transform: applied to each image, a uint8 array (32, 32, 3), when it is read.
        target_transform: applied to each label, an int, when it is read.
        download: download and unpack the binary version, 169 MB, unless one of the versions is complete.

    Attributes:
        data: uint8 array (N, 32, 32, 3), a view of an array (N, 3, 32, 32).
        targets: list of N ints.

    Raises:
        FileNotFoundError, DataError, DownloadError: as for `CIFAR10`.
    """

    _name = "cifar100"
    _parts: ClassVar[dict[bool, tuple[str, ...]]] = {True: ("train",), False: ("test",)}
    _label_bytes = 2
    _label_key = "fine_labels"
    classes: Sequence[str] = ENTRIES["cifar100"].classes
