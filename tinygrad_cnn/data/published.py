"""The published files of each data set, their sizes and checksums, and their addresses: read from published.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class DataFile:
    """A file of a data set, as published.

    Attributes:
        name: the name of the file, without folders.
        size: in bytes; 0 if there is no single published file.
        checksum: "sha256:…" or "md5:…"; empty if none is published.
        content: the checksum of the unpacked content of a .gz file, empty if unknown. A file with this content is
            accepted too, since the same content can be compressed in several ways, or not at all.
    """

    name: str
    size: int = 0
    checksum: str = ""
    content: str = ""


@dataclass(frozen=True)
class Entry:
    """A data set, as published.

    Attributes:
        name: the name by which it is found.
        title: the name to show.
        about: a description in one line.
        home: the address of the page that describes it.
        files: the files that are read; none for a set that comes with the package.
        folders: where its files are looked for, below the data root; downloads go to the first.
        mirrors: addresses that a file's name is appended to, tried in this order.
        archive: the archive that contains the files; None if each is downloaded separately.
        other_form: another published form of the same set, which can be read too but is not downloaded.
        classes: the names of the classes, by label.
    """

    name: str
    title: str
    about: str
    home: str = ""
    files: tuple[DataFile, ...] = ()
    folders: tuple[str, ...] = ("",)
    mirrors: tuple[str, ...] = ()
    archive: DataFile | None = None
    other_form: Entry | None = None
    classes: tuple[str, ...] = ()

    @property
    def download_size(self) -> int:
        """The size of a download of the whole set, bytes."""
        return sum(file.size for file in ((self.archive,) if self.archive else self.files))


def _entry(name: str, table: dict[str, Any]) -> Entry:
    """Return the entry that a table of published.toml describes."""
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    fields["files"] = tuple(DataFile(**file) for file in table.get("files", ()))
    if "archive" in table:
        fields["archive"] = DataFile(**table["archive"])
    if "other_form" in table:
        shared = {key: table[key] for key in ("title", "home")}
        fields["other_form"] = _entry(name, shared | table["other_form"])
    return Entry(name=name, **fields)


_TABLES = tomllib.loads((files("tinygrad_cnn.data") / "published.toml").read_text("utf-8"))

ENTRIES = {name: _entry(name, table) for name, table in _TABLES.items()}
"""Every data set by name."""
