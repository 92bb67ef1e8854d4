"""The catalog of data sets: find their files, download them, and compare them with the published ones.

Only `get` and `verify` compare checksums. Reading a set does not, so copies and subsets in the same format can be read
too.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from pathlib import Path
from typing import Literal

from tinygrad_cnn._checks import nearest
from tinygrad_cnn.data.archives import open_zip, read_member, unpack_tar
from tinygrad_cnn.data.download import ProgressCallback, download
from tinygrad_cnn.data.errors import DataError
from tinygrad_cnn.data.idx import read_idx
from tinygrad_cnn.data.locations import data_root
from tinygrad_cnn.data.published import ENTRIES, DataFile, Entry

Status = Literal["ok", "missing", "damaged"]


def available() -> tuple[Entry, ...]:
    """Return every data set that can be read by name; sets without files come with the package."""
    return tuple(ENTRIES.values())


def entry(name: str) -> Entry:
    """Return the catalog entry of a data set by its name or class; case, "-" and "_" do not matter.

    Raises:
        ValueError: there is no such data set; the message lists the names.
    """
    names = {_folded(known): one for one in ENTRIES.values() for known in (one.name, one.title)}
    found = names.get(_folded(name))
    if found is None:
        raise ValueError(
            f"data: expected the name of a data set, one of {', '.join(ENTRIES)}, got {name!r}{nearest(name, ENTRIES)}"
        )
    return found


def _folded(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def get(
    name: str, root: str | os.PathLike[str] | None = None, progress: ProgressCallback | bool | None = None
) -> dict[str, Path]:
    """Download the missing or damaged files of a data set, and return the paths of all its files.

    If all files are intact, nothing is downloaded and no network is needed.

    Args:
        name: the name of the data set, such as ``"mnist"``; `available` lists the names.
        root: the folder of the data sets; see `data_root` for None.
        progress: called as bytes arrive: ``progress(name, done, total)``. None draws a bar if standard error is a
            terminal, True always, False never.

    Returns:
        The path of each file by its name; an empty dict for a set that comes with the package.

    Raises:
        ValueError: there is no such data set.
        DownloadError: a file could not be downloaded from any of its addresses.
        FileNotFoundError: a file is missing, and the set has no address to download it from.
        ModuleNotFoundError: a file must be downloaded, and pooch is not installed; the message names the extra.
    """
    found, folder = entry(name), data_root(root)
    status = verify(found.name, root)
    if all(state == "ok" for state in status.values()):
        return {file: _place(found, folder, file) for file in status}
    if not found.mirrors:
        raise FileNotFoundError(f"{found.title}: {missing(found, folder)}")
    target = folder / found.folders[0]
    wanted = [file for file in found.files if status.get(file.name) != "ok"]
    if found.archive is None:
        for file in wanted:
            urls = [mirror + file.name for mirror in found.mirrors]
            download(urls, target / file.name, file.checksum, file.size, progress)
            path = find(found, folder, file.name)
            if path is not None and path.parent == target and path.name != file.name:
                path.unlink()  # a damaged unpacked file would be preferred to the packed one
    else:
        packed = target.parent / found.archive.name
        urls = [mirror + found.archive.name for mirror in found.mirrors]
        download(urls, packed, found.archive.checksum, found.archive.size, progress)
        unpack_tar(packed, target, {file.name: file.size for file in found.files})
        packed.unlink()
    return {file.name: _place(found, folder, file.name) for file in found.files}


def verify(name: str, root: str | os.PathLike[str] | None = None) -> dict[str, Status]:
    """Compare the files of a data set with their published checksums.

    Args:
        name: the name of the data set.
        root: the folder of the data sets; see `data_root` for None.

    Returns:
        For each file "ok", "missing" or "damaged", which is any file that differs from the published one. If the set
        exists only in another published form (CIFAR's pickles), the files are those of that form. An IDX file may be
        unpacked; if the checksum of its content is unknown, it is compared with the packed file beside it, or else must
        be complete.

    Raises:
        ValueError: there is no such data set.
    """
    found, folder = entry(name), data_root(root)
    other = found.other_form
    if other is not None and not _any_there(found, folder) and _any_there(other, folder):
        found = other
    return {file.name: _state(find(found, folder, file.name), file) for file in found.files}


def find(found: Entry, folder: Path, name: str) -> Path | None:
    """Return the path of the file `name` of a data set in `folder`; None if it does not exist."""
    for path in places(found, folder, name):
        if path.is_file() or (name.endswith(".zip") and path.name != name and path.is_dir()):
            return path
    return None


def is_complete(found: Entry, folder: Path) -> bool:
    """Return whether all files of a data set exist in `folder`, in one of its published forms."""
    forms = [form for form in (found, found.other_form) if form is not None]
    return any(all(find(form, folder, file.name) for file in form.files) for form in forms)


def places(found: Entry, folder: Path, name: str) -> list[Path]:
    """Return the paths where the file `name` of a data set is looked for: unpacked before packed (.gz, .zip).

    Some archives of MNIST have the name train-images.idx3-ubyte for train-images-idx3-ubyte; it is found too.
    """
    unpacked, dot, suffix = name.rpartition(".")
    names = [unpacked, name] if dot and suffix in {"gz", "zip"} else [name]
    names += [other.replace("-idx", ".idx") for other in names if "-idx" in other]
    return [folder / inner / file for inner in found.folders for file in names]


def missing(found: Entry, folder: Path) -> str:
    """Return a message for users whose `folder` lacks files of a data set: where to put them and how to get them."""
    lines = [f"expected its files below {folder}, found none of"]
    for file in found.files:
        if find(found, folder, file.name) is None:
            lines += [f"  {path}" for path in places(found, folder, file.name)]
    lines.append(
        f"download=True fetches them; by hand, get {by_hand(found)}"
        if found.mirrors
        else f"It cannot be downloaded from here; get it from {found.home} and put it in one of these places"
    )
    return "\n".join(lines)


def by_hand(found: Entry, name: str | None = None) -> str:
    """Return the address of the file `name` of a data set or of its archive; of all files if `name` is None."""
    if found.archive is not None:
        return f"{found.mirrors[0]}{found.archive.name}, which holds them"
    if name is not None:
        return found.mirrors[0] + name
    return " and ".join(found.mirrors[0] + file.name for file in found.files)


def _place(found: Entry, folder: Path, name: str) -> Path:
    """Return the path of a file of either form of the set."""
    form = next(form for form in (found, found.other_form) if form and any(file.name == name for file in form.files))
    return find(form, folder, name) or places(form, folder, name)[-1]


def _any_there(found: Entry, folder: Path) -> bool:
    return any(find(found, folder, file.name) for file in found.files)


def _state(path: Path | None, file: DataFile) -> Status:
    """Compare the file at `path` with the published one."""
    if path is None:
        return "missing"
    if path.is_dir():  # an unpacked zip
        return "ok" if any(path.iterdir()) else "damaged"
    if not file.checksum:
        return "ok" if _is_whole(path) else "damaged"
    if file.size in {0, path.stat().st_size} and _checksum(path, file.checksum) == file.checksum:
        return "ok"
    content = file.content
    if not content and path.name != file.name:
        packed = path.with_name(file.name)
        if not (packed.is_file() and _checksum(packed, file.checksum) == file.checksum):
            return "ok" if _is_whole(path) else "damaged"
        content = _checksum(packed, file.checksum, unpacked=True)
    return "ok" if content and _checksum(path, content, unpacked=True) == content else "damaged"


def _checksum(path: Path, like: str, *, unpacked: bool = False) -> str:
    """Return the checksum of a file, or of the content of a .gz file, by the algorithm that `like` begins with."""
    algorithm = like.partition(":")[0]
    with path.open("rb") as file:
        packed = unpacked and file.read(2) == b"\x1f\x8b"
        file.seek(0)
        try:
            with gzip.GzipFile(fileobj=file) if packed else file as content:
                digest = hashlib.file_digest(content, lambda: hashlib.new(algorithm, usedforsecurity=False))
        except (EOFError, gzip.BadGzipFile, zlib.error):
            return "no gzip file"
    return f"{algorithm}:{digest.hexdigest()}"


def _is_whole(path: Path) -> bool:
    """Return whether an IDX file is complete, or every member of a zip file matches the checksum stored in it."""
    try:
        if path.suffix != ".zip":
            read_idx(path)
            return True
        with open_zip(path) as (archive, members):
            for member in members:
                read_member(archive, member, str(path))
    except DataError:
        return False
    return True
