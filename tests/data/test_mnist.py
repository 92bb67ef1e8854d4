"""The digits: the embedded ones always, the original files where they are."""

import hashlib
import re
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import real_data

import tinygrad_cnn
from tinygrad_cnn.data import MNIST, DataError, MNIST5k, load_mnist_5k, read_idx, write_idx

NAMES = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]
MD5 = {
    True: ("6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624"),
    False: ("2646ac647ad5339dbf082846283269ea", "27ae3e4e09519cfbb04c329615203637"),
}
"""Of the unpacked original files, as they are published."""

needs_files = real_data.needs(f"mnist/{NAMES[0]}.gz")


@pytest.fixture
def folder(tmp_path):
    """Four small files of MNIST's form: 3 training and 2 test digits."""
    for name, count in zip(NAMES, [3, 3, 2, 2], strict=True):
        images = np.full((count, 28, 28), 7, np.uint8)
        write_idx(tmp_path / name, images if "images" in name else np.arange(count, dtype=np.uint8))
    return tmp_path


def test_embedded_digits_are_what_they_should_be():
    (x, t), (x_test, t_test) = load_mnist_5k()
    assert (x.shape, x_test.shape) == ((5000, 1, 28, 28), (1000, 1, 28, 28))
    assert (t.shape, t_test.shape) == ((5000,), (1000,))
    assert x.dtype == x_test.dtype == tinygrad_cnn.float32
    assert t.dtype == t_test.dtype == tinygrad_cnn.int64
    assert (x.array.min(), x.array.max()) == (0, 1)
    assert t[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert t_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(t.array).tolist() == [479, 563, 488, 493, 535, 434, 501, 550, 462, 495]
    assert np.bincount(t_test.array).tolist() == [85, 126, 116, 107, 110, 87, 87, 99, 89, 94]


def test_load_forms():
    (x, _), _ = load_mnist_5k()
    (flat, _), (flat_test, _) = load_mnist_5k(flatten=True)
    (raw, _), _ = load_mnist_5k(normalize=False)
    assert flat.shape == (5000, 784)
    assert flat_test.shape == (1000, 784)
    np.testing.assert_array_equal(flat.array, x.array.reshape(5000, 784))
    assert raw.dtype == np.uint8
    assert raw.shape == (5000, 1, 28, 28)
    np.testing.assert_array_equal((raw.array / 255).astype(np.float32), x.array)


def test_embedded_files_are_small_and_attributed():
    folder = files("tinygrad_cnn.data") / "mnist_5k"
    sizes = {file.name: len(file.read_bytes()) for file in folder.iterdir()}
    assert set(sizes) == {f"{name}.gz" for name in NAMES} | {"ATTRIBUTION.md"}
    assert sum(sizes.values()) <= 1_200_000
    text = (folder / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "LeCun" in text
    assert "Attribution-ShareAlike 3.0" in text


@needs_files
@pytest.mark.parametrize(("train", "total", "count"), [(True, 60_000, 5000), (False, 10_000, 1000)])
def test_original_files(train, total, count):
    digits, embedded = MNIST(real_data.ROOT, train), MNIST5k(train)
    assert len(digits) == total
    assert digits.data.shape == (total, 28, 28)
    assert digits.data.dtype == tinygrad_cnn.uint8
    assert digits.targets.shape == (total,)
    images, labels = (
        hashlib.md5(bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()).hexdigest()
        for array in (digits.data.array, digits.targets.array.astype(np.uint8))
    )
    assert (images, labels) == MD5[train]
    np.testing.assert_array_equal(embedded.data.array, digits.data.array[:count])
    np.testing.assert_array_equal(embedded.targets.array, digits.targets.array[:count])


@needs_files
def test_embedded_files_can_be_made_again(tmp_path):
    for name, count in zip(NAMES, [5000, 5000, 1000, 1000], strict=True):
        write_idx(tmp_path / name, read_idx(real_data.ROOT / "mnist" / f"{name}.gz")[:count])
        np.testing.assert_array_equal(
            read_idx(tmp_path / name), read_idx(str(files("tinygrad_cnn.data") / "mnist_5k" / f"{name}.gz"))
        )


def test_samples_are_arrays_and_ints():
    digits = MNIST5k()
    image, label = digits[0]
    assert isinstance(image, np.ndarray)
    assert (image.shape, image.dtype) == ((28, 28), np.uint8)
    assert label == 5
    assert type(label) is int
    assert digits.classes[label] == "5 - five"
    assert len(digits.classes) == 10
    image[:] = 0
    assert digits[0][0].any()
    assert repr(digits) == "Dataset MNIST5k\n    Number of datapoints: 5000\n    Split: Train"
    assert digits.class_to_idx["7 - seven"] == 7


def test_transforms_apply_to_each_sample():
    digits = MNIST5k(train=False, transform=lambda image: image / 255, target_transform=lambda label: -label)
    image, label = digits[0]
    assert image.max() <= 1
    assert label == -7
    x, t = digits.batch([0, 1])
    assert x.dtype == np.float64
    assert t.tolist() == [-7, -2]


@pytest.mark.parametrize("place", [".", "MNIST/raw", "mnist"])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_finds_the_files_in_every_folder(folder, tmp_path, place, suffix):
    root = tmp_path / "root"
    (root / place).mkdir(parents=True)
    for name in NAMES:
        write_idx(root / place / f"{name}{suffix}", read_idx(folder / name))
    assert len(MNIST(root)) == 3
    assert MNIST(root, train=False).targets.tolist() == [0, 1]


def test_missing_file_names_every_path_tried(folder):
    (folder / NAMES[1]).unlink()
    with pytest.raises(FileNotFoundError, match=r"expected the file train-labels-idx1-ubyte, plain or \.gz") as caught:
        MNIST(folder)
    lines = str(caught.value).splitlines()[1:]
    tried = [folder / place / (name + suffix) for place in ("MNIST/raw", ".", "mnist")
             for name in (NAMES[1], "train-labels.idx1-ubyte") for suffix in ("", ".gz")]  # fmt: skip
    assert [Path(line.strip()) for line in lines[:-1]] == tried
    assert lines[-1] == (
        "download=True fetches it; by hand, get https://ossci-datasets.s3.amazonaws.com/mnist/train-labels-idx1-ubyte.gz"
    )
    assert len(MNIST(folder, train=False)) == 2


@pytest.mark.parametrize(
    ("name", "array", "match"),
    [
        (NAMES[1], np.zeros(4, np.uint8), r"expected 3 labels, one for each image in .*idx3-ubyte, got 4"),
        (NAMES[1], np.array([0, 10, 3], np.uint8), "expected labels from 0 to 9, got 10 at 1"),
        (NAMES[1], np.zeros((3, 1), np.uint8), r"expected uint8 labels \(N,\), got uint8 \(3, 1\)"),
        (NAMES[1], np.zeros(3, np.int32), r"expected uint8 labels \(N,\), got int32 \(3,\)"),
        (NAMES[0], np.zeros((3, 28, 27), np.uint8), r"expected uint8 images \(N, 28, 28\), got uint8 \(3, 28, 27\)"),
        (NAMES[0], np.zeros((3, 28, 28), np.float32), r"expected uint8 images \(N, 28, 28\), got float32"),
    ],
)
def test_files_of_something_else(folder, name, array, match):
    write_idx(folder / name, array)
    with pytest.raises(DataError, match=match) as caught:
        MNIST(folder)
    assert re.match(re.escape(str(folder / name)), str(caught.value))


def test_a_damaged_file_is_named(folder):
    path = folder / NAMES[0]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte: expected 2,352 bytes of uint8 \(3, 28, 28\)"):
        MNIST(folder)


def test_files_named_with_a_dot_are_found(tmp_path):
    for part in ("train", "t10k"):
        write_idx(tmp_path / f"{part}-images.idx3-ubyte", np.full((5, 28, 28), 7, np.uint8))
        write_idx(tmp_path / f"{part}-labels.idx1-ubyte.gz", np.arange(5, dtype=np.uint8))
    digits = MNIST(tmp_path)
    assert digits.targets.tolist() == [0, 1, 2, 3, 4]
    assert digits.train_data is digits.test_data is digits.data
    assert digits.train_labels is digits.test_labels is digits.targets
