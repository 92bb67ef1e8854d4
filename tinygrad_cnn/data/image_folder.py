"""`ImageFolder` and `DatasetFolder`: one folder for each class; each file is read when its sample is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tinygrad_cnn.data._types import Sample
from tinygrad_cnn.data.duplicate_files import file_at, without_duplicates
from tinygrad_cnn.data.image_files import EXTENSIONS, load_image
from tinygrad_cnn.data.vision import Transform, VisionDataset

Loader = Callable[[str], Sample]

_COMPARED = 100_000
"""The largest number of files that are compared with each other, which takes about 20 µs each."""


class DatasetFolder(VisionDataset):
    """The files in one folder for each class, each read by a loader when its sample is accessed.

    Classes and files are in alphabetical order; subfolders of a class are searched too. Files and folders whose names
    begin with a dot are skipped, and so are links back to a folder that is being searched.

    Args:
        root: the folder that contains the folders of the classes.
        loader: returns the sample for a path.
        extensions: suffixes of the files to use, in upper or lower case; not together with `is_valid_file`.
        transform: applied to each sample when it is read.
        target_transform: applied to each label, an int, when it is read.
        is_valid_file: returns whether the file at a path is to be used.
        allow_empty: allow a class without files.

    Attributes:
        classes: the names of the folders, sorted.
        class_to_idx: the label of each class.
        samples: a list of (path, label).
        targets: a list of labels.

    Raises:
        FileNotFoundError: `root` does not exist or contains no folders, or a class has no files; the message names it.
        ValueError: both or neither of `extensions` and `is_valid_file` are given.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        loader: Loader,
        extensions: Sequence[str] | None = None,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(root, transform, target_transform)
        self.loader = loader
        self.extensions = extensions
        self.classes, self.class_to_idx = self.find_classes(root)
        self.samples = self.make_dataset(root, self.class_to_idx, extensions, is_valid_file, allow_empty)
        self.targets = [label for _, label in self.samples]

    @staticmethod
    def find_classes(directory: str | os.PathLike[str]) -> tuple[list[str], dict[str, int]]:
        """Return the sorted names of the folders in `directory`, without hidden ones, and the label of each.

        A subclass may override this to name classes differently.

        Raises:
            FileNotFoundError: the folder does not exist or contains no folders.
        """
        if not os.path.isdir(directory):
            raise FileNotFoundError(f"expected a folder with one folder for each class, found no folder {directory}")
        with os.scandir(directory) as entries:
            classes = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
        if not classes:
            raise FileNotFoundError(f"expected one folder for each class in {directory}, found none")
        return classes, {name: i for i, name in enumerate(classes)}

    @staticmethod
    def make_dataset(
        directory: str | os.PathLike[str],
        class_to_idx: dict[str, int] | None = None,
        extensions: Sequence[str] | str | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> list[tuple[str, int]]:
        """Return the files to use as (path, label), sorted by class and path.

        Args:
            directory: the folder that contains the folders of the classes.
            class_to_idx: the label of each class; the result of `find_classes` if None.
            extensions: suffixes of the files to use, in upper or lower case.
            is_valid_file: returns whether the file at a path is to be used; instead of `extensions`.
            allow_empty: allow a class without files.

        Raises:
            FileNotFoundError, ValueError: as for the class.
        """
        if class_to_idx is None:
            class_to_idx = DatasetFolder.find_classes(directory)[1]
        if (extensions is None) == (is_valid_file is None):
            raise ValueError("DatasetFolder: expected either extensions or is_valid_file, got both or neither")
        ends = tuple(e.lower() for e in ([extensions] if isinstance(extensions, str) else extensions or ()))
        counts = is_valid_file or (lambda path: path.lower().endswith(ends))
        samples, empty = [], []
        for name, label in sorted(class_to_idx.items()):
            found = sorted(path for path in files_below(Path(directory) / name) if counts(path))
            samples += [(path, label) for path in found]
            if not found:
                empty.append(name)
        if empty and not allow_empty:
            wanted = f" ending in {', '.join(ends)}" if ends else ""
            raise FileNotFoundError(f"expected files{wanted} of every class in {directory}, found none of {empty}")
        return samples

    def __getitem__(self, index: int) -> tuple[Sample, Sample]:
        """Return a sample and its label, an int, both transformed; errors name the file."""
        path, label = self.samples[index]
        try:
            return self._transformed(self.loader(path), label)
        except Exception as error:
            if path not in str(error):
                error.add_note(f"while reading {path}")
            raise

    def __len__(self) -> int:
        return len(self.samples)


class ImageFolder(DatasetFolder):
    """The images in one folder for each class: root/dog/a.png, root/cat/b.jpg.

    Args:
        root: the folder that contains the folders of the classes.
        transform: applied to each image, a PIL image in RGB unless `loader` returns something else, when it is read.
        target_transform: applied to each label, an int, when it is read.
        loader: returns the image for a path; `load_image` by default.
        is_valid_file: returns whether the file at a path is to be used; if None, the suffix decides.
        allow_empty: allow a class without images.

    Attributes:
        classes: the names of the folders, sorted.
        class_to_idx: the label of each class.
        samples, imgs: a list of (path, label).
        targets: a list of labels.
        repeats: the duplicate files left out, since an image must not be in both the training and the test part: of
            equal files in one class all but the first, of equal files in several classes all. A warning gives their
            number. A custom `loader`, or more than 100,000 files, turns the comparison off.

    Raises:
        FileNotFoundError: `root` does not exist or contains no folders, or a class has no images; the message names it.
        DataError: all images of a class are in other classes too; or, when an image is read, it is damaged. The
            message names the file.

    Example:
        >>> pets = ImageFolder("pets", transform=Compose([Resize((64, 64)), ToTensor()]))
        >>> image, label = pets[0]
        >>> image.shape, pets.classes[label]
        ((3, 64, 64), 'cat')
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        loader: Loader = load_image,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        extensions = EXTENSIONS if is_valid_file is None else None
        super().__init__(root, loader, extensions, transform, target_transform, is_valid_file, allow_empty)
        self.repeats: list[str] = []
        if loader is load_image and len(self.samples) <= _COMPARED:
            files = [file_at(self.classes[label], path) for path, label in self.samples]
            kept, self.repeats = without_duplicates(f"ImageFolder {os.fspath(root)}", files)
            self.samples = [self.samples[i] for i in kept]
            self.targets = [self.targets[i] for i in kept]
        self.imgs = self.samples

    def extra_repr(self) -> str:
        """Return the number of images left out."""
        return f"Left out: {len(self.repeats)} that are repeated" if self.repeats else ""


def files_below(folder: Path) -> Iterator[str]:
    """Yield the paths of all files in a folder and its subfolders that are not hidden."""
    entered: set[str] = set()
    for path, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(path)
        if real in entered:  # a link to a folder above, or a second link to the same folder
            folders.clear()
            continue
        entered.add(real)
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (os.path.join(path, name) for name in names if not name.startswith("."))
