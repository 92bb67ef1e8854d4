"""Files are written wholly or not at all."""

import pytest

from tinygrad_cnn._files import replacing


def test_content_takes_its_place_and_folders_are_made(tmp_path):
    path = tmp_path / "a" / "b.txt"
    with replacing(path) as part:
        part.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_an_error_leaves_the_old_file_and_no_rubbish(tmp_path):
    path = tmp_path / "b.txt"
    path.write_text("old")

    def write():
        with replacing(path) as part:
            part.write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        write()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
