"""Reading untrusted archives: members are read by name, never extracted to the archive's own paths.

The unpacked size of an archive is limited.
"""

from __future__ import annotations

import gzip
import io
import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from tinygrad_cnn._files import replacing
from tinygrad_cnn.data.errors import DataError

_MAX_RATIO = 100
"""The largest ratio of unpacked to packed bytes. It is about 1 for photographs, which are compressed already."""
_MAX_MEMBER = 1 << 28
_MAX_MEMBERS = 1_000_000
_CHUNK = 1 << 20


@contextmanager
def open_zip(path: str | os.PathLike[str]) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    """Open a zip file and yield it with its members except folders, checked to be harmless.

    Raises:
        DataError: the file is not a zip file, or is damaged; a member's path leads out of the folder (an absolute path
            or ..); a member is a link, is encrypted, is compressed by another method than deflate, or occurs twice; or
            all members together would unpack to more than 100 times the size of the file.
        OSError: the file cannot be opened.
    """
    name = os.fspath(path)
    with open(path, "rb") as file:
        try:
            archive = zipfile.ZipFile(file)
            members = [member for member in archive.infolist() if not member.is_dir()]
        except Exception as error:  # zipfile raises many kinds of errors for a damaged header
            raise DataError(f"{name}: expected a zip file, got none or a damaged one ({error})") from error
        _check_members(name, members, os.fstat(file.fileno()).st_size)
        with archive:
            yield archive, members


def _check_members(name: str, members: list[zipfile.ZipInfo], size: int) -> None:
    """Raise a `DataError` if a member of the zip file `name` of `size` bytes is hostile."""

    def refuse(expected: str, got: str) -> DataError:
        return DataError(f"{name}: expected {expected}, got {got}")

    if len(members) > _MAX_MEMBERS:
        raise refuse(f"at most {_MAX_MEMBERS:,} files", f"{len(members):,}")
    seen = set()
    total = 0
    for member in members:
        inner = member.filename
        parts = PurePosixPath(inner.replace("\\", "/")).parts
        if not parts or parts[0] == "/" or ".." in parts or ":" in parts[0]:
            raise refuse("files inside the archive's own folder", f"the path {inner!r}")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise refuse("files and folders only", f"the symbolic link {inner!r}")
        if member.flag_bits & 1:
            raise refuse("files that are not encrypted", f"{inner!r}")
        if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise refuse("files that are stored or deflated", f"{inner!r} packed by method {member.compress_type}")
        if inner in seen:
            raise refuse("each file once", f"{inner!r} twice")
        if member.file_size > _MAX_MEMBER:
            raise refuse(f"files of at most {_MAX_MEMBER:,} bytes", f"{inner!r} of {member.file_size:,}")
        seen.add(inner)
        total += member.file_size
    if total > _MAX_RATIO * size:
        raise refuse(f"at most {_MAX_RATIO} times the {size:,} bytes of the file", f"{total:,} bytes when unpacked")


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    """Return the bytes of a member of the zip file `name`, checked against its checksum.

    Raises:
        DataError: the member is damaged.
    """
    try:
        with archive.open(member) as file:
            # Not read(): it unpacks up to 2 GiB at once, whatever length the archive states.
            content = b"".join(iter(lambda: file.read(_CHUNK), b""))
    except Exception as error:  # see open_zip
        raise DataError(
            f"{name}: expected {member.filename!r} whole, got a damaged one ({error or type(error).__name__})"
        ) from error
    if len(content) != member.file_size:
        raise DataError(f"{name}: expected {member.filename!r} of {member.file_size:,} bytes, got {len(content):,}")
    return content


def unpack_tar(path: Path, folder: Path, sizes: dict[str, int]) -> None:
    """Write the files of a .tar.gz that `sizes` names into `folder`, each completely or not at all.

    Members are matched by the last part of their paths, so the archive cannot choose where they are written.

    Args:
        path: the archive.
        folder: the target folder; created if missing.
        sizes: the length in bytes of each wanted file, by name.

    Raises:
        DataError: a file is missing, is not a regular file or has another length, or the archive is damaged.
    """
    wanted = dict(sizes)
    try:
        limit = _MAX_RATIO * path.stat().st_size
        with gzip.open(path) as unpacked, tarfile.open(fileobj=_Limited(unpacked, limit, str(path))) as archive:
            for member in archive:
                name = PurePosixPath(member.name).name
                if name not in wanted:
                    continue
                source = archive.extractfile(member) if member.isreg() else None
                if source is None or member.size != wanted[name]:
                    got = "a link or folder" if source is None else f"{member.size:,}"
                    raise DataError(f"{path}: expected {name} as a file of {wanted[name]:,} bytes, got {got}")
                with replacing(folder / name) as part, part.open("wb") as file:
                    shutil.copyfileobj(source, file, _CHUNK)
                    if missing := wanted.pop(name) - file.tell():
                        raise DataError(f"{path}: expected {missing:,} bytes more, got the end of the file")
    except (tarfile.TarError, EOFError, zlib.error, OSError, ValueError) as error:
        if isinstance(error, DataError) or getattr(error, "filename", None) is not None:  # of the disk
            raise
        raise DataError(f"{path}: expected a whole .tar.gz, got a damaged one ({error})") from error
    if wanted:
        raise DataError(f"{path}: expected it to hold {', '.join(wanted)}, got no such file")


class _Limited(io.RawIOBase):
    """The content of a compressed archive, up to a limit.

    Args:
        content: the compressed file.
        limit: the largest position, bytes.
        name: the name of the archive, for messages.
    """

    def __init__(self, content: gzip.GzipFile, limit: int, name: str) -> None:
        self._content, self._limit, self._name = content, limit, name

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position in the unpacked content."""
        return self._content.tell()

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a position up to the limit."""
        if whence == 0 and offset > self._limit:
            raise self._refusal(offset)
        return self._content.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, at most one chunk: a header that needs more has a wrong length."""
        if not 0 <= size <= _CHUNK or self.tell() + size > self._limit + _CHUNK:
            raise self._refusal(size)
        return self._content.read(size)

    def _refusal(self, got: int) -> DataError:
        return DataError(f"{self._name}: expected at most {self._limit:,} bytes when unpacked, got {got:,} asked for")
