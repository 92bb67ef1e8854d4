"""Flowers: the same from a zip file and a folder, kept as arrays, and nothing half done on the disk."""

import io
import os
import zipfile

import numpy as np
import pytest
import real_data

from tinygrad_cnn.data import DataError, Flowers

Image = pytest.importorskip("PIL.Image")

KINDS = {"rose": 6, "daisy": 11}


def jpeg(seed):
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (20, 24, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


CONTENT = {f"{kind}/{i:02}.jpg": jpeg(100 * i + len(kind)) for kind, count in KINDS.items() for i in range(count)}


def save_zip(path, extra=()):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in [*CONTENT.items(), *extra]:
            archive.writestr(f"flowers/{name}", content)


def save_folder(folder):
    for name, content in CONTENT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "kept"


def test_zip_and_folder_give_the_same(tmp_path, cache):
    rubbish = [(".DS_Store", b""), ("daisy/.hidden.jpg", b"x"), ("__MACOSX/daisy/a.jpg", b"x"), ("daisy/a.txt", b"x")]
    (tmp_path / "zip").mkdir()
    save_zip(tmp_path / "zip" / "flowers.zip", rubbish)
    save_folder(tmp_path / "folder" / "flowers")
    (tmp_path / "folder" / "flowers" / "daisy" / ".hidden.jpg").write_bytes(b"x")
    roots = [
        tmp_path / "zip",
        tmp_path / "zip" / "flowers.zip",
        tmp_path / "folder",
        tmp_path / "folder" / "flowers",
    ]
    sets = [Flowers(root, size=8, cache=cache) for root in roots]
    for flowers in sets:
        assert flowers.classes == ["daisy", "rose"]
        assert flowers.class_to_idx == {"daisy": 0, "rose": 1}
        assert flowers.targets == [0] * 11 + [1] * 6
        assert (flowers.data.shape, flowers.data.dtype) == ((17, 8, 8, 3), np.uint8)
        np.testing.assert_array_equal(flowers.data, sets[0].data)
    picture = Image.open(io.BytesIO(CONTENT["rose/03.jpg"])).resize((8, 8), Image.Resampling.BILINEAR)
    image, label = sets[0][14]
    np.testing.assert_array_equal(image, np.asarray(picture))
    assert label == 1
    assert repr(sets[0]).splitlines()[-1] == "    Image size: 8×8"


def test_decodes_once_per_size(tmp_path, cache, monkeypatch):
    save_zip(tmp_path / "flowers.zip")
    first = Flowers(tmp_path, size=8, cache=cache)
    assert len(list(cache.iterdir())) == 1
    with monkeypatch.context() as patch:
        patch.setattr("tinygrad_cnn.data.flowers.read_image", None)
        np.testing.assert_array_equal(Flowers(tmp_path, size=8, cache=cache).data, first.data)
    assert Flowers(tmp_path, size=4, cache=cache).data.shape == (17, 4, 4, 3)
    assert len(list(cache.iterdir())) == 2


@pytest.mark.parametrize("form", ["zip", "folder"])
def test_another_photograph_is_noticed(tmp_path, cache, form):
    save_zip(tmp_path / "flowers.zip") if form == "zip" else save_folder(tmp_path / "flowers")
    first = Flowers(tmp_path, size=8, cache=cache)
    if form == "zip":
        old = CONTENT["rose/00.jpg"]
        with zipfile.ZipFile(tmp_path / "flowers.zip", "w") as archive:
            for name, content in CONTENT.items():
                archive.writestr(f"flowers/{name}", jpeg(99) if content is old else content)
    else:
        path = tmp_path / "flowers" / "rose" / "00.jpg"
        path.write_bytes(jpeg(99))
        os.utime(path, (1, 1))
    second = Flowers(tmp_path, size=8, cache=cache)
    changed = (first.data != second.data).any(axis=(1, 2, 3))
    assert np.flatnonzero(changed).tolist() == [11]


@pytest.mark.parametrize("content", [b"", b"rubbish", None])
def test_a_damaged_cache_is_made_again(tmp_path, cache, content):
    save_zip(tmp_path / "flowers.zip")
    first = Flowers(tmp_path, size=8, cache=cache)
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:-5] if content is None else content)
    np.testing.assert_array_equal(Flowers(tmp_path, size=8, cache=cache).data, first.data)
    assert path.read_bytes() == whole
    np.save(path, np.array([print], dtype=object), allow_pickle=True)
    path.with_suffix(".npy.npy").unlink(missing_ok=True)
    np.testing.assert_array_equal(Flowers(tmp_path, size=8, cache=cache).data, first.data)


