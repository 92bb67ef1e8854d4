"""The compiled kernels: C sources in this package, compiled once for this machine's processor and kept in a cache.

The compiler is the one of the extra `fast` (Zig's, a C compiler that pip installs on every platform), or else the
machine's own `cc`, `gcc` or `clang`. Where there is none, the NumPy forms do all the work.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

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
_SECONDS_TO_BUILD = 3600  # at most


class NoCompiler(Exception):  # noqa: N818 - a state of the machine, not a mistake
    """There is no C compiler, or this is not the Python that the kernels are made for."""


def cache_folder() -> Path:
    """Return where compiled kernels are kept: ``TINYGRAD_CNN_CACHE``, or a folder of the user's cache."""
    given = os.environ.get("TINYGRAD_CNN_CACHE")
    if given:
        return Path(given)
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "tinygrad_cnn"


def find_compiler() -> list[str] | None:
    """Return the command of a C compiler with the flags it needs here, or None where there is none."""
    native = "-march=native" if platform.machine().lower() in ("x86_64", "amd64", "x86") else "-mcpu=native"
    threads = [] if sys.platform == "win32" else ["-fPIC", "-pthread"]
    if importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc", "-fno-sanitize=all", native, *threads]
    for name in ("cc", "gcc", "clang"):
        found = shutil.which(name)
        if found and sys.platform != "win32":
            wide = ["-mprefer-vector-width=512"] if native == "-march=native" else []
            return [found, native, *wide, *threads]
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


def library_path(compiler: list[str]) -> Path:
    """Return where the library that `compiler` makes of the sources for this processor is, or will be, kept."""
    digest = hashlib.sha256()
    for source in _sources():
        digest.update(source.name.encode() + source.read_bytes())
    version = importlib.util.find_spec("ziglang") if "ziglang" in compiler else None
    made_by = Path(version.origin if version is not None and version.origin else compiler[0]).stat()
    digest.update(repr((compiler, _FLAGS, made_by.st_size, made_by.st_mtime_ns, _processor())).encode())
    suffix = ".dll" if sys.platform == "win32" else ".so"
    return cache_folder() / f"kernels-{digest.hexdigest()[:20]}{suffix}"


def compile_library(compiler: list[str], path: Path) -> None:
    """Compile the sources into the library `path`, which is there whole or not at all.

    Raises:
        RuntimeError: the compiler failed; with the end of what it printed.
        OSError: the cache folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob("building-*"):  # by a process that was killed; one that still runs takes seconds
        with contextlib.suppress(OSError):  # it may end just now
            if time.time() - left.stat().st_mtime > _SECONDS_TO_BUILD:
                shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="building-") as folder:
        environment = {**os.environ, "ZIG_GLOBAL_CACHE_DIR": folder, "ZIG_LOCAL_CACHE_DIR": folder}

        def make(name: str, *arguments: str) -> str:
            made = Path(folder) / name
            command = [*compiler, *_FLAGS, *arguments, "-o", str(made)]
            done = subprocess.run(
                command, capture_output=True, encoding="utf-8", errors="replace", env=environment, check=False
            )
            if done.returncode or not made.exists():
                raise RuntimeError(f"{' '.join(compiler[:4])} failed: {done.stderr.strip()[-600:]}")
            return str(made)

        files = sorted([one for one in _sources() if one.suffix == ".c"], key=lambda one: -one.stat().st_size)
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # the largest first
            objects = list(pool.map(lambda one: make(f"{one.stem}.o", "-c", str(one)), files))
        made = Path(make(path.name, "-shared", *objects))
        try:
            made.replace(path)
        except PermissionError:
            if not path.exists():  # Windows replaces no library that another process, as fast as this, uses already
                raise


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


def library_of(compiler: list[str]) -> ctypes.CDLL:
    """Return the library that `compiler` makes: from the cache, or compiled now and kept there.

    Where the cache folder cannot be used, it is compiled for this process alone, with a warning.

    Raises:
        RuntimeError: the compiler failed; with the end of what it printed.
        OSError: no library can be made or loaded.
    """
    path = library_path(compiler)
    try:
        if not path.exists():
            compile_library(compiler, path)
        return load_library(path)
    except OSError as error:
        with tempfile.TemporaryDirectory(prefix="tinygrad_cnn-", ignore_cleanup_errors=True) as folder:
            compile_library(compiler, Path(folder) / path.name)
            library = load_library(Path(folder) / path.name)
        warnings.warn(
            f"compiled kernels: the cache folder cannot be used ({error}), so every process compiles them "
            "again; TINYGRAD_CNN_CACHE names another folder",
            RuntimeWarning,
            stacklevel=2,
        )
        return library
