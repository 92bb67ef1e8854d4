"""Images in one array: how sets print, and that whole batches are read at once and are the same."""

import numpy as np
import pytest

import tinygrad_cnn
from tinygrad_cnn.data import DataLoader, MNIST5k, Subset, VisionDataset, default_collate
from tinygrad_cnn.data.dataset import fetch
from tinygrad_cnn.data.transforms import (
    CenterCrop,
    ColorJitter,
    Compose,
    Lambda,
    Normalize,
    Pad,
    RandomCrop,
    RandomErasing,
    RandomHorizontalFlip,
    RandomRotation,
    ToTensor,
)
from tinygrad_cnn.data.vision import ArrayImages


class Colours(ArrayImages):
    classes = ("a", "b")

    def __init__(self, transform=None, target_transform=None, listed=True):
        super().__init__("somewhere", transform, target_transform)
        planes = np.random.default_rng(0).integers(0, 256, (9, 3, 6, 5), dtype=np.uint8)
        self.data = planes.transpose(0, 2, 3, 1)
        labels = [0, 1, 1, 0, 1, 0, 0, 1, 1]
        self.targets = labels if listed else tinygrad_cnn.tensor(labels)
        self.train = True


class Greys(Colours):
    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.data = tinygrad_cnn.tensor(self.data[..., 0])


