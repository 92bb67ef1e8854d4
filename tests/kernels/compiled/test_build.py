"""Compiling the kernels: once, whole or not at all, and with every compiler and for every processor."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from kernel_forms import float32, needs_compiler

from tinygrad_cnn.kernels.compiled import build

pytestmark = needs_compiler

ROOT = Path(__file__).parents[3]
ZIG = [sys.executable, "-m", "ziglang", "cc", "-fno-sanitize=all"]
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
    from tinygrad_cnn.kernels.compiled.native import native

    if not Path(native._name).exists():
        pytest.skip("the cache folder cannot be used: there is no library to copy")
    return native._name


@pytest.fixture
def cache(in_use, tmp_path, monkeypatch):
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


def test_the_library_is_compiled_once_and_found_again(cache, compiler):
    command, calls = compiler()
    first, second = build.library_of(command), build.library_of(command)
    assert calls() == 1
    assert first._name == second._name
    assert list(cache.iterdir()) == [Path(first._name)]
    assert build.library_path(command) == Path(first._name)


def test_another_source_compiler_or_processor_makes_another_library(tmp_path, cache, monkeypatch):
    own = tmp_path / "cc"
    own.write_text("one compiler", encoding="utf-8")
    command = [str(own), "-O2"]
    paths = {build.library_path(command), build.library_path([*command, "-g"])}
    own.write_text("the compiler after an update", encoding="utf-8")
    paths.add(build.library_path(command))
    sources = shutil.copytree(build.SOURCES, tmp_path / "source")
    monkeypatch.setattr(build, "SOURCES", sources)
    assert build.library_path(command) in paths  # equal sources elsewhere
    for name in ("tile.h", "conv.c"):
        with (sources / name).open("a", encoding="utf-8") as file:
            file.write("/* changed */\n")
        paths.add(build.library_path(command))
    monkeypatch.setattr(build, "_processor", lambda: "another processor")
    paths.add(build.library_path(command))
    assert len(paths) == 6
    assert {path.parent for path in paths} == {cache}


def test_processes_that_compile_at_once_do_not_disturb_each_other(cache, compiler):
    command, calls = compiler(seconds=1)
    program = f"from tinygrad_cnn.kernels.compiled.build import library_of; library_of({command!r}).conv2d"
    started = [subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) for _ in range(2)]
    assert [process.wait(60) for process in started] == [0, 0]
    assert calls() == 2
    assert list(cache.iterdir()) == [build.library_path(command)]


def test_a_compiler_that_fails_is_quoted_and_leaves_nothing_behind(cache, compiler):
    command, calls = compiler(fails=True)
    with pytest.raises(RuntimeError, match=r"compiler.py failed: cannot go on: no more room"):
        build.library_of(command)
    assert calls() == 0
    assert list(cache.iterdir()) == []


def test_what_a_compiler_says_is_quoted_in_whatever_encoding_it_comes(cache, tmp_path):
    script = tmp_path / "compiler.py"
    script.write_text("import sys; sys.stderr.buffer.write(b'no room: \\xb0\\xa1\\xff'); sys.exit(1)", encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"compiler.py failed: no room: \ufffd+$"):
        build.library_of([sys.executable, str(script)])


def test_an_interruption_leaves_nothing_behind(cache, compiler, monkeypatch):
    def interrupted(command, **_):
        Path(command[command.index("-o") + 1]).write_bytes(b"half a library")
        raise KeyboardInterrupt

    command, _ = compiler()
    monkeypatch.setattr(build.subprocess, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build.library_of(command)
    assert list(cache.iterdir()) == []


def test_what_killed_processes_left_is_cleared_away(cache, compiler):
    old, new = cache / "building-old", cache / "building-new"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "half").write_text("a library", encoding="utf-8")
    os.utime(old, (0, 0))
    build.library_of(compiler()[0])
    assert not old.exists()
    assert new.exists()  # another process may be at work in it


def test_without_a_folder_to_keep_it_in_the_library_is_compiled_for_the_process(tmp_path, compiler, monkeypatch):
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("TINYGRAD_CNN_CACHE", str(tmp_path / "file" / "below"))
    command, calls = compiler()
    with pytest.warns(RuntimeWarning, match=r"cache folder cannot be used \(.*file.*TINYGRAD_CNN_CACHE names another"):
        library = build.library_of(command)
    assert calls() == 1
    assert library.conv2d.argtypes
    assert sys.platform == "win32" or not Path(library._name).exists()  # loaded, and not left in the way


def test_a_library_that_cannot_be_loaded_is_compiled_for_the_process(cache, compiler):
    command, _ = compiler()
    cache.mkdir()
    build.library_path(command).write_bytes(b"no library")
    with pytest.warns(RuntimeWarning, match="cache folder cannot be used"):
        assert build.library_of(command).conv2d.argtypes


def test_the_folder_of_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("TINYGRAD_CNN_CACHE", str(tmp_path))
    assert build.cache_folder() == tmp_path
    monkeypatch.delenv("TINYGRAD_CNN_CACHE")
    if sys.platform == "linux":
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
        assert build.cache_folder() == tmp_path / "xdg" / "tinygrad_cnn"
        monkeypatch.delenv("XDG_CACHE_HOME")
        assert build.cache_folder() == Path.home() / ".cache" / "tinygrad_cnn"


def test_every_exported_function_has_the_arguments_of_its_declaration():
    from tinygrad_cnn.kernels.compiled.native import native

    text = "".join(path.read_text(encoding="utf-8") for path in build.SOURCES.glob("*.c"))
    declared = re.findall(r"\bEXPORT\s+(\w+)\s+(\w+)\s*\(([^{]*)\)\s*\{", text)
    assert len(declared) == text.count("EXPORT ") > 20
    for result, name, arguments in declared:
        function = getattr(native, name)
        kinds = [argument.replace("const ", "").split()[0] for argument in arguments.split(",")]
        found = len(function.argtypes)
        assert function.argtypes == [build._KINDS[kind] for kind in kinds[:found]], name
        assert set(kinds[found:]) <= {"int"}, name  # which Python ints become by themselves
        assert (function.restype is None) == (result == "void"), name


# --- other compilers and processors -----------------------------------------------------------------------------------


def convolved(library):
    """Return y = conv2d(x, w), and what NumPy says it is."""
    x, w = float32(0, 2, 3, 9, 11), float32(1, 4, 3, 3, 3)
    y = np.empty((2, 4, 7, 9), np.float32)
    assert library.conv2d(x, w, None, y, 1, 1, 0, 0, 1, 1, 1, 0)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (2, 3))
    return y, np.einsum("nchwkl,ockl->nohw", windows, w)


def compilers():
    """Yield every compiler that there is, with the flags of `find_compiler`."""
    with pytest.MonkeyPatch.context() as patch:
        yield build.find_compiler()
        patch.setattr(build.importlib.util, "find_spec", lambda _: None)
        other = build.find_compiler()
        if other:
            yield other


@pytest.mark.slow
@pytest.mark.parametrize("command", [one for one in compilers() if one], ids=lambda command: Path(command[0]).name)
def test_every_compiler_here(command, cache):
    np.testing.assert_allclose(*convolved(build.library_of(command)), rtol=1e-5, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("target", ["aarch64-linux-gnu", "aarch64-macos"])
def test_other_systems_can_be_compiled_for(target, tmp_path):
    pytest.importorskip("ziglang")
    path = tmp_path / "library"
    build.compile_library([*ZIG, "-target", target, "-fPIC", "-pthread"], path)
    assert path.stat().st_size > 50_000


@pytest.mark.slow
@pytest.mark.skipif(build.platform.machine() != "x86_64", reason="of other processors there is one kind")
@pytest.mark.parametrize("level", ["x86_64", "x86_64_v3"])
def test_narrower_vectors_compute_the_same(level, tmp_path):
    pytest.importorskip("ziglang")
    if level == "x86_64_v3" and " avx2 " not in Path("/proc/cpuinfo").read_text(encoding="utf-8"):
        pytest.skip("this processor has no AVX2")
    command = [*ZIG, f"-mcpu={level}", "-fPIC", "-pthread"]
    program = (
        "import sys, pytest\nfrom tinygrad_cnn.kernels.compiled import build\n"
        f"build.find_compiler = lambda: {command!r}\n"
        "sys.exit(pytest.main(['-q', '-x', '-p', 'no:cacheprovider', '-m', 'not slow', 'tests/kernels/compiled',"
        " '--ignore', 'tests/kernels/compiled/test_build.py']))"
    )
    environment = {**os.environ, "TINYGRAD_CNN_CACHE": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert len(list(tmp_path.glob("kernels-*"))) == 1  # it was this compiler's
