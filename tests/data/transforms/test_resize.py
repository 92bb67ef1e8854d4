"""`Resize` against Pillow and PyTorch: every size, mode and dtype."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import tinygrad_cnn
from tinygrad_cnn.data.transforms import InterpolationMode, RandomRotation, Resize

PIL = pytest.importorskip("PIL")
Image = pytest.importorskip("PIL.Image")

RNG = np.random.default_rng(0)
SIZES = [((7, 9), (3, 4)), ((7, 9), (20, 13)), ((64, 48), (7, 96)), ((5, 5), (5, 8)), ((1, 6), (3, 1)),
         ((30, 30), (29, 31))]  # fmt: skip
MODES = ["nearest", "bilinear", "bicubic"]


sides = st.integers(1, 60)


@given(old=st.tuples(sides, sides), new=st.tuples(sides, sides), mode=st.sampled_from(MODES), seed=st.integers(0, 99))
@settings(max_examples=150, deadline=None)
@example(old=(50, 24), new=(4, 47), mode="bicubic", seed=0)  # height first
@example(old=(51, 38), new=(31, 16), mode="bicubic", seed=0)  # width first
def test_uint8_is_pillows_to_the_last_bit(old, new, mode, seed):
    pixels = np.random.default_rng(seed).integers(0, 2, (*old, 3), dtype=np.uint8) * 255  # where a cubic overshoots
    expected = np.asarray(Image.fromarray(pixels).resize(new[::-1], Image.Resampling[mode.upper()]))
    np.testing.assert_array_equal(np.asarray(Resize(new, mode)(Image.fromarray(pixels))), expected)
    if int(PIL.__version__.split(".")[0]) >= 13 or mode == "nearest":
        np.testing.assert_array_equal(Resize(new, mode)(pixels), expected)
        batch = np.stack([pixels, 255 - pixels, pixels]).transpose(0, 3, 1, 2)
        np.testing.assert_array_equal(Resize(new, mode).batch(batch)[2].transpose(1, 2, 0), expected)


@pytest.mark.parametrize(("old", "new"), SIZES)
@pytest.mark.parametrize("mode", MODES[1:])
@pytest.mark.parametrize("antialias", [True, False])
def test_uint8_is_pytorchs_to_within_one(old, new, mode, antialias):
    torch = pytest.importorskip("torch")
    x = RNG.integers(0, 256, (2, 3, *old), dtype=np.uint8)
    expected = torch.nn.functional.interpolate(torch.from_numpy(x), new, mode=mode, antialias=antialias).numpy()
    difference = abs(Resize(new, mode, antialias=antialias).batch(x).astype(int) - expected)
    other_order = antialias and mode == "bicubic" and old[0] - new[0] > 2 * (old[1] - new[1])  # Pillow's, height first
    assert difference.max() <= (30 if other_order else 1)
    assert difference.mean() < (0.5 if other_order else 0.35)


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


def test_resize_refuses():
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


def test_member_and_value_are_the_same():
    assert Resize(3, InterpolationMode.BICUBIC).interpolation is Resize(3, "bicubic").interpolation
    assert InterpolationMode.NEAREST.value == "nearest"


def test_what_a_transform_has_not():
    with pytest.raises(ValueError, match="RandomRotation: expected interpolation as one of nearest, bilinear, got"):
        RandomRotation(3, InterpolationMode.BICUBIC)