FIXED = [
    None,
    CenterCrop(4),
    Pad(1, fill=7),
    ToTensor(),
    Compose([ToTensor(), Normalize(0.5, 0.2)]),
    Compose([CenterCrop((3, 4)), ToTensor()]),
    Lambda(lambda image: image // 2),
    Compose([Lambda(lambda image: image[::-1]), ToTensor()]),
    lambda image: image.astype(np.float64),
]


@pytest.mark.parametrize("kind", [Colours, Greys])
@pytest.mark.parametrize("transform", FIXED, ids=lambda t: getattr(t, "__name__", repr(t)).replace("\n", ""))
@pytest.mark.parametrize("target_transform", [None, lambda label: label * 1.5], ids=["", "targets"])
@pytest.mark.parametrize("listed", [True, False])
def test_a_batch_is_what_collating_samples_gives(kind, transform, target_transform, listed):
    dataset = kind(transform, target_transform, listed=listed)
    rows = [3, 0, 8, 3, -1]
    batch, expected = dataset.batch(rows), default_collate([dataset[i] for i in rows])
    for got, wanted in zip(batch, expected, strict=True):
        assert got.dtype == wanted.dtype
        assert got.shape == wanted.shape
        np.testing.assert_array_equal(got.array, wanted.array)
        assert got.array.flags.c_contiguous


@pytest.mark.parametrize(
    ("transform", "whole"),
    [(t, True) for t in FIXED[:6]]
    + [(t, False) for t in FIXED[6:]]
    + [(Compose([RandomCrop(4, padding=1), RandomHorizontalFlip(), ToTensor()]), True)],
)
def test_whole_batches_are_read_where_the_transform_can(monkeypatch, transform, whole):
    calls = []
    original = ArrayImages.__getitem__
    monkeypatch.setattr(ArrayImages, "__getitem__", lambda self, i: calls.append(i) or original(self, i))
    x, t = fetch(Subset(Colours(transform), [4, 5, 6]), [2, 0])
    assert len(x) == len(t) == 2
    assert calls == ([] if whole else [6, 4])


class Counted(RandomCrop):
    """Notes how many images it is given at once."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.counts = []

    def batch(self, images):
        self.counts.append(len(images))
        return super().batch(images)


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_a_loader_transforms_each_batch_once_and_whole(monkeypatch, workers):
    monkeypatch.setattr(ArrayImages, "__getitem__", lambda *_: pytest.fail("read one by one"))
    crop = Counted(28, padding=2)
    digits = MNIST5k(train=False, transform=Compose([crop, ToTensor()]))
    for dataset in (digits, Subset(digits, range(250)), Subset(Subset(digits, range(400)), range(250))):
        crop.counts.clear()
        loader = DataLoader(dataset, batch_size=100, shuffle=True, num_workers=workers)
        sizes = [len(x) for x, _ in loader]
        assert sorted(crop.counts) == sorted(sizes)
        assert sum(sizes) == len(dataset)


RANDOM = [
    RandomCrop(28, padding=3),
    RandomHorizontalFlip(),
    RandomRotation(10),
    ColorJitter(0.3, 0.3),
    ToTensor(),
    RandomErasing(),
    Normalize(0.13, 0.31),
]


@pytest.mark.parametrize(
    "transforms", [RANDOM, [*RANDOM, Lambda(lambda image: image * 2)]], ids=["whole", "one by one"]
)
def test_random_transforms_are_the_same_bits_whoever_reads(transforms):
    digits = Subset(MNIST5k(train=False, transform=Compose(transforms)), range(90))

    def epochs(workers, **more):
        tinygrad_cnn.manual_seed(3)
        loader = DataLoader(digits, batch_size=20, shuffle=True, num_workers=workers, **more)
        return [[(x.array, t.array) for x, t in loader] for _ in range(2)]

    expected = epochs(0)
    assert not np.array_equal(expected[0][0][0], expected[1][0][0])
    ways = [{"workers": 1}, {"workers": 2}]
    if transforms is RANDOM:  # a lambda cannot be sent to another process
        ways.append({"workers": 2, "worker_method": "multiprocessing"})
    for way in ways:
        for one, other in zip(expected, epochs(**way), strict=True):
            for (x, t), (y, u) in zip(one, other, strict=True):
                np.testing.assert_array_equal(x, y)
                np.testing.assert_array_equal(t, u)


def test_a_changed_transform_or_array_counts_from_then_on():
    dataset = Colours()
    assert dataset.batch([0])[0].dtype == tinygrad_cnn.uint8
    dataset.transform = ToTensor()
    assert dataset.batch([0])[0].dtype == tinygrad_cnn.float32
    dataset.data, dataset.targets = dataset.data[5:], dataset.targets[5:]
    assert len(dataset) == 4
    np.testing.assert_array_equal(dataset.batch([0])[0].array, Colours(ToTensor()).batch([5])[0].array)
    with pytest.raises(IndexError):
        dataset.batch([4])


def test_an_overridden_getitem_is_not_bypassed():
    class Inverted(Colours):
        def __getitem__(self, index):
            image, label = super().__getitem__(index)
            return 255 - image, label

    np.testing.assert_array_equal(fetch(Inverted(), [2])[0].array[0], 255 - Colours()[2][0])


def test_samples_are_copies_and_indices_are_ints():
    dataset = Colours()
    image, label = dataset[np.int64(1)]
    assert image.flags.c_contiguous
    assert type(label) is int
    image[:] = 0
    assert dataset.data[1].any()
    dataset.batch([1])[0].zero_()
    assert dataset.data[1].any()
    for index in (1.0, slice(2), [1]):
        with pytest.raises(TypeError):
            dataset[index]


def test_each_image_of_a_batch_gets_its_own_draw():
    dataset = MNIST5k(transform=Compose([RandomCrop(28, padding=4), ToTensor()]))
    x, _ = dataset.batch([7] * 50)
    assert len({row.tobytes() for row in x.array}) > 25


def test_a_seed_repeats_an_epoch():
    dataset = MNIST5k(train=False, transform=Compose([RandomCrop(28, padding=4), RandomHorizontalFlip(), ToTensor()]))

    def epoch():
        tinygrad_cnn.manual_seed(5)
        return np.concatenate([x.array for x, _ in DataLoader(dataset, batch_size=300, shuffle=True)])

    first = epoch()
    np.testing.assert_array_equal(first, epoch())
    tinygrad_cnn.manual_seed(6)
    assert not np.array_equal(first[:300], dataset.batch(range(300))[0].array)


def test_prints_as_torchvision_does():
    transform = Compose([RandomCrop(32, padding=4), ToTensor()])
    assert repr(Colours(transform, target_transform=Lambda(str))) == (
        "Dataset Colours\n"
        "    Number of datapoints: 9\n"
        "    Root location: somewhere\n"
        "    Split: Train\n"
        "    StandardTransform\n"
        "Transform: Compose(\n"
        "               RandomCrop(size=(32, 32), padding=4)\n"
        "               ToTensor()\n"
        "           )\n"
        "Target transform: Lambda()"
    )


def test_a_set_of_ones_own():
    class Numbers(VisionDataset):
        classes = ("even", "odd")

        def __len__(self):
            return 2

        def __getitem__(self, index):
            return self._transformed(index, index % 2)

    assert Numbers(transform=str)[1] == ("1", 1)
    assert Numbers().class_to_idx == {"even": 0, "odd": 1}
    assert repr(Numbers()) == "Dataset Numbers\n    Number of datapoints: 2"
