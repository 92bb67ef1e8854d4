"""The catalogue: what there is, fetched from a server on this machine and compared with its checksums."""

import gzip
import hashlib
import io
import tarfile
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
import real_data
from file_server import serving

from tinygrad_cnn.data import CIFAR10, MNIST, DownloadError, catalog, write_idx
from tinygrad_cnn.data.published import ENTRIES, DataFile

pytest.importorskip("pooch")


def checksum(content):
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.fixture
def digits(server, tmp_path, monkeypatch):
    """MNIST as the server has it: 3 training and 2 test digits."""
    files = []
    for file, count in zip(ENTRIES["mnist"].files, (3, 3, 2, 2), strict=True):
        images = np.arange(count * 784, dtype=np.uint8).reshape(count, 28, 28)
        write_idx(tmp_path / "made" / file.name, images if "images" in file.name else np.arange(count, dtype=np.uint8))
        content = (tmp_path / "made" / file.name).read_bytes()
        server.files[file.name] = content
        files.append(DataFile(file.name, len(content), checksum(content), checksum(gzip.decompress(content))))
    entry = replace(ENTRIES["mnist"], files=tuple(files), mirrors=(server.url + "broken/x", server.url))
    monkeypatch.setitem(ENTRIES, "mnist", entry)
    return entry


class SmallCIFAR10(CIFAR10):
    _parts: ClassVar = {True: {f"data_batch_{i}": 2 for i in range(1, 6)}, False: {"test_batch": 2}}


@pytest.fixture
def photographs(server, monkeypatch):
    """CIFAR-10 as the server has it: six files of two images, in an archive with other files."""
    rng = np.random.default_rng(0)
    contents = {f.name: bytes([i]) + rng.bytes(3072) + bytes([9 - i]) + rng.bytes(3072)
                for i, f in enumerate(ENTRIES["cifar10"].files)}  # fmt: skip
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in {"readme.html": b"hello", **contents}.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    server.files["cifar-10-binary.tar.gz"] = packed.getvalue()
    entry = replace(
        ENTRIES["cifar10"],
        files=tuple(DataFile(name, len(content), checksum(content)) for name, content in contents.items()),
        mirrors=(server.url,),
        archive=DataFile("cifar-10-binary.tar.gz", len(packed.getvalue()), checksum(packed.getvalue())),
    )
    monkeypatch.setitem(ENTRIES, "cifar10", entry)
    return contents


def test_what_there_is():
    names = [entry.name for entry in catalog.available()]
    assert names == ["mnist", "fashion_mnist", "cifar10", "cifar100", "flowers", "mnist5k", "toy"]
    assert catalog.entry("cifar10").title == "CIFAR10"


def test_an_unknown_name_is_answered_with_those_there_are():
    for ask in (catalog.entry, catalog.get, catalog.verify):
        with pytest.raises(ValueError, match="one of mnist, fashion_mnist, cifar10, .*, toy, got 'imagenet'"):
            ask("imagenet")


def test_what_comes_with_the_package_needs_nothing(tmp_path):
    assert catalog.get("mnist5k", tmp_path) == {}
    assert catalog.verify("toy", tmp_path) == {}


def test_get_verify_and_read(digits, server, tmp_path, monkeypatch):
    monkeypatch.setenv("TINYGRAD_CNN_DATA", str(tmp_path / "root"))
    assert set(catalog.verify("mnist").values()) == {"missing"}
    seen = []
    paths = catalog.get("mnist", progress=lambda name, done, total: seen.append(name))
    assert {path.parent for path in paths.values()} == {tmp_path / "root" / "MNIST" / "raw"}
    assert [path.name for path in paths.values()] == list(paths) == [file.name for file in digits.files]
    assert set(seen) == set(paths)
    assert set(catalog.verify("mnist").values()) == {"ok"}
    assert MNIST().targets.tolist() == [0, 1, 2]
    asked = len(server.requests)
    assert catalog.get("mnist") == paths
    assert len(server.requests) == asked, "a whole set needs no network"


