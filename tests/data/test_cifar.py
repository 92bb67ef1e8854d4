"""CIFAR: the binary and the pickled version give the same images, and damaged files say so."""

import pickle
import subprocess
import sys
from typing import ClassVar

import numpy as np
import pytest
import real_data
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tinygrad_cnn.data import CIFAR10, CIFAR100, DataError


class Small10(CIFAR10):
    _parts: ClassVar = {True: {"data_batch_1": 3, "data_batch_2": 2}, False: {"test_batch": 2}}


class Small100(CIFAR100):
    _parts: ClassVar = {True: ("train",), False: ("test",)}


def records(count, seed, classes=10):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 3, 32, 32), dtype=np.uint8), rng.integers(0, classes, count, dtype=np.uint8)


def save10(folder, form):
    folder.mkdir(parents=True)
    for seed, (name, count) in enumerate([("data_batch_1", 3), ("data_batch_2", 2), ("test_batch", 2)]):
        images, labels = records(count, seed)
        if form == "bin":
            rows = np.concatenate([labels[:, None], images.reshape(count, -1)], axis=1)
            (folder / f"{name}.bin").write_bytes(rows.tobytes())
        else:
            content = {"data": images.reshape(count, -1), "labels": labels.tolist(), "batch_label": "batch 1 of 5"}
            if form == "bytes":
                content = {key.encode(): value for key, value in content.items()}
            (folder / name).write_bytes(pickle.dumps(content, 2))


@pytest.mark.parametrize(
    ("place", "form"),
    [
        ("cifar-10-batches-bin", "bin"),
        (".", "bin"),
        ("cifar-10-batches-py", "text"),
        ("cifar-10-batches-py", "bytes"),
        (".", "text"),
    ],
)
def test_every_form_gives_the_same(tmp_path, place, form):
    save10(tmp_path / "root" / place, form)
    train, test = Small10(tmp_path / "root"), Small10(tmp_path / "root", train=False)
    parts = [records(3, 0), records(2, 1)]
    assert train.data.shape == (5, 32, 32, 3)
    assert train.data.dtype == np.uint8
    np.testing.assert_array_equal(train.data, np.concatenate([p[0] for p in parts]).transpose(0, 2, 3, 1))
    assert train.targets == np.concatenate([p[1] for p in parts]).tolist()
    assert type(train.targets[0]) is int
    assert len(test) == 2
    image, label = train[3]
    np.testing.assert_array_equal(image, records(2, 1)[0][0].transpose(1, 2, 0))
    assert label == records(2, 1)[1][0]
    assert train.class_to_idx["truck"] == 9
    assert repr(test).splitlines()[1:] == [
        "    Number of datapoints: 2", f"    Root location: {tmp_path / 'root'}", "    Split: Test"
    ]  # fmt: skip


def test_100_takes_the_fine_label(tmp_path):
    folder = tmp_path / "cifar-100-binary"
    folder.mkdir()
    images, fine = records(4, 0, 100)
    rows = np.concatenate([np.full((4, 1), 19, np.uint8), fine[:, None], images.reshape(4, -1)], axis=1)
    (folder / "train.bin").write_bytes(rows.tobytes())
    other = tmp_path / "other" / "cifar-100-python"
    other.mkdir(parents=True)
    content = {"data": images.reshape(4, -1), "fine_labels": fine.tolist(), "coarse_labels": [19] * 4}
    (other / "train").write_bytes(pickle.dumps(content, 2))
    for root in (tmp_path, tmp_path / "other"):
        train = Small100(root)
        assert train.targets == fine.tolist()
        np.testing.assert_array_equal(train.data, images.transpose(0, 2, 3, 1))
    assert len(set(CIFAR100.classes)) == 100
    assert list(CIFAR100.classes) == sorted(CIFAR100.classes)


def test_missing_files_list_every_path(tmp_path):
    with pytest.raises(
        FileNotFoundError, match="CIFAR10: expected the file data_batch_1.bin, or data_batch_1"
    ) as caught:
        CIFAR10(tmp_path)
    lines = [line.strip() for line in str(caught.value).splitlines()[1:]]
    assert lines[:-1] == [
        str(tmp_path / place)
        for place in (
            "cifar-10-batches-bin/data_batch_1.bin",
            "data_batch_1.bin",
            "cifar-10-batches-py/data_batch_1",
            "data_batch_1",
        )
    ]
    assert lines[-1].startswith(
        "download=True fetches them; by hand, get https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
    )


@pytest.mark.parametrize("size", [0, 1, 3072, 3 * 3073 - 1, 3 * 3073 + 1, 10**6])
def test_a_file_of_another_length(tmp_path, size):
    save10(tmp_path / "cifar-10-batches-bin", "bin")
    path = tmp_path / "cifar-10-batches-bin" / "data_batch_1.bin"
    path.write_bytes(bytes(size))
    with pytest.raises(
        DataError, match=f"data_batch_1.bin: expected whole images of 3,073 bytes each, got {size:,} bytes$"
    ):
        Small10(tmp_path)


