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

from tinygrad_cnn.fast import build, cache

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
    from tinygrad_cnn.fast.native import native

    if not Path(native._name).exists():
        pytest.skip("the cache folder cannot be used: there is no library to copy")
    return native._name


@pytest.fixture
def folder(in_use, tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("TINYGRAD_CNN_CACHE", str(folder))
    return folder


def kept(folder, command):
    """Return the path of the library of `command`, or None."""
    return cache.find(folder, build.library_name(command))


@pytest.fixture
def compiler(in_use, tmp_path):
    """Return a maker of compilers that copy the library in use, and note that they were called to link."""

    def make(fails=False, seconds=0.0):
        script, log = tmp_path / "compiler.py", tmp_path / "calls"
        log.touch()
        script.write_text(FAKE.format(log=str(log), seconds=seconds, library=in_use, fails=fails), encoding="utf-8")
        return [sys.executable, str(script)], lambda: len(log.read_text(encoding="utf-8").splitlines())

    return make


def test_the_library_is_compiled_once_and_found_again(folder, compiler):
    command, calls = compiler()
    first, second = build.library_of(command), build.library_of(command)
    assert calls() == 1
    assert first._name == second._name
    assert list(folder.iterdir()) == [Path(first._name)] == [kept(folder, command)]


def test_another_source_compiler_or_processor_makes_another_library(tmp_path, monkeypatch):
    own = tmp_path / "cc"
    own.write_text("one compiler", encoding="utf-8")
    command = [str(own), "-O2"]
    names = {build.library_name(command), build.library_name([*command, "-g"])}
    own.write_text("the compiler after an update", encoding="utf-8")
    names.add(build.library_name(command))
    sources = shutil.copytree(build.SOURCES, tmp_path / "source")
    monkeypatch.setattr(build, "SOURCES", sources)
    assert build.library_name(command) in names  # equal sources elsewhere
    for name in ("tile.h", "conv.c"):
        with (sources / name).open("a", encoding="utf-8") as file:
            file.write("/* changed */\n")
        names.add(build.library_name(command))
    monkeypatch.setattr(build, "_processor", lambda: "another processor")
    names.add(build.library_name(command))
    assert len(names) == 6


def test_processes_that_compile_at_once_do_not_disturb_each_other(folder, compiler):
    command, calls = compiler(seconds=1)
    program = f"from tinygrad_cnn.fast.build import library_of; library_of({command!r}).conv2d"
    started = [subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) for _ in range(2)]
    assert [process.wait(60) for process in started] == [0, 0]
    assert calls() == 2
    assert list(folder.iterdir()) == [kept(folder, command)]


def test_a_compiler_that_fails_is_quoted_and_leaves_nothing_behind(folder, compiler):
    command, calls = compiler(fails=True)
    with pytest.raises(RuntimeError, match=r"compiler.py failed: cannot go on: no more room"):
        build.library_of(command)
    assert calls() == 0
    assert list(folder.iterdir()) == []


def test_what_a_compiler_says_is_quoted_in_whatever_encoding_it_comes(folder, tmp_path):
    script = tmp_path / "compiler.py"
    script.write_text("import sys; sys.stderr.buffer.write(b'no room: \\xb0\\xa1\\xff'); sys.exit(1)", encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"compiler.py failed: no room: \ufffd+$"):
        build.library_of([sys.executable, str(script)])


