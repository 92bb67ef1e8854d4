"""Compiling the kernels: once, with every compiler and for every processor."""

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

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ZIG = [sys.executable, "-m", "ziglang", "cc", "-fno-sanitize=all"]


def test_the_library_is_compiled_once_and_found_again(folder, compiler):
    command, calls = compiler()
    first, second = build.library_of(command), build.library_of(command)
    assert calls() == 1
    assert first._name == second._name
    assert list(folder.iterdir()) == [Path(first._name)] == [cache.find(folder, build.library_name(command))]


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
    assert list(folder.iterdir()) == [cache.find(folder, build.library_name(command))]


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
        "import os, sys\n"
        "from tinygrad_cnn.fast import build\n"
        "command = build.find_compiler()\n"
        "def noted(command, cwd, **how):\n"
        "    os.write(1, f'{command[0]}\\n{cwd}\\n'.encode())\n"  # in one piece: files compile side by side
        "    sys.exit()\n"
        "build.subprocess.run = noted\n"
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


def run_tests(command, cache_folder, *arguments):
    """Run the tests of the kernels in another process, with the library that `command` makes."""
    program = (
        "import sys, pytest\nfrom tinygrad_cnn.fast import build\n"
        f"build.find_compiler = lambda: {command!r}\n"
        f"sys.exit(pytest.main(['-q', '-x', '-p', 'no:cacheprovider', '-m', 'not slow', '-k', 'not without_memory',"
        f" *{arguments!r}]))"  # that test starts a process of its own
    )
    environment = {**os.environ, "TINYGRAD_CNN_CACHE": str(cache_folder)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert len(list(cache_folder.glob("kernels-*"))) == 1  # the library was this compiler's


@pytest.mark.slow
@pytest.mark.skipif(build.platform.machine() != "x86_64", reason="of other processors there is one kind")
@pytest.mark.parametrize("level", ["x86_64", "x86_64_v3"])
def test_narrower_vectors_compute_the_same(level, tmp_path):
    pytest.importorskip("ziglang")
    if level == "x86_64_v3" and " avx2 " not in Path("/proc/cpuinfo").read_text(encoding="utf-8"):
        pytest.skip("this processor has no AVX2")
    ignored = [part for name in ("build", "cache") for part in ("--ignore", str(HERE / f"test_{name}.py"))]
    run_tests([*ZIG, f"-mcpu={level}", "-fPIC", "-pthread"], tmp_path, str(HERE), *ignored)


@pytest.fixture
def gcc(monkeypatch):
    """Return the command of GCC with `more` flags."""
    if build._program("gcc") is None:
        pytest.skip("there is no gcc")

    def command(more):
        monkeypatch.setenv("TINYGRAD_CNN_CC", "gcc")
        monkeypatch.setenv("TINYGRAD_CNN_CFLAGS", more)
        return build.find_compiler()

    return command


@pytest.mark.slow
@pytest.mark.parametrize("native", ["", "-march=x86-64"], ids=["widest vectors", "narrowest vectors"])
def test_the_shuffles_of_gcc_before_12_compute_the_same(native, gcc, tmp_path):
    if native and build.platform.machine() != "x86_64":
        pytest.skip("of other processors there is one kind")
    run_tests(gcc(f"{native} -DFORCE_OLD_SHUFFLE"), tmp_path, str(HERE / "test_native.py"))


def test_gcc_before_9_is_refused_with_what_is_needed(gcc, folder):
    command = gcc("-U__GNUC__ -D__GNUC__=8")
    with pytest.raises(RuntimeError, match=r"gcc .* failed: (?s:.*)need GCC 9 or newer, or Clang"):
        build.library_of(command)
    assert list(folder.iterdir()) == []
