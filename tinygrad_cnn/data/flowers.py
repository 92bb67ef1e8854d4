"""`Flowers`: photographs of five kinds of flowers, resized once and then cached as one array."""

from __future__ import annotations

import hashlib
import io
import math
import os
import warnings
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from tinygrad_cnn._files import replacing
from tinygrad_cnn._types import Array
from tinygrad_cnn.data import catalog
from tinygrad_cnn.data.archives import open_zip, read_member
from tinygrad_cnn.data.duplicate_files import File, without_duplicates
from tinygrad_cnn.data.errors import DataError
from tinygrad_cnn.data.image_files import EXTENSIONS, pillow, read_image
from tinygrad_cnn.data.image_folder import files_below
from tinygrad_cnn.data.locations import data_root
from tinygrad_cnn.data.sampler import check_count
from tinygrad_cnn.data.vision import ArrayImages, Transform

_EVERY = 5
"""Every fifth photograph of a class is for testing."""
_REPEATED = 0.01
"""Up to this fraction of duplicates gives no warning: the published set has 10 of 4,317, 8 of them in two classes."""
_HEADER = 4096
"""The largest size of the header of a .npy file, bytes."""
_VERSION = 2
"""The version of the cached content: increase it when the content changes."""

_Photograph = tuple[str, str, tuple[int, int], Callable[[], bytes]]
"""Class, name, (length, modification time or CRC), and a function that returns its bytes."""


class Flowers(ArrayImages):
    """Photographs of flowers, one folder for each kind, all resized to the same square.

    They are read from flowers.zip or from its unpacked folder; any other set of photographs in this form can be read
    too. The first time, they are decoded and resized, which takes some seconds, and cached as one array file. Later,
    this file is read as long as the photographs are the same.

    Args:
        root: the folder that contains flowers.zip or flowers/; or that zip file, or the folder of the classes itself.
            See `data_root` for None.
        train: None for all photographs. The set has no test part: False selects every fifth photograph of each kind in
            the order of names, True all others.
        transform: applied to each image, a uint8 array (size, size, 3), when it is read.
        target_transform: applied to each label, an int, when it is read.
        download: as for other sets; but this set has no download address, and the error says where to put the file.
        size: height and width in pixels.
        cache: the folder for the cached arrays; the subfolder cache of the data root (see `data_root`) if None. A
            warning is given if it is not writable.

    Attributes:
        data: uint8 array (N, size, size, 3).
        targets: list of N ints.
        classes: the names of the folders that contain photographs, sorted.
        repeats: the duplicate photographs left out, since no photograph may be in both the training and the test part:
            10 of the published 4,317. A warning gives their number if they are more than one in a hundred, for example
            if an archive contains the whole set twice.

    Raises:
        FileNotFoundError: the photographs were not found; the message lists where they were looked for.
        DataError: the zip file is damaged or hostile, or a photograph is damaged; the message names it.
        ModuleNotFoundError: Pillow is not installed; the message names the extra.
    """

    data: Array
    targets: list[int]

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool | None = None,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        download: bool = False,
        size: int = 96,
        cache: str | os.PathLike[str] | None = None,
    ) -> None:
        check_count("Flowers", "size", size)
        super().__init__(data_root(root), transform, target_transform)
        self.train = train
        if download and _source(data_root(root)) is None:
            catalog.get("flowers", root)
        source = _source(data_root(root))
        if source is None:
            raise FileNotFoundError(f"Flowers: {catalog.missing(catalog.entry('flowers'), data_root(root))}")
        folder = data_root() / "cache" if cache is None else Path(cache)
        self.classes, images, labels, self.repeats = _arrays(source, size, folder)
        chosen = np.ones(len(labels), bool) if train is None else _is_test(labels) ^ train
        self.data = images if train is None else images[chosen]
        self.targets = labels[chosen].tolist()

    def extra_repr(self) -> str:
        """Return the split, the size of the images, and the number of images left out."""
        lines = [*super().extra_repr().splitlines(), f"Image size: {self.data.shape[1]}×{self.data.shape[2]}"]
        if self.repeats:
            lines.append(f"Left out: {len(self.repeats)} that are repeated")
        return "\n".join(lines)


