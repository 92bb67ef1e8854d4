"""The data of a configuration: parts that do not overlap, transforms by name, whole batches read at once."""

import inspect

import numpy as np
import pytest
import real_data

from tinygrad_cnn import data
from tinygrad_cnn.cli.checks import ConfigError
from tinygrad_cnn.cli.config import read_config
from tinygrad_cnn.cli.sets import NAMES, build_loader, build_sets, pipeline
from tinygrad_cnn.data import transforms
from tinygrad_cnn.data.vision import ArrayImages
from tinygrad_cnn.random import manual_seed

BASE = 'seed = {seed}\nnum_workers = {workers}\n[model]\nname = "ConvNet2"\n[optimizer]\nname = "SGD"\n[data]\n{data}'


@pytest.fixture
def config(tmp_path):
    """A function that returns the configuration with a [data] table."""

    def read(data, seed=0, workers=0):
        path = tmp_path / "x.toml"
        path.write_text(BASE.format(seed=seed, data=data, workers=workers), encoding="utf-8")
        return read_config(path)

    return read


@pytest.fixture
def sets(config):
    """A function that builds the sets of a [data] table."""
    return lambda *arguments, **more: build_sets(config(*arguments, **more))


@pytest.fixture
def folder(tmp_path):
    """The [data] table of a folder with twenty pictures of one colour each: twice its number."""
    image = pytest.importorskip("PIL.Image")
    for number in range(20):
        path = tmp_path / "pictures" / ("even", "odd")[number % 2] / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.new("RGB", (6, 4), (2 * number,) * 3).save(path)
    return f'name = "ImageFolder"\nroot = "{(tmp_path / "pictures").as_posix()}"\n'


