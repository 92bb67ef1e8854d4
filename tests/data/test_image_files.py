"""Image files: read in RGB, or an error that names the file."""

import io
import struct
import sys
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tinygrad_cnn.data import DataError
from tinygrad_cnn.data.image_files import load_image

Image = pytest.importorskip("PIL.Image")
ImageOps = pytest.importorskip("PIL.ImageOps")
PIXELS = np.random.default_rng(0).integers(0, 256, (7, 5, 3), dtype=np.uint8)


@pytest.mark.parametrize("suffix", ["png", "bmp", "ppm", "tif", "webp"])
def test_reads_pixels(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(PIXELS).save(path, **({"lossless": True} if suffix == "webp" else {}))
    picture = load_image(path)
    assert picture.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(picture), PIXELS)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "CMYK", "I;16"])
def test_other_modes_become_rgb(tmp_path, mode):
    path = tmp_path / "a.tif"
    picture = Image.fromarray(PIXELS)
    (picture.convert("L").convert("I").convert(mode) if mode == "I;16" else picture.convert(mode)).save(path)
    assert load_image(path).mode == "RGB"


@pytest.mark.parametrize(
    "content", [b"", b"no image", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"BM", b"P6 1000 1000 255\n"]
)
def test_what_is_no_image(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(DataError, match="a.png: expected an image that Pillow can read, got none or a damaged one"):
        load_image(tmp_path / "a.png")


def test_a_missing_file_is_an_ordinary_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_image(tmp_path / "a.png")


@pytest.mark.parametrize("side", [9000, 20_000])
def test_a_small_file_that_promises_a_huge_picture(tmp_path, side):
    def chunk(kind, content):
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    header = side.to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    with pytest.raises(DataError, match="a.png: expected an image"):
        load_image(tmp_path / "a.png")


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
        assert load_image(path).mode == "RGB"
    except DataError as error:
        assert str(error).startswith(f"{path}: ")  # noqa: PT017


def test_without_pillow_the_message_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(ModuleNotFoundError, match=r'reading images needs Pillow: pip install "tinygrad-cnn\[data\]"'):
        load_image(tmp_path / "a.png")


RAMP = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000


def test_16_bits_of_grey_are_scaled(tmp_path):
    expected = np.rint(RAMP * 255.0 / 65535).astype(np.uint8)
    for name in ("a.png", "a.tif", "a.pgm"):
        path = tmp_path / name
        if name == "a.pgm":
            path.write_bytes(b"P5 8 8 65535\n" + RAMP.astype(">u2").tobytes())
        else:
            Image.fromarray(RAMP).save(path)
        np.testing.assert_array_equal(np.asarray(load_image(path))[..., 1], expected)


def test_12_bits_in_a_tiff_are_scaled(tmp_path):
    Image.fromarray(np.array([[0, 2048, 4095]], np.uint16)).save(tmp_path / "a.tif")
    content = (tmp_path / "a.tif").read_bytes()
    packed = bytes([0x00, 0x08, 0x00, 0xFF, 0xF0])  # 000 800 FFF
    place = content.index(np.array([0, 2048, 4095], "<u2").tobytes())
    bits = content.index(struct.pack("<HHI", 258, 3, 1))
    content = content[: bits + 8] + struct.pack("<HH", 12, 0) + content[bits + 12 :]
    (tmp_path / "a.tif").write_bytes(content[:place] + packed + content[place + 5 :])
    assert np.asarray(load_image(tmp_path / "a.tif"))[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize(("values", "kind"), [
    (np.ones((2, 2), np.float32), "32-bit floats"), (np.ones((2, 2), np.int32), "32-bit ints"),
])  # fmt: skip
def test_modes_without_a_certain_brightness_are_refused(tmp_path, values, kind):
    Image.fromarray(values).save(tmp_path / "a.tif")
    with pytest.raises(DataError, match=f"a.tif: expected an image of 8 or 16 bits a channel, got {kind}"):
        load_image(tmp_path / "a.tif")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr"])
@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_every_mode_has_the_colours_that_pillow_gives_it(tmp_path, mode, suffix):
    picture, path = Image.fromarray(PIXELS).convert(mode), tmp_path / f"a.{suffix}"
    try:
        picture.save(path, **({"lossless": True} if suffix == "webp" else {}))
    except (OSError, KeyError):
        pytest.skip("the format has no such mode")
    np.testing.assert_array_equal(np.asarray(load_image(path)), np.asarray(Image.open(path).convert("RGB")))


def test_a_palette_with_transparency(tmp_path):
    picture = Image.fromarray(PIXELS).quantize(8)
    picture.save(tmp_path / "a.png", transparency=bytes([0, 128, 255, 255]))
    np.testing.assert_array_equal(np.asarray(load_image(tmp_path / "a.png")), np.asarray(picture.convert("RGB")))


@pytest.mark.parametrize("suffix", ["png", "gif", "webp", "tif"])
def test_of_several_frames_the_first(tmp_path, suffix):
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "lime")]
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:], lossless=True)
    assert load_image(tmp_path / f"a.{suffix}").getpixel((1, 1)) == (255, 0, 0) or suffix == "webp"
    r, g, _ = load_image(tmp_path / f"a.{suffix}").getpixel((1, 1))
    assert r > 250 > 5 > g


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_turned_as_the_exif_note_says(tmp_path, orientation, suffix):
    path = tmp_path / f"a.{suffix}"
    picture = Image.fromarray(PIXELS)
    note = picture.getexif()
    note[0x0112] = orientation
    picture.save(path, exif=note)
    with Image.open(path) as opened:
        expected = ImageOps.exif_transpose(opened).convert("RGB")
    np.testing.assert_array_equal(np.asarray(load_image(path)), np.asarray(expected))


def test_a_damaged_note_counts_as_none(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "a.png", exif=b"Exif\0\0rubbish that is no TIFF")
    np.testing.assert_array_equal(np.asarray(load_image(tmp_path / "a.png")), PIXELS)


@pytest.mark.parametrize("mode", ["I;16", "RGB"])
def test_training_and_prediction_read_the_same(tmp_path, mode):
    from tinygrad_cnn.cli.images import read_image
    from tinygrad_cnn.data import ImageFolder
    from tinygrad_cnn.data.transforms import Compose, Grayscale, ToTensor

    (tmp_path / "a").mkdir()
    path = tmp_path / "a" / "x.png"
    picture = Image.fromarray(RAMP) if mode == "I;16" else Image.fromarray(PIXELS)
    note = picture.getexif()
    note[0x0112] = 6
    picture.save(path, exif=note)
    for channels, steps in ((3, [ToTensor()]), (1, [Grayscale(), ToTensor()])):
        x = ImageFolder(tmp_path, transform=Compose(steps))[0][0].numpy()
        np.testing.assert_array_equal(read_image(path, x.shape, Compose(steps), False).numpy()[0], x)
        assert x.shape[0] == channels


def test_a_chunk_that_promises_gigabytes_takes_no_memory(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    content = bytearray((tmp_path / "a.png").read_bytes())
    place = content.index(b"IDAT") - 4
    content[place : place + 4] = (0xF0000000).to_bytes(4, "big")
    (tmp_path / "a.png").write_bytes(content)
    tracemalloc.start()
    np.testing.assert_array_equal(np.asarray(load_image(tmp_path / "a.png")), PIXELS)  # all of it is there
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate((1 << 29) + 1)
    with pytest.raises(DataError, match="a.png: expected an image file of at most 536,870,912 bytes, got 536,870,913"):
        load_image(tmp_path / "a.png")
