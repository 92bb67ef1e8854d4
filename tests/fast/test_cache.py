"""The cache of compiled libraries: kept whole or not at all, and loaded only if nobody else could have written them."""

import os
import sys
from pathlib import Path

import pytest
from kernel_forms import needs_compiler

from tinygrad_cnn.fast import build, cache

pytestmark = needs_compiler


def kept(folder, command):
    """Return the path of the library of `command`, or None."""
    return cache.find(folder, build.library_name(command))


def test_what_killed_processes_left_is_cleared_away_and_nothing_else(folder, compiler):
    old, new, foreign, other = (folder / f"building-{name}" for name in ("old", "new", "houses", "linked"))
    for one in (old, new, foreign):
        one.mkdir(parents=True)
        (one / "half").write_text("a library", encoding="utf-8")
    for one in (old, new):
        (one / cache._MARK).write_text("1\n", encoding="utf-8")
    other.symlink_to(old, target_is_directory=True)
    for path in (old, old / cache._MARK, foreign, foreign / "half"):
        os.utime(path, (0, 0))
    build.library_of(compiler()[0])
    assert not old.exists()
    assert new.exists()  # another process may be at work in it
    assert (foreign / "half").exists()  # this program did not make it
    assert other.is_symlink()


@pytest.mark.parametrize("harm", ["cut off", "emptied", "changed", "renamed"])
def test_a_library_that_is_not_whole_is_made_again_once(folder, compiler, harm):
    command, calls = compiler()
    path = Path(build.library_of(command)._name)
    content = path.read_bytes()
    harmed = {"cut off": content[: len(content) // 2], "emptied": b"", "changed": content[:-1] + b"?"}
    path.unlink()  # this process uses it
    if harm == "renamed":
        (folder / f"{build.library_name(command)}-0123{cache.SUFFIX}").write_bytes(content)
    else:
        path.write_bytes(harmed[harm])
    path = Path(build.library_of(command)._name)
    assert calls() == 2
    assert path.read_bytes() == content
    assert build.library_of(command)._name == str(path)
    assert calls() == 2


@pytest.mark.skipif(sys.platform == "win32", reason="there are no modes")
def test_what_others_could_have_written_is_not_loaded(folder, compiler, tmp_path):
    command, calls = compiler()
    build.library_of(command)
    folder.chmod(0o777)
    with pytest.warns(RuntimeWarning, match=r"can be written by others: chmod go-w .*cache"):
        library = build.library_of(command)
    assert folder not in Path(library._name).parents
    folder.chmod(0o700)
    tmp_path.chmod(0o777)
    with pytest.warns(RuntimeWarning, match="above the cache folder, can be written by everybody"):
        build.library_of(command)
    tmp_path.chmod(0o700)
    path = kept(folder, command)
    path.chmod(0o720)
    assert kept(folder, command) is None
    path.chmod(0o700)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert kept(folder, command) is None
    assert calls() == 3


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_what_belongs_to_someone_else_is_not_loaded(folder, compiler):
    command, _ = compiler()
    path = Path(build.library_of(command)._name)
    os.chown(path, 12345, 12345)
    assert kept(folder, command) is None
    os.chown(folder, 12345, 12345)
    with pytest.raises(PermissionError, match="belongs to someone else"):
        cache.trusted_folder()


def test_a_library_is_on_the_disk_before_it_has_its_name(folder, compiler, monkeypatch):
    done = []

    def noted(path):
        done.append((path.name, path.exists(), len(list(folder.glob("kernels-*")))))

    monkeypatch.setattr(cache, "_sync", noted)
    build.library_of(compiler()[0])
    assert done[0] == (f"library{cache.SUFFIX}", True, 0)
    assert sys.platform == "win32" or done[1:] == [(folder.name, True, 1)]


def test_the_folder_of_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("TINYGRAD_CNN_CACHE", str(tmp_path))
    assert cache.cache_folder() == tmp_path
    monkeypatch.delenv("TINYGRAD_CNN_CACHE")
    if sys.platform == "linux":
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
        assert cache.cache_folder() == tmp_path / "xdg" / "tinygrad_cnn"
        monkeypatch.delenv("XDG_CACHE_HOME")
        assert cache.cache_folder() == Path.home() / ".cache" / "tinygrad_cnn"
