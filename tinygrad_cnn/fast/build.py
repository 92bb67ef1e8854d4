"""The compiled kernels: C sources in this package, compiled once for this machine's processor and kept in a cache.

The compiler is the one of the extra `fast` (Zig's, a C compiler that pip installs on every platform), or else the
machine's own `cc`, `gcc` or `clang`; ``TINYGRAD_CNN_CC`` names another, and ``TINYGRAD_CNN_CFLAGS`` adds flags. Where
there is none, the NumPy forms do all the work. `cache.py` says what is kept where, and which libraries are trusted.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import re
import shlex
import shutil
import site
import subprocess
import sys
import sysconfig
import tempfile
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from tinygrad_cnn.fast import cache

SOURCES = Path(__file__).parent / "source"
_KINDS = {
    "array": ctypes.py_object,
    "tuple": ctypes.py_object,
    "idx": ctypes.c_ssize_t,
    "int": ctypes.c_int,
    "double": ctypes.c_double,
}
_EXPORT = re.compile(r"^EXPORT (int|void) (\w+)\(([^)]*)\)", re.MULTILINE)

# No -ffast-math: it would change the rounding mode of the whole process, and NaN must stay NaN.
_FLAGS = ("-std=gnu11", "-O3", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math", "-fvisibility=hidden",
          "-w", f"-DOBJECT_HEAD={object.__basicsize__}", f"-DTUPLE_HEAD={tuple.__basicsize__}")  # fmt: skip


def find_compiler() -> list[str] | None:
    """Return the command of a C compiler with the flags it needs here, or None where there is none.

    Its program is named by an absolute path: nothing in the working folder, on PYTHONPATH or by a relative entry of
    PATH is run in its place.

    Raises:
        RuntimeError: there is no program of the name ``TINYGRAD_CNN_CC``.
    """
    native = "-march=native" if platform.machine().lower() in ("x86_64", "amd64", "x86") else "-mcpu=native"
    threads = [] if sys.platform == "win32" else ["-fPIC", "-pthread"]
    more = shlex.split(os.environ.get("TINYGRAD_CNN_CFLAGS", ""))
    wide = ["-mprefer-vector-width=512"] if native == "-march=native" else []
    chosen = os.environ.get("TINYGRAD_CNN_CC")
    if chosen:
        found = _program(chosen)
        if found is None:
            raise RuntimeError(f"TINYGRAD_CNN_CC: expected the name or path of a C compiler, found no {chosen!r}")
        return [found, native, *wide, *threads, *more]
    zig = _installed_zig()
    if zig is not None:
        return [zig, "cc", "-fno-sanitize=all", native, *threads, *more]
    for name in ("cc", "gcc", "clang"):
        found = _program(name)
        if found and sys.platform != "win32":
            return [found, native, *wide, *threads, *more]
    return None


def _program(name: str) -> str | None:
    """Return the path of a program, by its own path or by its name in a folder of PATH that is named absolutely."""
    if os.path.dirname(name):
        return os.path.abspath(name) if os.path.isfile(name) else None
    folders = [one for one in os.environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(one)]
    found = (shutil.which(os.path.join(folder, name)) for folder in folders)  # a path: which() looks nowhere else
    return next((one for one in found if one), None)


def _installed_zig() -> str | None:
    """Return Zig's program, of the package `ziglang` installed for this Python; sys.path is not searched."""
    folders = [*site.getsitepackages(), *(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))]
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    for folder in folders:
        program = Path(folder) / "ziglang" / ("zig.exe" if sys.platform == "win32" else "zig")
        if program.is_absolute() and program.is_file():
            return str(program)
    return None


