"""Compile the C sources of this package, once for this machine's processor, and load the library.

The compiler is that of the extra `fast` (Zig's, which pip installs on every platform), or else the machine's own `cc`,
`gcc` (version 9 or newer) or `clang`. ``TINYGRAD_CNN_CC`` names another one, and ``TINYGRAD_CNN_CFLAGS`` adds flags.
Without a compiler NumPy computes everything. `cache.py` keeps the libraries and decides which of them are trusted.
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

# Without -ffast-math, which would change the rounding mode of the whole process and not keep NaN.
_FLAGS = ("-std=gnu11", "-O3", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math", "-fvisibility=hidden",
          "-w", "-Wfatal-errors", f"-DOBJECT_HEAD={object.__basicsize__}",
          f"-DTUPLE_HEAD={tuple.__basicsize__}")  # fmt: skip


def find_compiler() -> list[str] | None:
    """Return the command of a C compiler with the flags for this machine, or None if there is no compiler.

    The command names its program by an absolute path, so that no program in the working folder, on PYTHONPATH or in a
    relative folder of PATH runs instead.

    Raises:
        RuntimeError: there is no program of the name ``TINYGRAD_CNN_CC``.
    """
    flags = [] if sys.platform == "win32" else ["-fPIC", "-pthread"]
    flags += shlex.split(os.environ.get("TINYGRAD_CNN_CFLAGS", ""))
    x86 = platform.machine().lower() in ("x86_64", "amd64", "x86")
    native = "-march=native" if x86 else "-mcpu=native"
    chosen, zig = os.environ.get("TINYGRAD_CNN_CC"), _installed_zig()
    if zig and not chosen:
        return [zig, "cc", "-fno-sanitize=all", native, *flags]
    names = [chosen] if chosen else [] if sys.platform == "win32" else ["cc", "gcc", "clang"]
    found = next(filter(None, map(_program, names)), None)
    if found is None and chosen:
        raise RuntimeError(f"TINYGRAD_CNN_CC: expected the name or path of a C compiler, found no {chosen!r}")
    return [found, native, *["-mprefer-vector-width=512"] * x86, *flags] if found else None


def _own_flags() -> list[str]:
    """Return the compiler flags of the user."""
    return shlex.split(os.environ.get("TINYGRAD_CNN_CFLAGS", ""))


def _program(name: str) -> str | None:
    """Return the path of a program: `name` itself if it is a path, or found in the absolute folders of PATH."""
    if os.path.dirname(name):
        return os.path.abspath(name) if os.path.isfile(name) else None
    folders = filter(os.path.isabs, os.environ.get("PATH", os.defpath).split(os.pathsep))
    found = (shutil.which(os.path.join(folder, name)) for folder in folders)  # given a path, which() searches no PATH
    return next(filter(None, found), None)


def _installed_zig() -> str | None:
    """Return the path of Zig from the package `ziglang` installed for this Python; sys.path is not searched."""
    folders = [*site.getsitepackages(), *(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))]
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    for folder in folders:
        program = Path(folder) / "ziglang" / ("zig.exe" if sys.platform == "win32" else "zig")
        if program.is_absolute() and program.is_file():
            return str(program)
    return None


def _processor() -> str:
    """Return what identifies this machine's processor and its instruction set."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() + platform.machine()
    first = text.split("\n\n")[0].splitlines()
    return "".join(line for line in first if line.startswith(("model name", "flags", "Features")))


def library_name(compiler: list[str]) -> str:
    """Return the name of the library that `compiler` makes of the sources, for this processor and system."""
    digest = hashlib.sha256()
    for source in sorted(SOURCES.glob("*.[ch]")):
        digest.update(source.name.encode() + source.read_bytes())
    made_by = Path(compiler[0]).stat()
    system = (sysconfig.get_platform(), platform.libc_ver(), _processor())
    digest.update(repr((compiler, _FLAGS, made_by.st_size, made_by.st_mtime_ns, system)).encode())
    return f"kernels-{digest.hexdigest()[:20]}"


def compile_library(compiler: list[str], path: Path) -> None:
    """Compile the sources into the library `path`; temporary files go to its folder.

    Raises:
        RuntimeError: the compiler failed; the message ends with its error.
        OSError: the folder cannot be written.
    """
    folder = str(path.parent)
    environment = {**os.environ, "ZIG_GLOBAL_CACHE_DIR": folder, "ZIG_LOCAL_CACHE_DIR": folder}

    def make(made: Path, *arguments: str) -> str:
        # The user's flags stand in `compiler` too; the last of contradicting flags counts, such as -O0 after -O3.
        command = [*compiler, *_FLAGS, *_own_flags(), *arguments, "-o", str(made)]
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", env=environment, cwd=folder, check=False
        )
        if done.returncode or not made.exists():
            raise RuntimeError(f"{' '.join(compiler[:4])} failed: {done.stderr.strip()[-600:]}")
        return str(made)

    files = sorted(SOURCES.glob("*.c"), key=lambda one: -one.stat().st_size)  # the largest first
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(lambda one: make(path.parent / f"{one.stem}.o", "-c", str(one.absolute())), files))
    make(path, "-shared", *objects)


def load_library(path: Path) -> ctypes.CDLL:
    """Return the library, its functions with the argument types of their C declarations."""
    library = ctypes.CDLL(str(path))
    for source in SOURCES.glob("*.c"):
        for result, name, arguments in _EXPORT.findall(source.read_text(encoding="utf-8")):
            function = getattr(library, name)
            function.restype = ctypes.c_int if result == "int" else None
            kinds = [_KINDS[argument.replace("const", "").split()[0]] for argument in arguments.split(",")]
            while kinds and kinds[-1] is ctypes.c_int:  # ctypes makes an int of a Python int anyway, and faster
                kinds.pop()
            function.argtypes = kinds
    library.set_objects(None, np.ndarray, np.dtype(np.float32), np.dtype(np.int64))
    return library


def kept_library(compiler: list[str]) -> Path:
    """Return the path of the library that `compiler` makes, from the cache or compiled now and kept there.

    Raises:
        RuntimeError: the compiler failed.
        OSError: the cache folder cannot be used.
    """
    folder, name = cache.trusted_folder(), library_name(compiler)
    path = cache.find(folder, name)
    if path is not None:
        return path
    with cache.building(folder) as place:
        made = place / f"library{cache.SUFFIX}"
        compile_library(compiler, made)
        return cache.keep(made, folder, name)


def library_of(compiler: list[str]) -> ctypes.CDLL:
    """Return the library that `compiler` makes, from the cache or compiled now and kept there.

    If the cache folder cannot be used, compile the library for this process alone, with a warning.

    Raises:
        RuntimeError: the compiler failed.
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