def numbers(part):
    return sorted(round(float(part[i][0][0, 1, 1]) * 255) // 2 for i in range(len(part)))


def test_a_set_without_a_test_part_is_divided(sets, folder):
    found = sets(folder + "validation = 5\ntest = 0.2")
    parts = [numbers(part) for part in (found.train, found.validation, found.test)]
    assert [len(part) for part in parts] == [11, 5, 4]
    assert sorted([number for part in parts for number in part]) == list(range(20))
    assert (found.classes, found.shape) == (["even", "odd"], (3, 4, 6))
    image, label = found.train[0]
    assert round(float(image[0, 0, 0]) * 255) // 2 % 2 == label
    again = sets(folder + "validation = 5\ntest = 0.2")
    other = sets(folder + "validation = 5\ntest = 0.2", seed=1)
    assert numbers(again.test) == parts[2] != numbers(other.test)
    assert len(sets(folder).test) == 2


def test_validation_images_are_not_augmented(sets, folder):
    found = sets(folder + 'validation = 5\ntest = 5\naugment = [{name = "Pad", padding = 3, fill = 90}]\n'
                 'transforms = [{name = "CenterCrop", size = [6, 8]}]')  # fmt: skip
    assert found.shape == (3, 6, 8)
    parts = (found.train, found.validation, found.test)
    corners = [{round(part[i][0][0, 0, 0].item() * 255) for i in range(len(part))} for part in parts]
    assert corners == [{90}, {0}, {0}]  # a crop that is larger than the image fills up with 0
    assert sorted(number for part in parts for number in numbers(part)) == list(range(20))


def test_sets_with_a_test_part_take_transforms_too(sets):
    found = sets('name = "MNIST5k"\nvalidation = 1000\naugment = [{name = "Pad", padding = 1, fill = 9}]')
    assert (len(found.train), len(found.validation), len(found.test)) == (4000, 1000, 1000)
    corner = [part[0][0][0, 0, 0].item() * 255 for part in (found.train, found.validation, found.test)]
    np.testing.assert_allclose(corner, [9, 0, 0], atol=1e-5)
    assert found.classes == list("0123456789")


@real_data.needs("mnist")
def test_the_data_root_is_that_of_the_environment(sets, monkeypatch):
    monkeypatch.setenv("TINYGRAD_CNN_DATA", str(real_data.ROOT))
    found = sets('name = "MNIST"\nvalidation = 5000')
    assert (len(found.train), len(found.validation), len(found.test)) == (55000, 5000, 10000)
    assert (found.shape, found.classes) == ((1, 28, 28), list("0123456789"))


def test_every_name_is_one_of_the_package():
    assert set(NAMES[1:]) == {
        name
        for name, kind in vars(data).items()
        if inspect.isclass(kind) and issubclass(kind, data.VisionDataset | data.ImageFolder)
    } - {"VisionDataset", "DatasetFolder"}


def test_mistakes_in_transforms_are_named(sets, config):
    for text, error in [
        ('augment = ["Padd"]', r"data.augment: expected names among CenterCrop, .*, got 'Padd'; did you mean 'Pad'\?"),
        ('augment = ["Compose"]', "data.augment: expected names among .*, got 'Compose'"),
        ('transforms = [{name = "Pad", paddin = 1}]', "transforms.Pad: expected settings among padding, .*'paddin'"),
        ('transforms = [{name = "ColorJitter", hue = "1"}]', "data.transforms.ColorJitter.hue: expected .*, got '1'"),
        ("transforms = [3]", "transforms: expected a name or a table .*, got 3"),
        ("transforms = [{amount = 3}]", "transforms: expected a name or a table"),
        ('transforms = [{name = "Normalize"}]', "Normalize: expected the setting 'mean', which has no default"),
        (
            'transforms = [{name = "Normalize", mean = 0.1, std = 0.3}]',
            "the transforms do not take .* use ToTensor first",
        ),
        (
            'augment = ["ToTensor", {name = "Normalize", mean = [0.1, 0.2, 0.3], std = 1.0}]',
            "for an image of 1 channel .* got 3 numbers; Grayscale",
        ),
        ('augment = [{name = "RandomApply", transforms = ["Padd"]}]', "RandomApply.transforms: .* did you mean 'Pad'"),
        ('transforms = "Pad"', "transforms: expected a list .*, got 'Pad'"),
    ]:
        with pytest.raises(ConfigError, match=error):
            sets(f'name = "MNIST5k"\n{text}')
    found = config('name = "toy"\naugment = [{name = "Pad", padding = 1}]')
    assert pipeline(found, "transforms") is None
    assert pipeline(found, "augment", "transforms")(np.zeros((3, 4), np.uint8)).shape == (5, 6)


def test_transforms_of_transforms_and_their_names(config):
    text = """name = "toy"
    transforms = [
        {name = "RandomResizedCrop", size = [6, 8], scale = [0.5, 1.0]},
        {name = "RandomApply", p = 1.0, transforms = [{name = "RandomVerticalFlip", p = 1.0}, "Grayscale"]},
    ]"""
    found = pipeline(config(text), "transforms")
    assert found.batched
    assert found(np.zeros((9, 9, 3), np.uint8)).shape == (6, 8, 1)


def test_training_batches_are_shuffled_and_others_are_not(sets, config, folder):
    found = sets(folder)
    order = [t for _, t in build_loader(config(folder), found.train)]
    assert len(order) == 1
    first, second = (next(iter(build_loader(config(folder), found.train, training=True)))[0] for _ in range(2))
    assert (first != second).any()
    assert (next(iter(build_loader(config(folder), found.train)))[1] == order[0]).all()


AUGMENTED = """name = "MNIST5k"
validation = 4000
augment = [{name = "RandomCrop", size = 28, padding = 2}, "RandomHorizontalFlip", "ToTensor"]
"""


def test_workers_read_and_give_the_same_batches(sets, config):
    def epoch(workers):
        manual_seed(3)
        loader = build_loader(config(AUGMENTED, workers=workers), found.train, training=True)
        assert loader.num_workers == workers
        return [(x.numpy(), t.numpy()) for x, t in loader]

    found = sets(AUGMENTED)
    expected = epoch(0)
    assert len(expected) == 10
    for (x, t), (y, u) in zip(expected, epoch(2), strict=True):
        np.testing.assert_array_equal(x, y)
        np.testing.assert_array_equal(t, u)


def test_images_in_one_array_are_read_and_transformed_by_whole_batches(sets, config, monkeypatch):
    batches = []

    class Counted(transforms.RandomCrop):
        def batch(self, images):
            batches.append(len(images))
            return super().batch(images)

    monkeypatch.setattr(transforms, "RandomCrop", Counted)
    found = sets(AUGMENTED)
    batches.clear()
    monkeypatch.setattr(ArrayImages, "__getitem__", lambda *_: pytest.fail("read one by one"))
    for part in (found.train, found.validation, found.test):
        assert len(next(iter(build_loader(config(AUGMENTED), part, training=part is found.train)))[0]) > 1
    assert batches == [100]