@pytest.mark.parametrize("form", ["bin", "text"])
def test_a_subset_in_the_same_format_is_read(tmp_path, form):
    save10(tmp_path / "cifar-10-batches-bin", form)
    for name in ("data_batch_3", "data_batch_4", "data_batch_5"):
        source = tmp_path / "cifar-10-batches-bin" / ("data_batch_1.bin" if form == "bin" else "data_batch_1")
        source.with_name(name + source.suffix).write_bytes(source.read_bytes())
    folder = tmp_path / "cifar-10-batches-bin" if form == "text" else tmp_path
    assert len(CIFAR10(folder)) == 3 + 2 + 3 * 3
    assert len(CIFAR10(folder, train=False)) == 2


def test_a_label_of_no_class(tmp_path):
    save10(tmp_path / "cifar-10-batches-bin", "bin")
    path = tmp_path / "cifar-10-batches-bin" / "data_batch_1.bin"
    content = bytearray(path.read_bytes())
    content[2 * 3073] = 10
    path.write_bytes(content)
    with pytest.raises(DataError, match="data_batch_1.bin: expected labels from 0 to 9, got 10 at image 2"):
        Small10(tmp_path)


GOOD = {"data": np.zeros((3, 3072), np.uint8), "labels": [0, 1, 2]}


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ([1], "expected a dict, got list"),
        ({"labels": [0, 1, 2]}, r"expected 'data' as a uint8 array of shape \(N, 3072\), got NoneType"),
        (GOOD | {"data": np.zeros((3, 3071), np.uint8)}, r"got uint8 \(3, 3071\)"),
        (GOOD | {"data": np.zeros((3, 3072), np.float32)}, r"got float32 \(3, 3072\)"),
        (GOOD | {"labels": [0, 1]}, "expected 'labels' as a list of 3 ints, got a list of 2"),
        (GOOD | {"labels": [0, 1, "2"]}, "expected 'labels' as a list of 3 ints"),
        (GOOD | {"labels": (0, 1, 2)}, "got tuple"),
        (GOOD | {"labels": [0, -1, 2]}, "expected labels from 0 to 9, got -1 at image 1"),
        (GOOD | {"labels": [0, 2**80, 2]}, "expected labels from 0 to 9, got 1208925819614629174706176 at image 1"),
        (GOOD | {"more": print}, "which is not loaded"),
    ],
)
def test_pickles_of_something_else(tmp_path, content, match):
    save10(tmp_path / "cifar-10-batches-py", "text")
    path = tmp_path / "cifar-10-batches-py" / "data_batch_1"
    path.write_bytes(pickle.dumps(content, 2))
    with pytest.raises(DataError, match=match) as caught:
        Small10(tmp_path)
    assert str(caught.value).startswith(f"{path}: ")


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
def test_damage_is_an_error_or_changes_a_pixel(tmp_path, data):
    folder = tmp_path / "cifar-10-batches-py"
    if not folder.exists():
        save10(folder, "text")
    path = folder / "test_batch"
    images, labels = records(2, 2)
    content = bytearray(pickle.dumps({"data": images.reshape(2, -1), "labels": labels.tolist()}, 2))
    for place, bits in data.draw(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), max_size=3)):
        content[place % len(content)] ^= bits
    path.write_bytes(content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))])
    try:
        test = Small10(tmp_path, train=False)
    except DataError as error:
        assert str(path) in str(error)  # noqa: PT017
    else:
        assert test.data.shape == (2, 32, 32, 3)
        assert all(0 <= label < 10 for label in test.targets)


@pytest.fixture(scope="module")
def jpeg_copy(tmp_path_factory):
    """The real images, as the binary version of a JPEG copy."""
    out = tmp_path_factory.mktemp("cifar")
    subprocess.run([sys.executable, real_data.ROOT.parent / "tools" / "make_cifar10.py", out], check=True)
    return out


@pytest.mark.slow
@real_data.needs("cifar10_jpeg.npz")
def test_the_real_images(jpeg_copy):
    from tinygrad_cnn.data import catalog

    train, test = CIFAR10(jpeg_copy), CIFAR10(jpeg_copy, train=False)
    assert train.data.shape == (50_000, 32, 32, 3)
    assert test.data.shape == (10_000, 32, 32, 3)
    assert np.bincount(train.targets).tolist() == [5000] * 10
    assert np.bincount(test.targets).tolist() == [1000] * 10
    meta = (jpeg_copy / "cifar-10-batches-bin" / "batches.meta.txt").read_text(encoding="utf-8").split()
    assert list(train.classes) == meta
    means = train.data.mean(axis=(0, 1, 2)) / 255
    np.testing.assert_allclose(means, [0.4914, 0.4822, 0.4465], atol=0.002)  # as published for CIFAR-10
    raw = (jpeg_copy / "cifar-10-batches-bin" / "data_batch_3.bin").read_bytes()[77 * 3073 : 78 * 3073]
    image, label = train[20_077]
    assert label == raw[0]
    np.testing.assert_array_equal(image, np.frombuffer(raw[1:], np.uint8).reshape(3, 32, 32).transpose(1, 2, 0))
    assert set(catalog.verify("cifar10", jpeg_copy).values()) == {"damaged"}, "a copy is not the published set"
