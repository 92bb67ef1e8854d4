"""Image files: read in RGB, or an error that names the file."""

import io
import sys
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tinygrad_cnn.data import DataError
from tinygrad_cnn.data.pictures import load_picture

Image = pytest.importorskip("PIL.Image")
PIXELS = np.random.default_rng(0).integers(0, 256, (7, 5, 3), dtype=np.uint8)


@pytest.mark.parametrize("suffix", ["png", "bmp", "ppm", "tif", "webp"])
def test_reads_pixels(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(PIXELS).save(path, **({"lossless": True} if suffix == "webp" else {}))
    picture = load_picture(path)
    assert picture.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(picture), PIXELS)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "CMYK", "I;16"])
def test_other_modes_become_rgb(tmp_path, mode):
    path = tmp_path / "a.tif"
    picture = Image.fromarray(PIXELS)
    (picture.convert("L").convert("I").convert(mode) if mode == "I;16" else picture.convert(mode)).save(path)
    assert load_picture(path).mode == "RGB"


@pytest.mark.parametrize(
    "content", [b"", b"no image", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"BM", b"P6 1000 1000 255\n"]
)
def test_what_is_no_image(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(DataError, match="a.png: expected an image that Pillow can read, got none or a damaged one"):
        load_picture(tmp_path / "a.png")


def test_a_missing_file_is_an_ordinary_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_picture(tmp_path / "a.png")


@pytest.mark.parametrize("side", [9000, 20_000])
def test_a_small_file_that_promises_a_huge_picture(tmp_path, side):
    def chunk(kind, content):
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    header = side.to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    with pytest.raises(DataError, match="a.png: expected an image"):
        load_picture(tmp_path / "a.png")


@given(
    suffix=st.sampled_from(["png", "jpeg", "bmp", "ppm", "tiff", "webp"]),
    cut=st.integers(0, 400),
    flips=st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), max_size=4),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's own, of metadata it does not understand
def test_damaged_pictures(tmp_path, suffix, cut, flips):
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, suffix)
    content = bytearray(buffer.getvalue()[: cut or None])
    for place, bits in flips:
        content[place % len(content)] ^= bits
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)
    try:
        assert load_picture(path).mode == "RGB"
    except DataError as error:
        assert str(error).startswith(f"{path}: ")  # noqa: PT017


def test_without_pillow_the_message_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(ModuleNotFoundError, match=r'reading images needs Pillow: pip install "tinygrad-cnn\[data\]"'):
        load_picture(tmp_path / "a.png")
