"""`read_idx` and `write_idx`: the IDX format of the MNIST files, plain or compressed by gzip.

    bytes 0–1   zero
    byte  2     element type: 08 uint8, 09 int8, 0B int16, 0C int32, 0D float32, 0E float64
    byte  3     number of axes
    then        the length of each axis, 4 bytes each, and the elements in row-major order

All numbers are big-endian. Ref. http://yann.lecun.com/exdb/mnist/
"""

from __future__ import annotations

import gzip
import math
import os
import zlib
from pathlib import Path
from typing import IO, NoReturn

import numpy as np

from tinygrad_cnn._files import replacing
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.data.errors import DataError

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MAX_AXES = 32
_DEFLATE_RATIO = 1032
"""The largest compression ratio that gzip can reach."""
_MAX_RATIO = 100
_ALWAYS_ALLOWED = 1 << 28
"""A gzip file may always unpack to this number of bytes, and to more up to `_MAX_RATIO`. For images it is about 5."""
_CHUNK = 1 << 20


def read_idx(path: str | os.PathLike[str]) -> Array:
    """Return the array in an IDX file, in the machine's byte order; gzip is recognised by its content.

    Memory is allocated only for elements that the file can contain, whatever its header claims.

    Args:
        path: the file.

    Raises:
        DataError: the file is not an IDX file, is shorter or longer than its header says, or is a damaged gzip file.
        OSError: the file cannot be opened.
    """
    with open(path, "rb") as file:
        return read_idx_stream(file, os.fspath(path))


def read_idx_stream(file: IO[bytes], name: str) -> Array:
    """Return the array in an open IDX file; messages call it `name`."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    zipped = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    if not zipped:
        return _parse(file, name, size, exact=True)
    try:
        with gzip.GzipFile(fileobj=file) as content:
            limit = min(size * _DEFLATE_RATIO, max(size * _MAX_RATIO, _ALWAYS_ALLOWED))
            return _parse(content, name, limit, exact=False)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{name}: expected a whole gzip file, got a damaged one ({error})") from error


def _parse(file: IO[bytes] | gzip.GzipFile, name: str, limit: int, *, exact: bool) -> Array:
    """Return the array in a stream of exactly `limit` bytes, or of at most `limit` bytes if not `exact`."""

    def fail(expected: str, got: str) -> NoReturn:
        raise DataError(f"{name}: expected {expected}, got {got}")

    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _DTYPES or not 1 <= magic[3] <= _MAX_AXES:
        fail(
            f"an IDX file, beginning 00 00, a type from 08 09 0B 0C 0D 0E, and 1 to {_MAX_AXES} axes",
            f"{magic.hex(' ').upper() or 'an empty file'}",
        )
    sizes = file.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        fail(f"the lengths of {magic[3]} axes in {4 * magic[3]} bytes", f"{len(sizes)} bytes")
    dtype = np.dtype(_DTYPES[magic[2]])
    shape: Shape = tuple(int(length) for length in np.frombuffer(sizes, ">u4"))
    header = 4 + len(sizes)
    count = math.prod(shape) * dtype.itemsize
    promise = f"{count:,} bytes of {dtype.newbyteorder('=')} {shape} after a header of {header}"
    if header + count > limit or (exact and header + count < limit):
        fail(promise, f"a file of {limit:,}" if exact else f"a gzip file that can hold at most {limit:,}")
    content = bytearray()
    # One byte more than promised: gzip compares its checksum only when it reads past the end.
    while chunk := file.read(min(_CHUNK, count + 1 - len(content))):
        content += chunk
    if len(content) != count:
        fail(promise, f"{len(content):,}" if len(content) < count else "more")
    try:
        return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)
    except ValueError:  # an axis is 0, but the others are too large for an array
        fail("an array of a possible size", f"{shape}")


def write_idx(path: str | os.PathLike[str], array: Array) -> None:
    """Write an array as an IDX file, compressed by gzip if `path` ends in .gz.

    The file gets its name only when it is complete. A gzip file contains no date, so equal arrays give equal
    files.

    Args:
        path: the file.
        array: an array with one of the format's dtypes.

    Raises:
        TypeError: the format has no such dtype.
        ValueError: the array has no axes, or more than 32.
    """
    codes = {np.dtype(name).newbyteorder("="): code for code, name in _DTYPES.items()}
    code = codes.get(array.dtype.newbyteorder("="))
    if code is None:
        raise TypeError(f"write_idx: expected one of {', '.join(str(dtype) for dtype in codes)}, got {array.dtype}")
    if not 1 <= array.ndim <= _MAX_AXES:
        raise ValueError(f"write_idx: expected 1 to {_MAX_AXES} axes, got shape {array.shape}")
    header = bytes([0, 0, code, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    content = header + array.astype(_DTYPES[code]).tobytes()
    with replacing(path) as part:
        part.write_bytes(gzip.compress(content, 9, mtime=0) if Path(path).suffix == ".gz" else content)