def _source(root: Path) -> Path | None:
    """Return the zip file or the folder of classes that `root` stands for."""
    if root.is_file():
        return root
    found = catalog.find(catalog.entry("flowers"), root, "flowers.zip")
    if found is None and root.is_dir() and any(_is_picture(path.name) for path in root.glob("*/*")):
        return root
    return found


def _is_test(labels: Array) -> Array:
    """Return the mask of the photographs for testing: in each class the first, then every fifth."""
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        chosen[np.flatnonzero(labels == label)[::_EVERY]] = True
    return chosen


def _arrays(source: Path, size: int, cache: Path) -> tuple[list[str], Array, Array, list[str]]:
    """Return the classes, images (cached if possible) and labels of `source`, and the names of duplicates."""
    with ExitStack() as stack:
        photographs = sorted(_in_folder(source) if source.is_dir() else _in_zip(source, stack), key=lambda p: p[:2])
        if not photographs:
            raise DataError(f"{source}: expected photographs in one folder for each class, found none")
        files = [_file(photograph) for photograph in photographs]
        kept, repeats = without_duplicates(f"Flowers {source}", files, _REPEATED, 4)
        photographs = [photographs[i] for i in kept]
        classes = sorted({kind for kind, *_ in photographs})
        labels = np.array([classes.index(kind) for kind, *_ in photographs])
        shape = (len(photographs), size, size, 3)
        identity = repr((_VERSION, size, [photograph[:3] for photograph in photographs]))
        path = cache / f"flowers-{size}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.npy"
        images = _cached(path, shape)
        if images is None:
            images = _decoded(source, photographs, shape)
            _save(path, images)
    return classes, images, labels, repeats


def _file(photograph: _Photograph) -> File:
    """Return a photograph as a `File`, which is compared by its length and a hash."""
    kind, name, (length, _), read = photograph
    return File(kind, name, (lambda: length or name, lambda: hashlib.sha256(read()).digest()))


def _in_folder(folder: Path) -> Iterable[_Photograph]:
    for file in files_below(folder):
        path = Path(file)
        if path.parent != folder and _is_picture(path.name):
            status = path.stat()
            identity = status.st_size, status.st_mtime_ns
            yield path.parent.name, str(path.relative_to(folder)), identity, path.read_bytes


def _in_zip(path: Path, stack: ExitStack) -> Iterable[_Photograph]:
    archive, members = stack.enter_context(open_zip(path))
    for member in members:
        parts = PurePosixPath(member.filename).parts
        if len(parts) < 2 or not _is_picture(parts[-1]) or any(part.startswith((".", "__")) for part in parts):
            continue
        read = partial(read_member, archive, member, str(path))
        yield parts[-2], member.filename, (member.file_size, member.CRC), read


def _is_picture(name: str) -> bool:
    return name.lower().endswith(EXTENSIONS) and not name.startswith(".")


def _decoded(source: Path, photographs: list[_Photograph], shape: tuple[int, ...]) -> Array:
    """Return the photographs, decoded and resized."""
    image = pillow("reading flowers")
    images = np.empty(shape, np.uint8)
    for target, (_, name, _, read) in zip(images, photographs, strict=True):
        picture = read_image(io.BytesIO(read()), f"{source}: {name}")
        target[...] = np.asarray(picture.resize((shape[2], shape[1]), image.Resampling.BILINEAR))
    return images


def _cached(path: Path, shape: tuple[int, ...]) -> Array | None:
    """Return the array cached at `path`; None if there is none or it is damaged."""
    try:
        if not 0 < path.stat().st_size - math.prod(shape) <= _HEADER:
            return None
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return array if isinstance(array, np.ndarray) and (array.shape, array.dtype) == (shape, np.uint8) else None


def _save(path: Path, images: Array) -> None:
    """Write the array to `path`, completely or not at all; a folder that is not writable gives only a warning."""
    try:
        with replacing(path) as part, part.open("wb") as file:
            np.save(file, images, allow_pickle=False)
    except OSError as error:
        warnings.warn(f"Flowers: could not keep the resized photographs at {path} ({error})", UserWarning, stacklevel=4)
