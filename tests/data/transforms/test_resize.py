"""`Resize` against Pillow and PyTorch, which were written by others."""

import math
from fractions import Fraction

import numpy as np
import pytest

import tinygrad_cnn
from tinygrad_cnn.data.transforms import InterpolationMode, Resize

Image = pytest.importorskip("PIL.Image")
RNG = np.random.default_rng(0)
SIZES = [((7, 9), (3, 4)), ((7, 9), (20, 13)), ((64, 48), (7, 96)), ((5, 5), (5, 8)), ((1, 6), (3, 1)),
         ((30, 30), (29, 31))]  # fmt: skip
MODES = ["nearest", "bilinear", "bicubic"]


@pytest.mark.parametrize(("old", "new"), SIZES)
@pytest.mark.parametrize("mode", MODES)
def test_uint8_is_pillows(old, new, mode):
    """Versions of Pillow differ in which axis they resize and round first, which shows where a cubic overshoots."""
    pixels = RNG.integers(0, 256, (*old, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(pixels).resize(new[::-1], Image.Resampling[mode.upper()]))
    result = Resize(new, mode)(pixels)
    assert result.shape == (*new, 3)
    difference = abs(result.astype(int) - expected)
    if mode == "nearest":  # Pillow adds up rounding errors: a tie may fall to either side
        assert (difference > 0).mean() < 0.2
    else:
        assert difference.mean() < 0.5
        assert difference.max() <= (1 if mode == "bilinear" else 30)
    np.testing.assert_array_equal(np.asarray(Resize(new, mode)(Image.fromarray(pixels))), expected)


@pytest.mark.parametrize(("old", "new"), SIZES)
@pytest.mark.parametrize("mode", MODES[1:])
@pytest.mark.parametrize("antialias", [True, False])
def test_uint8_is_pytorchs_to_within_one(old, new, mode, antialias):
    torch = pytest.importorskip("torch")
    x = RNG.integers(0, 256, (2, 3, *old), dtype=np.uint8)
    expected = torch.nn.functional.interpolate(torch.from_numpy(x), new, mode=mode, antialias=antialias).numpy()
    difference = abs(Resize(new, mode, antialias=antialias).batch(x).astype(int) - expected)
    assert difference.max() <= 1
    assert difference.mean() < 0.35


@pytest.mark.parametrize(("old", "new"), SIZES[:-1])  # the last has a tie, which PyTorch rounds to either side
def test_nearest_is_pytorchs(old, new):
    torch = pytest.importorskip("torch")
    x = RNG.random((1, 2, *old))
    expected = torch.nn.functional.interpolate(torch.from_numpy(x), new, mode="nearest-exact").numpy()
    np.testing.assert_array_equal(Resize(new, "nearest").batch(x), expected)


@pytest.mark.parametrize(("old", "new"), SIZES)
@pytest.mark.parametrize("mode", MODES[1:])
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_are_pytorchs(old, new, mode, antialias, dtype):
    torch = pytest.importorskip("torch")
    x = RNG.random((2, 3, *old)).astype(dtype)
    expected = torch.nn.functional.interpolate(torch.from_numpy(x), new, mode=mode, antialias=antialias).numpy()
    result = Resize(new, mode, antialias=antialias).batch(x)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, expected, atol=1e-5 if dtype == np.float32 else 1e-13)


def test_nearest_takes_the_pixel_that_the_new_centre_lies_in():
    x = np.arange(30)[np.newaxis, np.newaxis, np.newaxis]
    for new in (1, 7, 29, 30, 31, 100):
        expected = [math.floor((i + Fraction(1, 2)) * Fraction(30, new)) for i in range(new)]
        assert Resize((1, new), "nearest").batch(x)[0, 0, 0].tolist() == expected


def test_float16_is_computed_in_float32():
    x = RNG.random((1, 1, 8, 8)).astype(np.float16)
    result = Resize(4).batch(x)
    assert result.dtype == np.float16
    np.testing.assert_array_equal(result, Resize(4).batch(x.astype(np.float32)).astype(np.float16))


@pytest.mark.parametrize(
    ("size", "max_size", "old", "new"),
    [
        (10, None, (20, 30), (10, 15)),
        (10, None, (30, 20), (15, 10)),
        (10, None, (7, 7), (10, 10)),
        (10, None, (13, 40), (10, 30)),
        (10, 12, (20, 40), (6, 12)),
        (10, 25, (20, 40), (10, 20)),
        ([10], None, (20, 30), (10, 15)),
        ((10, 11), None, (20, 30), (10, 11)),
        (20, None, (20, 30), (20, 30)),
    ],
)
def test_an_int_is_the_shorter_side(size, max_size, old, new):
    assert Resize(size, max_size=max_size).batch(np.zeros((1, 1, *old), np.float32)).shape[2:] == new
    assert Resize(size, max_size=max_size)(Image.new("L", old[::-1])).size == new[::-1]


def test_the_same_size_is_the_same_image():
    x = RNG.random((1, 3, 5, 6))
    for mode in InterpolationMode:
        np.testing.assert_array_equal(Resize((5, 6), mode).batch(x), x)
    image = Image.new("L", (5, 6))
    assert Resize((6, 5))(image) is not image


def test_the_mean_of_a_constant_image_stays():
    for mode in MODES:
        result = Resize((11, 3), mode)(tinygrad_cnn.full((3, 5, 7), 0.7))
        np.testing.assert_allclose(result.array, 0.7, rtol=1e-6)


def test_refuses():
    with pytest.raises(
        ValueError, match="Resize: expected interpolation as one of nearest, bilinear, bicubic, got 'box'"
    ):
        Resize(4, "box")
    with pytest.raises(ValueError, match="Resize: expected size as a positive int or"):
        Resize(0)
    for size, largest in ((4, 4), ((4, 5), 9)):
        with pytest.raises(ValueError, match="Resize: expected max_size above a size that is an int"):
            Resize(size, max_size=largest)
    with pytest.raises(ValueError, match="Resize: expected images with pixels"):
        Resize(4).batch(np.zeros((1, 1, 0, 3)))