def _processor() -> str:
    """Return what tells this machine's processor from another that would need other instructions."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() + platform.machine()
    lines = [
        line for line in text.split("\n\n")[0].splitlines() if line.startswith(("model name", "flags", "Features"))
    ]
    return "".join(lines)


def _sources() -> Iterator[Path]:
    yield from sorted([*SOURCES.glob("*.c"), *SOURCES.glob("*.h")])


def library_name(compiler: list[str]) -> str:
    """Return what the libraries are called that `compiler` makes of the sources for this processor and system."""
    digest = hashlib.sha256()
    for source in _sources():
        digest.update(source.name.encode() + source.read_bytes())
    made_by = Path(compiler[0]).stat()
    system = (sysconfig.get_platform(), platform.libc_ver(), _processor())
    digest.update(repr((compiler, _FLAGS, made_by.st_size, made_by.st_mtime_ns, system)).encode())
    return f"kernels-{digest.hexdigest()[:20]}"


def compile_library(compiler: list[str], path: Path) -> None:
    """Compile the sources into the library `path`, in the folder of which everything is made that is needed.

    Raises:
        RuntimeError: the compiler failed; with the end of what it printed.
        OSError: the folder cannot be written.
    """
    folder = str(path.parent)
    environment = {**os.environ, "ZIG_GLOBAL_CACHE_DIR": folder, "ZIG_LOCAL_CACHE_DIR": folder}

    def make(made: Path, *arguments: str) -> str:
        command = [*compiler, *_FLAGS, *arguments, "-o", str(made)]
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", env=environment, cwd=folder, check=False
        )
        if done.returncode or not made.exists():
            raise RuntimeError(f"{' '.join(compiler[:4])} failed: {done.stderr.strip()[-600:]}")
        return str(made)

    files = sorted([one for one in _sources() if one.suffix == ".c"], key=lambda one: -one.stat().st_size)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # the largest first
        objects = list(pool.map(lambda one: make(path.parent / f"{one.stem}.o", "-c", str(one.absolute())), files))
    make(path, "-shared", *objects)


def load_library(path: Path) -> ctypes.CDLL:
    """Return the library, each function with the argument types that its C declaration says."""
    library = ctypes.CDLL(str(path))
    for source in SOURCES.glob("*.c"):
        for result, name, arguments in _EXPORT.findall(source.read_text(encoding="utf-8")):
            function = getattr(library, name)
            function.restype = ctypes.c_int if result == "int" else None
            kinds = [argument.replace("const", "").split()[0] for argument in arguments.split(",")]
            while kinds and kinds[-1] == "int":  # what ctypes makes of a Python int anyway, and faster
                kinds.pop()
            function.argtypes = [_KINDS[kind] for kind in kinds]
    library.set_objects(None, np.ndarray, np.dtype(np.float32), np.dtype(np.int64))
    return library


def kept_library(compiler: list[str]) -> Path:
    """Return the path of the library that `compiler` makes: from the cache, or compiled now and kept there.

    Raises:
        RuntimeError: the compiler failed; with the end of what it printed.
        OSError: the cache folder cannot be used.
    """
    folder, name = cache.trusted_folder(), library_name(compiler)
    path = cache.find(folder, name)
    if path is not None:
        return path
    with cache.building(folder) as place:
        compile_library(compiler, place / f"library{cache.SUFFIX}")
        return cache.keep(place / f"library{cache.SUFFIX}", folder, name)


def library_of(compiler: list[str]) -> ctypes.CDLL:
    """Return the library that `compiler` makes: from the cache, or compiled now and kept there.

    Where the cache folder cannot be used, it is compiled for this process alone, with a warning.

    Raises:
        RuntimeError: the compiler failed; with the end of what it printed.
        OSError: no library can be made or loaded.
    """
    try:
        return load_library(kept_library(compiler))
    except OSError as error:
        with tempfile.TemporaryDirectory(prefix="tinygrad_cnn-", ignore_cleanup_errors=True) as place:
            path = Path(place).absolute() / f"kernels{cache.SUFFIX}"
            compile_library(compiler, path)
            library = load_library(path)
        warnings.warn(
            f"compiled kernels: the cache folder cannot be used ({error}), so every process compiles them "
            "again; TINYGRAD_CNN_CACHE names another folder",
            RuntimeWarning,
            stacklevel=2,
        )
        return library
