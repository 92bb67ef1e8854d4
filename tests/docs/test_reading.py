"""docs/reading.md names files that exist, and says how much there is to read."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reading.md").read_text(encoding="utf-8")
FILES = re.findall(r"^\| `([\w/.]+)` \|", PAGE, re.MULTILINE)


@pytest.mark.parametrize("file", FILES)
def test_a_file_of_the_path_exists(file):
    assert (ROOT / "tinygrad_cnn" / file).is_file()


def test_the_length_of_the_path_is_about_right():
    files, lines = re.search(r"(\d+) files of about ([\d,]+) lines", PAGE).groups()
    assert int(files) == len(FILES) == len(set(FILES))
    total = sum(len((ROOT / "tinygrad_cnn" / file).read_text(encoding="utf-8").splitlines()) for file in FILES)
    assert total == pytest.approx(int(lines.replace(",", "")), rel=0.1)
