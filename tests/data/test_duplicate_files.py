"""Files of one content: found whatever they are called, left out, counted, and asked about no more than needed."""

import io
import os
import warnings
import zipfile

import numpy as np
import pytest

from tinygrad_cnn.data import DataError, Flowers, ImageFolder
from tinygrad_cnn.data.duplicate_files import File, duplicate_groups, file_at, without_duplicates

Image = pytest.importorskip("PIL.Image")
KINDS = ("daisy", "rose", "tulip")


def png(seed):
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


CONTENT = {f"{kind}/{i}.png": png(10 * k + i) for k, kind in enumerate(KINDS) for i in range(6)}


def save(folder, content=CONTENT):
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_an_expensive_key_is_computed_for_equals_only():
    asked = []

    def file(name, *keys):
        return File("a", name, tuple(lambda i=i, key=key: asked.append((name, i)) or key for i, key in enumerate(keys)))

    files = [file("x", 1, "p"), file("y", 2, "p"), file("z", 1, "q"), file("w", 1, "p")]
    assert duplicate_groups(files) == [[0, 3]]
    assert asked == [("x", 0), ("y", 0), ("z", 0), ("w", 0), ("x", 1), ("z", 1), ("w", 1)]
    assert duplicate_groups([]) == []


def test_files_are_told_apart_wherever_they_differ(tmp_path):
    contents = {
        "a": b"x" * 9000,
        "b": b"x" * 8999 + b"y",
        "c": b"y" + b"x" * 8999,
        "d": b"x" * 9000,
        "e": b"",
        "f": b"",
    }
    save(tmp_path, contents)
    files = [file_at("k", str(tmp_path / name)) for name in (*contents, "missing", "missing too")]
    assert duplicate_groups(files) == [[0, 3]]


def test_of_one_class_the_first_stays_and_of_several_none():
    keys = {"a1": "p", "a2": "q", "a3": "p", "b1": "r", "b2": "s", "b3": "q", "b4": "s", "c1": "t"}
    files = [File(name[0], name, (lambda key=key: key,)) for name, key in keys.items()]
    with pytest.warns(
        UserWarning, match=r"Set: left out 4 of 8 pictures, .* \(1 contents are in several classes\): a3 is"
    ):
        kept, left_out = without_duplicates("Set", files)
    assert [files[i].name for i in kept] == ["a1", "b1", "b2", "c1"]
    assert left_out == ["a2", "a3", "b3", "b4"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert without_duplicates("Set", files, expected=0.5)[1] == left_out


def test_image_folder_leaves_duplicates_out(tmp_path):
    save(tmp_path, CONTENT | {"daisy/copy of 1.png": CONTENT["daisy/1.png"], "rose/x.png": CONTENT["tulip/2.png"]})
    with pytest.warns(UserWarning, match="left out 3 of 20 pictures") as said:
        folder = ImageFolder(tmp_path)
    assert said[0].filename == __file__
    assert len(folder) == 17 == len(folder.targets) == len(folder.imgs)
    assert sorted(os.path.relpath(path, tmp_path) for path in folder.repeats) == [
        "daisy/copy of 1.png", "rose/x.png", "tulip/2.png",
    ]  # fmt: skip
    assert "Left out: 3 that are repeated" in repr(folder)
    assert len(ImageFolder(tmp_path, loader=str)) == 20


def test_a_linked_file_is_meant_to_be_there_twice(tmp_path):
    save(tmp_path)
    (tmp_path / "daisy" / "link.png").symlink_to(tmp_path / "rose" / "1.png")
    assert len(ImageFolder(tmp_path)) == 19


def test_image_folder_with_a_copy_of_itself_is_refused(tmp_path):
    root = save(tmp_path / "flowers")
    save(root / "flowers")
    with pytest.raises(DataError, match="does a folder hold a copy of the whole set"):
        ImageFolder(root)
    assert len(ImageFolder(save(tmp_path / "other"))) == 18


@pytest.mark.parametrize("form", ["folder", "zip", "both levels"])
def test_flowers_with_a_copy_of_themselves_leak_nothing(tmp_path, form):
    if form == "zip":
        with zipfile.ZipFile(tmp_path / "flowers.zip", "w") as archive:
            for name, data in CONTENT.items():
                archive.writestr(f"flowers/{name}", data)
                archive.writestr(f"flowers/flowers/{name}", data)
    else:
        save(tmp_path / "flowers" / "flowers")
        if form == "folder":
            save(tmp_path / "flowers")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        train, test = (Flowers(tmp_path, part, size=6, cache=tmp_path / "cache") for part in (True, False))
    assert bool(said) == (form != "both levels")
    assert train.classes == list(KINDS)
    assert (len(train), len(test)) == (12, 6)
    assert not {image.tobytes() for image in train.data} & {image.tobytes() for image in test.data}
    if said:
        assert said[0].filename == __file__
        assert "left out 18 of 36 pictures" in str(said[0].message)
        assert len(train.repeats) == 18
        assert "Left out: 18 that are repeated" in repr(train)
