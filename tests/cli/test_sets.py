"""The data of a configuration: parts that do not overlap, transforms by name."""

import sys
from types import ModuleType

import numpy as np
import pytest

import tinygrad_cnn.data
from tinygrad_cnn.cli.checks import ConfigError
from tinygrad_cnn.cli.config import read_config
from tinygrad_cnn.cli.sets import build_loader, build_sets, pipeline
from tinygrad_cnn.data import Dataset

BASE = 'seed = {seed}\n[model]\nname = "ConvNet2"\n[optimizer]\nname = "SGD"\n[data]\n{data}'


@pytest.fixture
def sets(tmp_path):
    """A function that builds the sets of a [data] table."""

    def build(data, seed=0):
        path = tmp_path / "x.toml"
        path.write_text(BASE.format(seed=seed, data=data))
        return build_sets(read_config(path))

    return build


class Folder(Dataset):
    """Stands in for ImageFolder: twenty colour images of one colour each, the number of the image."""

    classes = ("even", "odd")

    def __init__(self, root, transform=None, target_transform=None, is_valid_file=None):
        self.root, self.transform = root, transform

    def __getitem__(self, index):
        image = np.full((4, 6, 3), index, np.uint8)
        return (self.transform(image) if self.transform else image), index % 2

    def __len__(self):
        return 20


@pytest.fixture
def folder(monkeypatch):
    monkeypatch.setattr(tinygrad_cnn.data, "ImageFolder", Folder, raising=False)


@pytest.fixture
def transforms(monkeypatch):
    """Stands in for the transforms: one adds, one multiplies."""
    module = ModuleType("tinygrad_cnn.data.transforms")

    class Compose:
        def __init__(self, steps):
            self.steps = steps

        def __call__(self, image):
            for step in self.steps:
                image = step(image)
            return image

    class Add:
        def __init__(self, amount: int = 100):
            self.amount = amount

        def __call__(self, image):
            return image + np.uint8(self.amount)

    class Double:
        def __call__(self, image):
            return image * np.uint8(2)

    module.Compose, module.Add, module.Double = Compose, Add, Double
    module.__all__ = ["Add", "Compose", "Double"]
    monkeypatch.setitem(sys.modules, "tinygrad_cnn.data.transforms", module)


def shades(part):
    return sorted(round(float(part[i][0][0, 0, 0]) * 255) for i in range(len(part)))


def test_a_set_without_a_test_part_is_divided(sets, folder):
    found = sets('name = "ImageFolder"\nroot = "x"\nvalidation = 5\ntest = 0.2')
    parts = [shades(part) for part in (found.train, found.validation, found.test)]
    assert [len(part) for part in parts] == [11, 5, 4]
    assert sorted([shade for part in parts for shade in part]) == list(range(20))
    assert (found.classes, found.shape) == (["even", "odd"], (3, 4, 6))
    image, label = found.train[0]
    assert round(float(image[0, 0, 0]) * 255) % 2 == label
    again = sets('name = "ImageFolder"\nroot = "x"\nvalidation = 5\ntest = 0.2')
    other = sets('name = "ImageFolder"\nroot = "x"\nvalidation = 5\ntest = 0.2', seed=1)
    assert shades(again.test) == parts[2] != shades(other.test)
    assert len(sets('name = "ImageFolder"\nroot = "x"').test) == 2


def test_validation_images_are_not_augmented(sets, folder, transforms):
    data = 'name = "ImageFolder"\nroot = "x"\nvalidation = 5\ntest = 5\naugment = ["Add"]'
    found = sets(data + '\ntransforms = [{name = "Double"}]')
    plain = [shade // 2 for shade in shades(found.validation) + shades(found.test)]
    assert len(plain) == 10
    assert max(plain) < 20
    augmented = shades(found.train)
    assert sorted([(shade // 2) - 100 for shade in augmented] + plain) == list(range(20))


def test_sets_with_a_test_part_take_transforms_too(sets, transforms):
    found = sets('name = "MNIST5k"\nvalidation = 1000\naugment = [{name = "Add", amount = 1}]')
    assert (len(found.train), len(found.validation), len(found.test)) == (4000, 1000, 1000)
    corner = [part.batch([0, 1])[0][0, 0, 0, 0].item() * 255 for part in (found.train, found.validation, found.test)]
    np.testing.assert_allclose(corner, [1, 0, 0], atol=1e-5)
    assert found.classes == list("0123456789")


def test_mistakes_in_transforms_are_named(sets, folder, transforms, tmp_path):
    for data, text in [
        ('augment = ["Ad"]', r"data.augment: expected names among Add, Double, got 'Ad'; did you mean 'Add'\?"),
        ('transforms = [{name = "Add", amont = 1}]', r"transforms.Add: expected settings among amount, got 'amont'"),
        ('transforms = [{name = "Add", amount = "1"}]', r"transforms.Add.amount: expected int, got '1'"),
        ("transforms = [3]", "transforms: expected a name or a table .*, got 3"),
        ("transforms = [{amount = 3}]", "transforms: expected a name or a table"),
        ('transforms = "Add"', "transforms: expected a list .*, got 'Add'"),
    ]:
        with pytest.raises(ConfigError, match=text):
            sets(f'name = "ImageFolder"\nroot = "x"\n{data}')
    path = tmp_path / "x.toml"
    path.write_text(BASE.format(seed=0, data='name = "toy"\naugment = ["Add"]'))
    assert pipeline(read_config(path), "transforms") is None
    assert pipeline(read_config(path), "augment", "transforms")(np.uint8(1)) == 101


def test_training_batches_are_shuffled_and_others_are_not(sets, folder, tmp_path):
    found = sets('name = "ImageFolder"\nroot = "x"')
    config = read_config(tmp_path / "x.toml")
    order = [t for _, t in build_loader(config, found.train)]
    assert len(order) == 1
    first, second = (next(iter(build_loader(config, found.train, training=True)))[0] for _ in range(2))
    assert (first != second).any()
    assert (next(iter(build_loader(config, found.train)))[1] == order[0]).all()
