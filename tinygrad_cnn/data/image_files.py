"""Image files, read with Pillow in one way for training, evaluation and prediction; an error names the file."""

from __future__ import annotations

import io
import os
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from tinygrad_cnn.data.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
"""How the names of image files end, in lower case."""

_MAX_PIXELS = 1 << 26
"""More are a mistake or an attack: a small file can promise a picture that fills the memory."""


_MAX_BYTES = 1 << 29
"""Of a file: 67 million pixels of 3 channels take 200 MB unpacked, or 400 MB with 16 bits."""

_ORIENTATION = 0x0112
"""The EXIF tag that says how a camera was held."""

_TURNS = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE",
    6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90",
}  # fmt: skip
"""What makes a picture of each orientation upright, by Pillow's names."""

_BITS_PER_SAMPLE = 258
"""The TIFF tag of how many bits a value has."""


def load_image(path: str | os.PathLike[str]) -> Image:
    """Return the picture in a file, upright and in the colours red, green and blue.

    | in the file | what is returned |
    |---|---|
    | an EXIF orientation | turned as it says; damaged EXIF data count as none |
    | 8 bits a channel, palette, black and white, CMYK, YCbCr | converted by Pillow |
    | transparency | left out: the colours as they are stored, as torchvision does |
    | 16 bits of grey | scaled to 8: 255·v / 65535, rounded |
    | several frames or pages | the first one |
    | int32, float, Lab | refused: what is black and what is white is not known |

    Raises:
        DataError: Pillow cannot read it, it is damaged, has more than 67 million pixels, or is of a mode that has no
            certain brightness.
        OSError: the file cannot be opened.
        ModuleNotFoundError: Pillow is not installed; the message names the extra.
    """
    name = os.fspath(path)
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > _MAX_BYTES:
            raise DataError(f"{name}: expected an image file of at most {_MAX_BYTES:,} bytes, got {size:,}")
        content = file.read()  # at once: reading from the file, Pillow takes as many bytes as a damaged header asks for
    return read_image(io.BytesIO(content), name)


def read_image(file: IO[bytes], name: str) -> Image:
    """Return the picture in an open file; `name` stands for it in messages. See `load_image`."""
    opener = pillow("reading images").open
    try:
        with opener(file) as picture:
            width, height = picture.size
            if width * height > _MAX_PIXELS:
                raise DataError(f"{name}: expected an image of at most {_MAX_PIXELS:,} pixels, got {width}×{height}")
            return _upright(_in_colour(picture, name), _orientation(picture))
    except (DataError, MemoryError):
        raise
    except Exception as error:  # decoders raise whatever their format's code happens to hit
        unknown = type(error).__name__ == "UnidentifiedImageError"  # its text names the object that was read from
        why = "" if unknown else f" ({error or type(error).__name__})"
        raise DataError(f"{name}: expected an image that Pillow can read, got none or a damaged one{why}") from error


def _in_colour(picture: Image, name: str) -> Image:
    """Return a picture of any mode in RGB."""
    mode = picture.mode
    sixteen = mode.startswith("I;16") or (mode == "I" and picture.format in {"PNG", "PPM"})  # "I" in older Pillow
    if sixteen:
        bits = 16 if picture.format != "TIFF" else picture.tag_v2.get(_BITS_PER_SAMPLE, (16,))[0]  # type: ignore[attr-defined]
        values = np.asarray(picture).astype(np.int64)
        top = (1 << bits) - 1
        picture = pillow("reading images").fromarray(((255 * values + top // 2) // top).clip(0, 255).astype(np.uint8))
    elif mode in {"I", "F", "LAB"}:
        kind = {"I": "32-bit ints", "F": "32-bit floats", "LAB": "Lab colours"}[mode]
        raise DataError(
            f"{name}: expected an image of 8 or 16 bits a channel, got {kind} (mode {mode}), of which black and white "
            "are not known; convert it to 8 bits first, or read it with a loader of your own"
        )
    elif mode == "P" and "transparency" in picture.info:
        picture = picture.convert("RGBA")  # else Pillow warns of what it leaves out
    return picture.convert("RGB")


def _orientation(picture: Image) -> int:
    """Return the EXIF orientation, 1 for upright if there is none."""
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # damaged EXIF data raise whatever their parser happens to hit; the picture is whole
        return 1


def _upright(picture: Image, orientation: int) -> Image:
    if orientation not in _TURNS:
        return picture
    return picture.transpose(pillow("reading images").Transpose[_TURNS[orientation]])


def pillow(purpose: str) -> Any:
    """Return Pillow's module Image."""
    try:
        from PIL import Image
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f'{purpose} needs Pillow: pip install "tinygrad-cnn[data]"') from error
    return Image