def test_a_cache_that_cannot_be_written_is_a_warning(tmp_path):
    save_zip(tmp_path / "flowers.zip")
    (tmp_path / "file").write_bytes(b"")
    with pytest.warns(UserWarning, match="Flowers: could not keep the resized photographs at") as caught:
        assert len(Flowers(tmp_path, size=8, cache=tmp_path / "file")) == 17
    assert caught[0].filename == __file__


def test_the_default_cache_is_in_the_data_root(tmp_path, monkeypatch):
    monkeypatch.setenv("TINYGRAD_CNN_DATA", str(tmp_path))
    save_zip(tmp_path / "flowers.zip")
    assert len(Flowers(size=8)) == 17
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_a_damaged_photograph_is_named_and_nothing_kept(tmp_path, cache):
    save_zip(tmp_path / "flowers.zip", [("daisy/bad.jpg", b"rubbish")])
    with pytest.raises(DataError, match="flowers.zip: flowers/daisy/bad.jpg: expected an image"):
        Flowers(tmp_path, size=8, cache=cache)
    assert not cache.exists()


def test_a_damaged_zip_file(tmp_path, cache):
    save_zip(tmp_path / "flowers.zip")
    content = bytearray((tmp_path / "flowers.zip").read_bytes())
    place = content.index(CONTENT["rose/02.jpg"])
    content[place + 300] ^= 1
    (tmp_path / "flowers.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"expected 'flowers/rose/02.jpg' whole, got a damaged one \(Bad CRC-32"):
        Flowers(tmp_path, size=8, cache=cache)
    (tmp_path / "flowers.zip").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="expected a zip file"):
        Flowers(tmp_path, size=8, cache=cache)
    assert not cache.exists()


def test_every_fifth_is_for_testing(tmp_path, cache):
    save_zip(tmp_path / "flowers.zip")
    whole, train, test = (Flowers(tmp_path, part, size=8, cache=cache) for part in (None, True, False))
    assert (len(whole), len(train), len(test)) == (17, 12, 5)
    assert test.targets == [0, 0, 0, 1, 1]
    np.testing.assert_array_equal(test.data, whole.data[[0, 5, 10, 11, 16]])
    np.testing.assert_array_equal(train.data, np.delete(whole.data, [0, 5, 10, 11, 16], axis=0))
    assert "    Split: Test" in repr(test).splitlines()


@pytest.mark.parametrize("download", [False, True])
def test_missing_photographs_say_where_to_put_them(tmp_path, cache, download):
    with pytest.raises(
        FileNotFoundError, match="(?s)Flowers: expected its files below .*It cannot be downloaded"
    ) as caught:
        Flowers(tmp_path, download=download, cache=cache)
    assert str(tmp_path / "flowers.zip") in str(caught.value)


def test_a_zip_file_without_photographs(tmp_path, cache):
    with zipfile.ZipFile(tmp_path / "flowers.zip", "w") as archive:
        archive.writestr("a.jpg", b"in no folder")
    with pytest.raises(DataError, match="expected photographs in one folder for each class, found none"):
        Flowers(tmp_path, cache=cache)


@pytest.mark.parametrize("size", [0, -1, 9.5, True, (96, 96)])
def test_size_must_be_a_positive_int(tmp_path, size):
    with pytest.raises(ValueError, match="Flowers: expected size as a positive int, got"):
        Flowers(tmp_path, size=size)


@pytest.mark.slow
@real_data.needs("flowers.zip")
def test_the_real_flowers(cache):
    flowers = Flowers(real_data.ROOT, cache=cache)
    assert flowers.data.shape == (4307, 96, 96, 3)
    assert len(flowers.repeats) == 10
    counts = dict(zip(flowers.classes, np.bincount(flowers.targets).tolist(), strict=True))
    assert counts == {"daisy": 764, "dandelion": 1052, "rose": 780, "sunflower": 731, "tulip": 980}
    with zipfile.ZipFile(real_data.ROOT / "flowers.zip") as archive:
        names = sorted(name for name in archive.namelist() if "/rose/" in name)
        picture = Image.open(io.BytesIO(archive.read(names[7]))).convert("RGB")
    expected = np.asarray(picture.resize((96, 96), Image.Resampling.BILINEAR))
    image, label = flowers[764 + 1052 + 7]
    np.testing.assert_array_equal(image, expected)
    assert flowers.classes[label] == "rose"
    train, test = (Flowers(real_data.ROOT, part, cache=cache) for part in (True, False))
    assert (len(train), len(test)) == (3444, 863)
