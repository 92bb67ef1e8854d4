"""Download a file: mirrors in order, a known checksum, progress, and resuming a download that was interrupted."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tinygrad_cnn.data.errors import DownloadError, needed

ProgressCallback = Callable[[str, int, int], None]
"""Called as ``progress(name, done, total)`` in bytes while a file arrives; the last call has done == total."""

_CHUNK = 1 << 18
_TIMEOUT = (10.0, 30.0)
"""Seconds to wait for a connection, and for the next bytes."""


def download(
    urls: Sequence[str], target: Path, checksum: str, size: int, progress: ProgressCallback | bool | None = None
) -> Path:
    """Download a file unless it exists already, and return its path.

    The file gets its name only when it is complete and its checksum is right. If the connection breaks, the bytes
    received are kept beside it as ``.NAME.part``, and the next attempt asks the server only for the rest.

    Args:
        urls: the addresses of the file, tried in this order.
        target: the path to write to; missing folders are created.
        checksum: the expected checksum, such as ``"sha256:…"`` or ``"md5:…"``.
        size: its length in bytes.
        progress: called as bytes arrive; None draws a bar if standard error is a terminal, True always, False never.

    Raises:
        DownloadError: no address provided the file; the message has the reason for each.
        ModuleNotFoundError: pooch is not installed; the message names the extra.
    """
    pooch = needed("pooch", "downloading needs pooch")
    wants_bar = sys.stderr.isatty() if progress is None else progress
    arrive = progress if callable(progress) else _bar if wants_bar else lambda *_: None
    logger = pooch.get_logger()
    level = logger.level
    failures = []
    for url in urls:
        transfer = _Transfer(target.with_name(f".{target.name}.part"), size, arrive, target.name)
        arguments = {"known_hash": checksum, "fname": target.name, "path": target.parent, "downloader": transfer}
        try:
            logger.setLevel(logging.WARNING)  # pooch reports each download
            try:
                pooch.retrieve(url, **arguments)
            except ValueError:
                if not transfer.resumed:
                    raise
                pooch.retrieve(url, **arguments)  # the resumed file has a wrong checksum: download all of it again
            return target
        except (OSError, ValueError) as error:  # requests' errors are OSErrors, a wrong checksum is a ValueError
            failures.append(f"\n  {url}: {_reason(error)}")
        finally:
            logger.setLevel(level)
    tried = "".join(failures) or " (no address is known)"
    raise DownloadError(
        f"{target.name}: expected to download {size:,} bytes, got it from nowhere:{tried}\n"
        f"Download it by another way and put it at {target}"
    )


class _Transfer:
    """A downloader for pooch that keeps the bytes received when a connection breaks, and resumes from there."""

    def __init__(self, part: Path, size: int, arrive: ProgressCallback, name: str) -> None:
        self.part, self.size, self.arrive, self.name = part, size, arrive, name
        self.resumed = False

    def __call__(self, url: str, output_file: str, _pooch: object) -> None:
        """Download `url` to `output_file`."""
        import requests
        from urllib3.exceptions import HTTPError

        have = self.part.stat().st_size if self.part.exists() else 0
        if have >= self.size:
            self.part.unlink()
            have = 0
        # Otherwise a server may compress the bytes, or declare a .gz file compressed, and ranges would not match.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
            response.raise_for_status()
            goes_on = response.status_code == requests.codes.partial_content
            self.resumed = bool(have) and goes_on
            have = have if self.resumed else 0
            try:
                with self.part.open("ab" if self.resumed else "wb") as file:
                    for chunk in response.raw.stream(_CHUNK, decode_content=False):
                        have += len(chunk)
                        if have > self.size:
                            break
                        file.write(chunk)
                        self.arrive(self.name, have, self.size)
            except HTTPError as error:
                raise OSError(f"the connection broke after {have:,} of {self.size:,} bytes ({error})") from error
        if have < self.size:
            raise OSError(f"expected {self.size:,} bytes, got {have:,}")
        if have > self.size:
            self.part.unlink()
            raise ValueError(f"expected {self.size:,} bytes, got more")
        self.part.replace(output_file)


def _reason(error: Exception) -> str:
    """Return the first line of an error's text: errors of pooch and requests have several lines."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if "hash of downloaded file" in text:
        return f"the checksum is wrong: {text}"
    return text


def _bar(name: str, done: int, total: int) -> None:
    """Draw a progress bar on the last line of standard error."""
    filled = 30 * done // max(total, 1)
    end = "\n" if done >= total else ""
    sys.stderr.write(f"\r{name}  [{'#' * filled:<30}] {done / 1e6:.1f} of {total / 1e6:.1f} MB{end}")
    sys.stderr.flush()