def test_download_true_fetches_what_is_missing_only(digits, server, tmp_path):
    with pytest.raises(FileNotFoundError, match="download=True fetches it"):
        MNIST(tmp_path / "root")
    assert len(MNIST(tmp_path / "root", train=False, download=True)) == 2
    server.files.clear()
    assert len(MNIST(tmp_path / "root", download=True)) == 3
    (tmp_path / "root" / "MNIST" / "raw" / digits.files[2].name).unlink()
    with pytest.raises(DownloadError, match="t10k-images-idx3-ubyte.gz: expected to download"):
        MNIST(tmp_path / "root", download=True)
    assert len(MNIST(tmp_path / "root")) == 3


@pytest.mark.parametrize("harm", [lambda content: content[:-9], lambda content: content + b"!", lambda _: b""])
def test_damage_is_seen_and_repaired(digits, tmp_path, harm):
    paths = catalog.get("mnist", tmp_path)
    name = digits.files[0].name
    paths[name].write_bytes(harm(paths[name].read_bytes()))
    assert list(catalog.verify("mnist", tmp_path).values()) == ["damaged", "ok", "ok", "ok"]
    assert catalog.get("mnist", tmp_path) == paths
    assert set(catalog.verify("mnist", tmp_path).values()) == {"ok"}


def test_the_same_content_packed_otherwise_is_right(digits, server, tmp_path):
    for i, file in enumerate(digits.files):
        content = gzip.decompress(server.files[file.name])
        folder = tmp_path / "mnist"
        folder.mkdir(exist_ok=True)
        if i % 2:
            (folder / file.name.removesuffix(".gz")).write_bytes(content)
        else:
            (folder / file.name).write_bytes(gzip.compress(content, 1))
    server.requests.clear()
    assert set(catalog.verify("mnist", tmp_path).values()) == {"ok"}
    assert {path.parent.name for path in catalog.get("mnist", tmp_path).values()} == {"mnist"}
    assert server.requests == []


def test_a_damaged_unpacked_file_does_not_hide_the_repaired_one(digits, tmp_path):
    plain = tmp_path / "MNIST" / "raw" / digits.files[0].name.removesuffix(".gz")
    plain.parent.mkdir(parents=True)
    plain.write_bytes(b"damaged")
    catalog.get("mnist", tmp_path)
    assert set(catalog.verify("mnist", tmp_path).values()) == {"ok"}
    assert len(MNIST(tmp_path)) == 3


@pytest.mark.parametrize("beside", [True, False])
def test_unpacked_files_whose_checksum_is_not_published(digits, server, tmp_path, monkeypatch, beside):
    """As torchvision leaves them for Fashion-MNIST: unpacked beside the packed ones."""
    files = tuple(replace(file, content="") for file in digits.files)
    monkeypatch.setitem(ENTRIES, "mnist", replace(digits, files=files))
    catalog.get("mnist", tmp_path)
    folder = tmp_path / "MNIST" / "raw"
    for file in files:
        packed = folder / file.name
        (folder / file.name.removesuffix(".gz")).write_bytes(gzip.decompress(packed.read_bytes()))
        if not beside:
            packed.unlink()
    assert set(catalog.verify("mnist", tmp_path).values()) == {"ok"}
    plain = folder / files[1].name.removesuffix(".gz")
    plain.write_bytes(plain.read_bytes()[:-1] + (b"\0" if beside else b""))
    assert list(catalog.verify("mnist", tmp_path).values()) == ["ok", "damaged", "ok", "ok"]
    catalog.get("mnist", tmp_path)
    assert set(catalog.verify("mnist", tmp_path).values()) == {"ok"}
    assert MNIST(tmp_path).targets.tolist() == [0, 1, 2]


def test_a_damaged_file_stays_if_the_download_fails(digits, server, tmp_path):
    plain = tmp_path / "MNIST" / "raw" / digits.files[0].name.removesuffix(".gz")
    plain.parent.mkdir(parents=True)
    plain.write_bytes(b"damaged")
    server.files.clear()
    with pytest.raises(DownloadError):
        catalog.get("mnist", tmp_path)
    assert plain.read_bytes() == b"damaged"


