"""`load_image` reads image files in the same way for training, evaluation and prediction; errors name the file."""

from __future__ import annotations

import io
import os
from types import ModuleType
from typing import IO, TYPE_CHECKING

import numpy as np

from tinygrad_cnn.data.errors import DataError, needed

if TYPE_CHECKING:
    from PIL.Image import Image

EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
"""The suffixes of image files, in lower case."""

_MAX_PIXELS = 1 << 26
"""The most pixels of an image; more are a mistake or an attack, since a small file can declare a huge image."""

_MAX_BYTES = 1 << 29
"""The most bytes of a file: 67 million pixels of 3 channels take 200 MB uncompressed, or 400 MB with 16 bits."""

_ORIENTATION = 0x0112
"""The EXIF tag for the orientation of the camera."""

_TRANSPOSITIONS = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE",
    6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90",
}  # fmt: skip
"""For each orientation, Pillow's name of the operation that makes the image upright."""

_BITS_PER_SAMPLE = 258
"""The TIFF tag for the number of bits of a value."""


def load_image(path: str | os.PathLike[str]) -> Image:
    """Return the image in a file, upright and in RGB.

    | in the file | result |
    |---|---|
    | an EXIF orientation | rotated accordingly; damaged EXIF data are ignored |
    | 8 bits per channel, palette, black and white, CMYK, YCbCr | converted by Pillow |
    | transparency | dropped: the colours as they are stored, as in torchvision |
    | 16 bits of grey | scaled to 8: 255·v / 65535, rounded |
    | several frames or pages | the first one |
    | int32, float, Lab | an error: the values of black and white are unknown |

    Raises:
        DataError: Pillow cannot read the file, it is damaged, has more than 67 million pixels, or has a mode for which
            the values of black and white are unknown.
        OSError: the file cannot be opened.
        ModuleNotFoundError: Pillow is not installed; the message names the extra.
    """
    name = os.fspath(path)
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > _MAX_BYTES:
            raise DataError(f"{name}: expected an image file of at most {_MAX_BYTES:,} bytes, got {size:,}")
        content = file.read()  # at once: from a file, Pillow would read as many bytes as a damaged header asks for
    return read_image(io.BytesIO(content), name)


def read_image(file: IO[bytes], name: str) -> Image:
    """Return the image in an open file; messages call it `name`. See `load_image`."""
    image = pillow("reading images")
    try:
        with image.open(file) as picture:
            width, height = picture.size
            if width * height > _MAX_PIXELS:
                raise DataError(f"{name}: expected an image of at most {_MAX_PIXELS:,} pixels, got {width}×{height}")
            pixels = _to_rgb(picture, name)  # before `_orientation`: reading a TIFF file already rotates it
            turn = _TRANSPOSITIONS.get(_orientation(picture))
            return pixels if turn is None else pixels.transpose(image.Transpose[turn])
    except (DataError, MemoryError):
        raise
    except Exception as error:  # decoders raise many kinds of errors
        unknown = type(error).__name__ == "UnidentifiedImageError"  # its text names only the file object
        why = "" if unknown else f" ({error or type(error).__name__})"
        raise DataError(f"{name}: expected an image that Pillow can read, got none or a damaged one{why}") from error


def _to_rgb(picture: Image, name: str) -> Image:
    """Return an image of any mode in RGB."""
    mode = picture.mode
    sixteen = mode.startswith("I;16") or (mode == "I" and picture.format in {"PNG", "PPM"})  # "I" in older Pillow
    if sixteen:
        tags = getattr(picture, "tag_v2", {})  # of a TIFF file
        bits = tags.get(_BITS_PER_SAMPLE, (16,))[0]
        values = np.asarray(picture).astype(np.int64)
        top = (1 << bits) - 1
        picture = pillow("reading images").fromarray(((255 * values + top // 2) // top).clip(0, 255).astype(np.uint8))
    elif mode in {"I", "F", "LAB"}:
        kind = {"I": "32-bit ints", "F": "32-bit floats", "LAB": "Lab colours"}[mode]
        raise DataError(
            f"{name}: expected an image of 8 or 16 bits a channel, got {kind} (mode {mode}), whose values of black and "
            "white are unknown; convert it to 8 bits first, or read it with your own loader"
        )
    elif mode == "P" and "transparency" in picture.info:
        picture = picture.convert("RGBA")  # otherwise Pillow warns about dropped transparency
    return picture.convert("RGB")


def _orientation(picture: Image) -> int:
    """Return the EXIF orientation, 1 for upright if there is none."""
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # damaged EXIF data raise many kinds of errors; the image itself is whole
        return 1


def pillow(purpose: str) -> ModuleType:
    """Return Pillow's module Image; if Pillow is missing, the error begins with `purpose`."""
    needed("PIL", f"{purpose} needs Pillow")
    from PIL import Image

    return Image
