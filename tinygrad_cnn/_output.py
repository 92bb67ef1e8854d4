"""Text for streams whose encoding lacks some of its characters: look-alikes in their place, and no error."""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata

_DEFAULTS = ("strict", "surrogateescape", "backslashreplace")
"""Python's own error handlers: of standard output, of standard output in the C locale, and of standard error."""

_HANDLER = "tinygrad_cnn.look_alike"
_LOOK_ALIKES = {
    "—": "-", "–": "-", "─": "-", "━": "-", "−": "-", "×": "x", "·": ".", "█": "#", "│": "|", "‖": "|",
    "→": "->", "←": "<-", "≤": "<=", "≥": ">=", "≠": "!=", "‘": "'", "’": "'", "“": '"', "”": '"',
}  # fmt: skip


def _look_alike(error: UnicodeError) -> tuple[str | bytes, int]:
    """Replace the first character that cannot be encoded; a byte of a file name that is not text stays as it is."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character, after = error.object[error.start], error.start + 1
    if "\udc80" <= character <= "\udcff":
        return bytes([ord(character) - 0xDC00]), after
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode("ascii")
    return _LOOK_ALIKES.get(character) or plain or "?", after


codecs.register_error(_HANDLER, _look_alike)


def make_printable(stream: object) -> None:
    """Let `stream` write look-alikes of what its encoding lacks, unless the user has chosen what it does there."""
    if isinstance(stream, io.TextIOWrapper) and stream.errors in _DEFAULTS:
        stream.reconfigure(errors=_HANDLER)


def printable(text: str) -> str:
    """Return `text` as the standard output can write it."""
    encoding = getattr(sys.stdout, "encoding", None)
    return text.encode(encoding, _HANDLER).decode(encoding, "surrogateescape") if encoding else text
