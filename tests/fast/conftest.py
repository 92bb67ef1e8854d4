"""What tests of building and caching the library share: a compiler that copies the library in use.

Without the fast room, as in `make test-plain`, there is nothing to test here.
"""

import importlib.util
import sys
from pathlib import Path

import pytest

if importlib.util.find_spec("tinygrad_cnn.fast") is None:
    collect_ignore_glob = ["*"]

FAKE = """
import pathlib, shutil, sys, time
if "-shared" in sys.argv:
    with open({log!r}, "a") as log:
        log.write("called\\n")
    time.sleep({seconds})
shutil.copy({library!r}, sys.argv[sys.argv.index("-o") + 1])
if {fails}:
    sys.exit("cannot go on: no more room")
"""


@pytest.fixture(scope="module")
def in_use():
    """Return the path of the library in use."""
    from tinygrad_cnn.fast.native import native

    if not Path(native._name).exists():
        pytest.skip("the cache folder cannot be used: there is no library to copy")
    return native._name


@pytest.fixture
def folder(in_use, tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("TINYGRAD_CNN_CACHE", str(folder))
    return folder


@pytest.fixture
def compiler(in_use, tmp_path):
    """Return a maker of compilers that copy the library in use, and note that they were called to link."""

    def make(fails=False, seconds=0.0):
        script, log = tmp_path / "compiler.py", tmp_path / "calls"
        log.touch()
        script.write_text(FAKE.format(log=str(log), seconds=seconds, library=in_use, fails=fails), encoding="utf-8")
        return [sys.executable, str(script)], lambda: len(log.read_text(encoding="utf-8").splitlines())

    return make
