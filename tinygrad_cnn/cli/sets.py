"""The data sets of a configuration: found by name, split, transformed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from tinygrad_cnn import data
from tinygrad_cnn._checks import shown
from tinygrad_cnn._types import Shape
from tinygrad_cnn.cli.checks import REFUSALS, ConfigError, Settings, check_arguments, check_known, refusing
from tinygrad_cnn.cli.config import Config
from tinygrad_cnn.cli.images import ImageTensors, as_planes
from tinygrad_cnn.data import DataLoader, Dataset, Subset, transforms
from tinygrad_cnn.random import Generator

_WITH_TEST_PART = ("MNIST5k", "MNIST", "FashionMNIST", "CIFAR10", "CIFAR100", "Flowers")
"""Classes of `tinygrad_cnn.data` that return their test part for train=False."""

_WHOLE = ("ImageFolder",)
"""Classes without a test part, which is split off."""

NAMES = ("toy", *_WITH_TEST_PART, *_WHOLE)
"""The data sets that a configuration may name."""

_TRANSFORMS = [
    name
    for name in transforms.__all__
    if name not in ("Compose", "InterpolationMode", "Lambda", "Transform", "functional")
]
"""The transforms that a configuration may name: those whose arguments are numbers and strings."""

_OWN = ("validation", "test", "augment", "transforms")
"""Settings of [data] that are not arguments of the data set."""

Images: TypeAlias = Dataset[Any]
"""A data set of (image, label), the image as a tensor (C, H, W)."""

Transform: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True)
class Sets:
    """The parts of a data set, their images as float32 tensors (C, H, W).

    Attributes:
        train: for training.
        validation: to measure after each epoch, or None.
        test: to measure once, at the end.
        classes: names of the classes.
        shape: (C, H, W) of an image.
    """

    train: Images
    validation: Images | None
    test: Images
    classes: list[str]
    shape: Shape


def build_sets(config: Config) -> Sets:
    """Read the data set of a configuration and split it.

    Raises:
        ConfigError: a name or setting is unknown, or a part would be empty.
        OSError, ValueError: the files are missing or damaged.
    """
    name, settings = config.data
    place = config.place("data")
    check_known(place, "name", [name], NAMES)
    own = {key: settings[key] for key in _OWN if key in settings}
    arguments = {key: value for key, value in settings.items() if key not in _OWN}
    if name == "toy":
        check_known(place, "settings of toy", own, ["validation"])
        given = check_arguments(place, data.toy_patterns, arguments)
        with refusing(place):
            patterns, held = (data.TensorDataset(*pair) for pair in data.toy_patterns(**given))
        return _divided(config, patterns, patterns, held, list(data.toy_classes))
    kind, arguments = _kind(place, name, arguments)
    plain = pipeline(config, "transforms")
    training = pipeline(config, "augment", "transforms") if own.get("augment") else plain

    def make(transform: Transform | None, **part: bool) -> ImageTensors:
        return _tried(place, ImageTensors(kind(**arguments, **part, transform=transform)))

    if name in _WITH_TEST_PART:
        if "test" in own:
            raise ConfigError(f"{place}: expected no setting 'test', for {name} has a test part of its own")
        whole = make(plain, train=True)
        return _divided(config, make(training, train=True) if training is not plain else whole, whole,
                        make(plain, train=False), _classes(whole))  # fmt: skip
    whole = make(plain)
    rest, test = _split(place, "test", len(whole), own.get("test", 0.1), config.seed)
    changed = make(training) if training is not plain else whole
    return _divided(config, Subset(changed, rest), Subset(whole, rest), Subset(whole, test), _classes(whole))


def _kind(place: str, name: str, given: Settings) -> tuple[Any, Settings]:
    """Return a class of data sets and its arguments."""
    kind = getattr(data, name)
    return kind, check_arguments(place, kind, given, leave_out=("self", "train", "transform", "target_transform"))


_BLANK: dict[str, tuple[Shape, int]] = {
    "MNIST5k": ((28, 28), 10), "MNIST": ((28, 28), 10), "FashionMNIST": ((28, 28), 10),
    "CIFAR10": ((32, 32, 3), 10), "CIFAR100": ((32, 32, 3), 100),
}  # fmt: skip
"""The shape of the images of a data set, and the number of classes."""


def image_shape(config: Config) -> tuple[Shape, int | None]:
    """Return (C, H, W) of a configuration's images and the number of classes, None if that is not known.

    A blank image passes through the transforms. The data set is read only if its images may differ in size.

    Raises:
        ConfigError, OSError, ValueError: as for `build_sets`.
    """
    name, settings = config.data
    place = config.place("data")
    if name in _BLANK or name == "Flowers":
        _, arguments = _kind(place, name, {key: value for key, value in settings.items() if key not in _OWN})
        size = arguments.get("size", 96)
        shape, classes = _BLANK.get(name, ((size, size, 3), None))
        transform = pipeline(config, "transforms")
        blank = np.zeros(shape, np.uint8)
        with _transforming(place):
            return as_planes(blank if transform is None else transform(blank)).shape, classes
    sets = build_sets(config)
    return sets.shape, len(sets.classes)


@contextmanager
def _transforming(place: str) -> Iterator[None]:
    """Turn an error of the transforms within the block into a ConfigError."""
    try:
        yield
    except data.DataError:
        raise
    except REFUSALS as error:
        raise ConfigError(f"{place}: the transforms do not take an image of this data set: {error}") from error


def _tried(place: str, dataset: ImageTensors) -> ImageTensors:
    """Return `dataset` after checking that the transforms take its first image.

    Raises:
        ConfigError: they do not.
    """
    with _transforming(place):
        dataset[0]
        dataset.batch([0])
    return dataset


def pipeline(config: Config, *lists: str) -> Transform | None:
    """Return the transforms that lists of [data] name, composed; None if they name none.

    Raises:
        ConfigError: a name or setting is unknown.
    """
    if not any(config.data[1].get(key) for key in lists):
        return None
    made = [one for key in lists for one in _made(config.place(f"data.{key}"), config.data[1].get(key, []))]
    return transforms.Compose(made)


_DEEPEST = 20
"""How deeply transforms may be nested."""


def _made(place: str, entries: object, depth: int = 0) -> list[Transform]:
    """Return the transforms that a list names; those with a list of transforms as an argument are built recursively."""
    if not isinstance(entries, list):
        raise ConfigError(f'{place}: expected a list of names or tables {{name = "…"}}, got {shown(entries)}')
    made = []
    for entry in entries:
        if depth > _DEEPEST:
            raise ConfigError(
                f"{place.partition('.transforms.')[0]}: expected transforms within at most {_DEEPEST} others"
            )
        table = {"name": entry} if isinstance(entry, str) else entry
        if not isinstance(table, dict) or not isinstance(table.get("name"), str):
            raise ConfigError(f'{place}: expected a name or a table {{name = "…"}}, got {shown(entry)}')
        check_known(place, "names", [table["name"]], _TRANSFORMS)
        there, kind = f"{place}.{table['name']}", getattr(transforms, table["name"])
        given = {name: value for name, value in table.items() if name != "name"}
        given = check_arguments(there, kind, given)
        if "transforms" in given:
            given["transforms"] = _made(f"{there}.transforms", given["transforms"], depth + 1)
        with refusing(there):
            made.append(kind(**given))
    return made


def _divided(config: Config, train: Images, plain: Images, test: Images, classes: list[str]) -> Sets:
    """Split the validation part off the training part; `plain` is the latter without augmentation."""
    if not len(train) or not len(test):
        raise ConfigError(f"{config.place('data')}: expected an image or more to train with, and to test, got none")
    held = config.data[1].get("validation", 0)
    validation = None
    if held:
        rest, chosen = _split(config.place("data"), "validation", len(plain), held, config.seed)
        train, validation = Subset(train, rest), Subset(plain, chosen)
    return Sets(train, validation, test, classes, tuple(train[0][0].shape))


def _split(place: str, name: str, total: int, held: object, seed: int) -> tuple[Sequence[int], Sequence[int]]:
    """Return the indices that stay and those held out at random; `held` is a count or a share below 1."""
    limit = 1 if isinstance(held, float) else math.inf
    if isinstance(held, bool) or not isinstance(held, int | float) or not 0 <= held < limit:
        raise ConfigError(f"{place}.{name}: expected a number of images or a share below 1, got {shown(held)}")
    count = round(total * held) if isinstance(held, float) else held
    if not 0 < count < total:
        raise ConfigError(f"{place}.{name}: expected from 1 to {total - 1} of the {total} images, got {count}")
    order = Generator().manual_seed(seed).numpy.permutation(total).tolist()
    return order[count:], order[:count]


def _classes(dataset: ImageTensors) -> list[str]:
    """Return short names of the classes: MNIST's "7 - seven" is 7."""
    found = [str(name) for name in dataset.dataset.classes]
    short = [name.partition(" - ")[0] for name in found]
    return short if len(set(short)) == len(short) else found


def build_loader(config: Config, dataset: Images, training: bool = False) -> DataLoader:
    """Return a loader of a part of the data, shuffled for training."""
    size = config.batch_size if training else max(config.batch_size, 200)
    return DataLoader(dataset, batch_size=size, shuffle=training, num_workers=config.num_workers)