def test_an_interruption_leaves_nothing_behind(folder, compiler, monkeypatch):
    def interrupted(command, **_):
        Path(command[command.index("-o") + 1]).write_bytes(b"half a library")
        raise KeyboardInterrupt

    command, _ = compiler()
    monkeypatch.setattr(build.subprocess, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build.library_of(command)
    assert list(folder.iterdir()) == []


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


def test_without_a_folder_to_keep_it_in_the_library_is_compiled_for_the_process(tmp_path, compiler, monkeypatch):
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("TINYGRAD_CNN_CACHE", str(tmp_path / "file" / "below"))
    command, calls = compiler()
    with pytest.warns(RuntimeWarning, match=r"cache folder cannot be used \(.*file.*TINYGRAD_CNN_CACHE names another"):
        library = build.library_of(command)
    assert calls() == 1
    assert library.conv2d.argtypes
    assert sys.platform == "win32" or not Path(library._name).exists()  # loaded, and not left in the way


def test_a_library_that_cannot_be_loaded_is_compiled_for_the_process(folder, compiler, tmp_path):
    command, _ = compiler()
    folder.mkdir(0o700)
    (tmp_path / "bad").write_bytes(b"no library")
    cache.keep(tmp_path / "bad", folder, build.library_name(command))
    with pytest.warns(RuntimeWarning, match="cache folder cannot be used"):
        assert build.library_of(command).conv2d.argtypes


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


def test_no_program_of_the_working_folder_is_run_as_the_compiler(tmp_path):
    """Neither ./ziglang.py nor ./ziglang/ nor ./cc, even where PATH and PYTHONPATH name the working folder."""
    trap, place = tmp_path / "trap", tmp_path / "place"
    (tmp_path / "ziglang").mkdir()
    place.mkdir()
    for name in ("ziglang.py", "ziglang/__init__.py", "ziglang/__main__.py"):
        (tmp_path / name).write_text(f"open({str(trap)!r}, 'w').write('caught')\n", encoding="utf-8")
    for name in ("cc", "gcc", "clang", "ld", "as", "ziglang/zig"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho caught > {trap}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    paths = {
        "PATH": os.pathsep.join([".", "", os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)]),
    }
    program = (
        "import sys\n"
        "from tinygrad_cnn.fast import build\n"
        "command = build.find_compiler()\n"
        "def run(command, cwd, **how):\n"
        "    sys.stdout.write(f'{command[0]}\\n{cwd}\\n')\n"  # in one piece: files compile side by side
        "    sys.exit()\n"
        "build.subprocess.run = run\n"
        "build.compile_library(command, build.Path(sys.argv[1]) / 'made.so')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(place)], cwd=tmp_path, env=os.environ | paths, capture_output=True,
        encoding="utf-8", check=False,
    )  # fmt: skip
    compiler, folder = done.stdout.splitlines()[:2]
    assert Path(compiler).is_absolute()
    assert tmp_path not in Path(compiler).parents
    assert folder == str(place)
    assert not trap.exists()


def test_a_compiler_and_flags_of_ones_own(monkeypatch, tmp_path):
    own = tmp_path / "my-cc"
    own.write_text("#!/bin/sh\n", encoding="utf-8")
    own.chmod(0o755)
    monkeypatch.setenv("TINYGRAD_CNN_CC", str(own))
    monkeypatch.setenv("TINYGRAD_CNN_CFLAGS", "-g '-DNAME=a b'")
    command = build.find_compiler()
    assert command[0] == str(own)
    assert command[-2:] == ["-g", "-DNAME=a b"]
    monkeypatch.setenv("TINYGRAD_CNN_CC", "my-cc")
    with pytest.raises(RuntimeError, match="TINYGRAD_CNN_CC: expected the name or path of a C compiler, found no 'my-"):
        build.find_compiler()
    monkeypatch.setenv("PATH", os.pathsep.join(["relative", str(tmp_path)]))
    assert build.find_compiler()[0] == str(own)


def test_the_folder_of_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("TINYGRAD_CNN_CACHE", str(tmp_path))
    assert cache.cache_folder() == tmp_path
    monkeypatch.delenv("TINYGRAD_CNN_CACHE")
    if sys.platform == "linux":
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
        assert cache.cache_folder() == tmp_path / "xdg" / "tinygrad_cnn"
        monkeypatch.delenv("XDG_CACHE_HOME")
        assert cache.cache_folder() == Path.home() / ".cache" / "tinygrad_cnn"


def test_every_exported_function_has_the_arguments_of_its_declaration():
    from tinygrad_cnn.fast.native import native

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
        patch.setattr(build, "_installed_zig", lambda: None)
        other = build.find_compiler()
        if other:
            yield other


@pytest.mark.slow
@pytest.mark.parametrize("command", [one for one in compilers() if one], ids=lambda command: Path(command[0]).name)
def test_every_compiler_here(command, folder):
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
        "import sys, pytest\nfrom tinygrad_cnn.fast import build\n"
        f"build.find_compiler = lambda: {command!r}\n"
        "sys.exit(pytest.main(['-q', '-x', '-p', 'no:cacheprovider', '-m', 'not slow', 'tests/fast',"
        " '--ignore', 'tests/fast/test_build.py',"
        " '--ignore', 'tests/fast/test_memory.py']))"  # it starts processes of its own
    )
    environment = {**os.environ, "TINYGRAD_CNN_CACHE": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert len(list(tmp_path.glob("kernels-*"))) == 1  # it was this compiler's
