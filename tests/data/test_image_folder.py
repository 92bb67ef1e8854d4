"""Folders of pictures: classes and files in order, hidden ones skipped, damaged ones named."""

from pathlib import Path

import numpy as np
import pytest

from tinygrad_cnn.data import DataError, DataLoader, DatasetFolder, ImageFolder
from tinygrad_cnn.data.transforms import Compose, Resize, ToTensor

Image = pytest.importorskip("PIL.Image")


def save(path, value, size=(6, 4)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (value, 0, 255 - value)).save(path)


@pytest.fixture
def pets(tmp_path):
    save(tmp_path / "dog" / "b.PNG", 10)
    save(tmp_path / "dog" / "a.png", 20)
    save(tmp_path / "cat" / "deep" / "er" / "z.bmp", 30)
    save(tmp_path / "cat" / "c.png", 40)
    save(tmp_path / ".hidden" / "a.png", 50)
    save(tmp_path / "cat" / ".thumbnails" / "a.png", 60)
    (tmp_path / "cat" / ".DS_Store.png").write_bytes(b"rubbish")
    (tmp_path / "cat" / "notes.txt").write_text("no picture", encoding="utf-8")
    (tmp_path / "readme.png").write_bytes(b"not in a folder")
    return tmp_path


def test_classes_and_files_are_sorted_and_hidden_ones_skipped(pets):
    folder = ImageFolder(pets)
    assert folder.classes == ["cat", "dog"]
    assert folder.class_to_idx == {"cat": 0, "dog": 1}
    assert folder.targets == [0, 0, 1, 1]
    names = [path.removeprefix(str(pets) + "/") for path, _ in folder.samples]
    assert names == ["cat/c.png", "cat/deep/er/z.bmp", "dog/a.png", "dog/b.PNG"]
    assert folder.imgs is folder.samples
    assert [folder[i][0].getpixel((0, 0))[0] for i in range(4)] == [40, 30, 20, 10]
    assert repr(folder) == f"Dataset ImageFolder\n    Number of datapoints: 4\n    Root location: {pets}"


def test_transforms_and_batches(pets):
    transform = Compose([Resize((4, 4)), ToTensor()])
    folder = ImageFolder(pets, transform=transform, target_transform=lambda label: 10 * label)
    x, t = next(iter(DataLoader(folder, batch_size=4)))
    assert x.shape == (4, 3, 4, 4)
    np.testing.assert_allclose(x.array[:, 0, 0, 0] * 255, [40, 30, 20, 10], atol=1e-4)
    assert t.tolist() == [0, 0, 10, 10]


def test_a_damaged_picture_is_named_when_it_is_read(pets):
    path = pets / "cat" / "c.png"
    path.write_bytes(path.read_bytes()[:30])
    folder = ImageFolder(pets)
    assert folder[1][1] == 0
    with pytest.raises(DataError, match="cat/c.png: expected an image that Pillow can read"):
        folder[0]


def test_an_error_of_a_loader_or_transform_names_the_file(pets):
    def broken(image):
        raise KeyError("colour")

    with pytest.raises(KeyError, match="colour") as caught:
        ImageFolder(pets, transform=broken)[2]
    assert caught.value.__notes__ == [f"while reading {pets / 'dog' / 'a.png'}"]
    with pytest.raises(KeyError, match="colour") as caught:
        ImageFolder(pets, loader=broken)[0]
    assert caught.value.__notes__ == [f"while reading {pets / 'cat' / 'c.png'}"]


def test_own_loader_and_own_choice_of_files(pets):
    folder = ImageFolder(pets, loader=lambda path: path[-5:], is_valid_file=lambda path: not path.endswith(".bmp"))
    assert [folder[i] for i in range(len(folder))] == [("c.png", 0), ("s.txt", 0), ("a.png", 1), ("b.PNG", 1)]


def test_other_files_than_pictures(pets):
    folder = DatasetFolder(
        pets, lambda path: Path(path).read_text(encoding="utf-8"), extensions=(".TXT",), allow_empty=True
    )
    assert folder.classes == ["cat", "dog"]
    assert [folder[i] for i in range(len(folder))] == [("no picture", 0)]


def test_a_class_without_pictures(pets):
    (pets / "fish").mkdir()
    (pets / "newt").mkdir()
    with pytest.raises(
        FileNotFoundError, match=r"expected files ending in .jpg, .* of every class .* \['fish', 'newt'\]"
    ):
        ImageFolder(pets)
    folder = ImageFolder(pets, allow_empty=True)
    assert folder.classes == ["cat", "dog", "fish", "newt"]
    assert len(folder) == 4
    with pytest.raises(FileNotFoundError, match="expected files of every class"):
        ImageFolder(pets, is_valid_file=lambda path: "dog" in path)


def test_no_folder_and_no_classes(tmp_path):
    with pytest.raises(FileNotFoundError, match="one folder for each class, found no folder .*nowhere"):
        ImageFolder(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="expected one folder for each class in .*, found none"):
        ImageFolder(tmp_path)


@pytest.mark.parametrize("arguments", [{}, {"extensions": (".png",), "is_valid_file": str.isascii}])
def test_either_extensions_or_a_choice(pets, arguments):
    with pytest.raises(ValueError, match="DatasetFolder: expected either extensions or is_valid_file"):
        DatasetFolder(pets, loader=str, **arguments)


def test_links_are_followed_but_not_in_circles(pets, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    save(other / "linked" / "d.png", 70)
    (pets / "dog" / "more").symlink_to(other / "linked")
    (pets / "dog" / "again").symlink_to(pets / "dog")
    (pets / "cow").symlink_to(other)
    folder = ImageFolder(pets)
    assert folder.classes == ["cat", "cow", "dog"]
    assert [path.removeprefix(str(pets)) for path, _ in folder.samples[2:]] == [
        "/cow/linked/d.png", "/dog/a.png", "/dog/b.PNG", "/dog/more/d.png"
    ]  # fmt: skip


def test_a_subclass_may_name_the_classes(pets):
    class Pets(ImageFolder):
        @staticmethod
        def find_classes(directory):
            return ["animal"], {"cat": 0, "dog": 0}

    assert Pets(pets).targets == [0, 0, 0, 0]
    assert Pets(pets).class_to_idx == {"cat": 0, "dog": 0}
