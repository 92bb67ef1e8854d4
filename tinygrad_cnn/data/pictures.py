"""Image files, read with Pillow; whatever goes wrong in one names the file."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Any

from tinygrad_cnn.data.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
"""How the names of image files end, in lower case."""

_MAX_PIXELS = 1 << 26
"""More are a mistake or an attack: a small file can promise a picture that fills the memory."""


def load_picture(path: str | os.PathLike[str]) -> Image:
    """Return the picture in a file, in the colours red, green and blue.

    Raises:
        DataError: Pillow cannot read it, it is damaged, or has more than 67 million pixels.
        OSError: the file cannot be opened.
        ModuleNotFoundError: Pillow is not installed; the message names the extra.
    """
    with open(path, "rb") as file:
        return read_picture(file, os.fspath(path))


def read_picture(file: IO[bytes], name: str) -> Image:
    """Return the picture in an open file; `name` stands for it in messages. See `load_picture`."""
    opener = pillow("reading images").open
    try:
        with opener(file) as picture:
            width, height = picture.size
            if width * height > _MAX_PIXELS:
                raise DataError(f"{name}: expected an image of at most {_MAX_PIXELS:,} pixels, got {width}×{height}")
            return picture.convert("RGB")
    except (DataError, MemoryError):
        raise
    except Exception as error:  # decoders raise whatever their format's code happens to hit
        raise DataError(
            f"{name}: expected an image that Pillow can read, got none or a damaged one "
            f"({error or type(error).__name__})"
        ) from error


def pillow(purpose: str) -> Any:
    """Return Pillow's module Image."""
    try:
        from PIL import Image
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f'{purpose} needs Pillow: pip install "tinygrad-cnn[data]"') from error
    return Image
