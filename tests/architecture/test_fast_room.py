"""All that exists for speed is in `tinygrad_cnn/fast`, and the package without that folder does not miss it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tinygrad_cnn"
MENTION = re.compile(r"tinygrad_cnn[./]fast\b|from tinygrad_cnn import .*\bfast\b")
MAY_MENTION = {"tinygrad_cnn/__init__.py"}  # which installs it


@pytest.mark.skipif(not (PACKAGE / "fast").is_dir(), reason="there is no tinygrad_cnn/fast to mention")
def test_only_the_package_itself_mentions_the_room_for_speed():
    found = {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*.py")
        if PACKAGE / "fast" not in path.parents and MENTION.search(path.read_text(encoding="utf-8"))
    }
    assert found == MAY_MENTION


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("from tinygrad_cnn.fast import install", True), ("import tinygrad_cnn.fast", True),
        ("from tinygrad_cnn import fast", True), ("from tinygrad_cnn import ops, fast", True),
        ("# see tinygrad_cnn/fast/conv.py", True), ('pip install "tinygrad-cnn[fast]"', False),
        ("from tinygrad_cnn import fastest", False), ("tinygrad_cnn.faster", False),
    ],
)  # fmt: skip
def test_a_mention_is_told_from_other_words(line, found):
    assert bool(MENTION.search(line)) == found