def test_an_archive_is_unpacked_and_thrown_away(photographs, server, tmp_path):
    assert len(SmallCIFAR10(tmp_path, download=True)) == 10
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted(["cifar-10-batches-bin", *photographs])
    assert set(catalog.verify("cifar10", tmp_path).values()) == {"ok"}
    test = SmallCIFAR10(tmp_path, train=False, download=True)
    assert test.targets == [5, 4]
    assert test.data.transpose(0, 3, 1, 2)[0].tobytes() == photographs["test_batch.bin"][1:3073]
    assert len(server.requests) == 1


def test_an_archive_put_there_by_hand_is_taken(photographs, server, tmp_path):
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(server.files["cifar-10-binary.tar.gz"])
    assert len(SmallCIFAR10(tmp_path, download=True)) == 10
    assert server.requests == []


def test_a_damaged_part_of_an_archive_is_repaired(photographs, tmp_path):
    paths = catalog.get("cifar10", tmp_path)
    paths["data_batch_3.bin"].unlink()
    paths["test_batch.bin"].write_bytes(b"x")
    assert catalog.verify("cifar10", tmp_path)["data_batch_3.bin"] == "missing"
    assert catalog.verify("cifar10", tmp_path)["test_batch.bin"] == "damaged"
    catalog.get("cifar10", tmp_path)
    assert {name: paths[name].read_bytes() for name in photographs} == photographs


def test_another_form_of_a_set_is_verified_where_it_alone_is_there(tmp_path):
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    (folder / "data_batch_2").write_bytes(b"no pickle")
    states = catalog.verify("cifar10", tmp_path)
    assert states["data_batch_2"] == "damaged"
    assert states["data_batch_1"] == "missing"
    assert len(states) == 6


def test_a_set_without_an_address_says_where_to_put_it(tmp_path):
    assert catalog.verify("flowers", tmp_path) == {"flowers.zip": "missing"}
    with pytest.raises(FileNotFoundError, match="(?s)Flowers: expected .*It cannot be downloaded") as caught:
        catalog.get("flowers", tmp_path)
    assert str(tmp_path / "flowers.zip") in str(caught.value)
    (tmp_path / "flowers.zip").write_bytes(b"no zip")
    assert catalog.verify("flowers", tmp_path) == {"flowers.zip": "damaged"}
    (tmp_path / "flowers").mkdir()
    assert catalog.verify("flowers", tmp_path) == {"flowers.zip": "damaged"}, "an empty folder"
    (tmp_path / "flowers" / "daisy").mkdir()
    assert catalog.verify("flowers", tmp_path) == {"flowers.zip": "ok"}
    assert catalog.get("flowers", tmp_path) == {"flowers.zip": tmp_path / "flowers"}


@real_data.needs("mnist/train-images-idx3-ubyte.gz")
def test_the_real_digits_are_the_published_ones(tmp_path):
    assert set(catalog.verify("mnist", real_data.ROOT).values()) == {"ok"}
    assert set(catalog.verify("fashion_mnist", real_data.ROOT).values()) == {"missing"}


@real_data.needs("flowers.zip")
def test_the_real_flowers_are_whole():
    assert catalog.verify("flowers", real_data.ROOT) == {"flowers.zip": "ok"}


@pytest.mark.parametrize(("name", "expected"), [
    ("MNIST", "mnist"), ("FashionMNIST", "fashion_mnist"), ("fashion-mnist", "fashion_mnist"), ("CIFAR-10", "cifar10"),
    ("toy_patterns", "toy"), ("Flowers", "flowers"),
])  # fmt: skip
def test_names_in_any_spelling(name, expected):
    assert catalog.entry(name).name == expected
    with pytest.raises(ValueError, match="got 'CIFAR1'; did you mean 'cifar1"):
        catalog.entry("CIFAR1")


def test_the_hint_names_an_address_that_files_come_from():
    for entry in catalog.available():
        if entry.mirrors:
            assert catalog.by_hand(entry).startswith("https://" if entry.name != "fashion_mnist" else "http")
            assert "yann.lecun.com" not in catalog.by_hand(entry) + str(entry.mirrors)
