"""`Pad`, the flips and `RandomRotation`: pixels are where they belong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_cnn.data.transforms import (
    InterpolationMode,
    Pad,
    RandomHorizontalFlip,
    RandomRotation,
    RandomVerticalFlip,
)
from tinygrad_cnn.data.transforms.geometry import PADDING_MODES, rotated

Image = pytest.importorskip("PIL.Image")

RNG = np.random.default_rng(0)
NEAREST, BILINEAR = InterpolationMode.NEAREST, InterpolationMode.BILINEAR


def turn(pixels, angle, mode=NEAREST, expand=False, center=None, fill=0):
    return RandomRotation((angle, angle), mode, expand, center, fill)(pixels)


@pytest.mark.parametrize("angle", [0, 1, 17.5, -33, 45, 90, 123, 180, 270, 359, 720.5])
@pytest.mark.parametrize("size", [(20, 31), (16, 16), (1, 9)])
@pytest.mark.parametrize("center", [None, (3, 4.5)])
@pytest.mark.parametrize("mode", [NEAREST, BILINEAR])
def test_is_pillows(angle, size, center, mode):
    pixels = RNG.integers(0, 256, (*size, 3), dtype=np.uint8)
    expected = np.asarray(
        Image.fromarray(pixels).rotate(angle, Image.Resampling[mode.name], center=center, fillcolor=(9, 8, 7))
    )
    difference = abs(turn(pixels, angle, mode, center=center, fill=(9, 8, 7)).astype(int) - expected).max(axis=-1)
    # Pillow computes in fixed point: a point on the border of two pixels may fall to either side of it.
    assert (difference > 1).mean() <= 0.01


@pytest.mark.parametrize("quarters", [1, 2, 3, -1])
@pytest.mark.parametrize("mode", [NEAREST, BILINEAR])
def test_quarter_turns_are_exact(quarters, mode):
    pixels = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    expected = np.rot90(pixels, quarters)
    np.testing.assert_array_equal(turn(pixels, 90 * quarters, mode, expand=True), expected)
    square = pixels[:, :6]
    np.testing.assert_array_equal(turn(square, 90 * quarters, mode), np.rot90(square, quarters))


@pytest.mark.parametrize("angle", [10, 45, 90, 200])
@pytest.mark.parametrize("size", [(20, 31), (16, 16)])
def test_expand_holds_the_whole_image(angle, size):
    pixels = RNG.integers(1, 256, (*size, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(pixels).rotate(angle, expand=True))
    result = turn(pixels, angle, expand=True)
    assert abs(np.array(result.shape) - expected.shape).max() <= 1
    assert abs((result > 0).sum() / pixels.size - 1) < 0.05
    assert not RandomRotation(10, expand=True).batched
    with pytest.raises(ValueError, match="RandomRotation: expected one image with expand=True"):
        RandomRotation(10, expand=True).batch(np.zeros((2, 1, 4, 4)))


def test_each_image_has_its_own_angle():
    images = RNG.random((4, 2, 9, 9))
    angles = np.array([0.0, 30, 90, -45])
    for mode in (NEAREST, BILINEAR):
        result = rotated(images, angles, mode, False, None, 0.5)
        for image, angle, one in zip(images, angles, result, strict=True):
            np.testing.assert_array_equal(rotated(image[None], np.array([angle]), mode, False, None, 0.5)[0], one)


def test_angles_are_uniform():
    """A pixel right of the centre tells the angle."""
    images = np.zeros((4000, 1, 101, 101))
    images[:, 0, 50, 80:] = 1
    result = RandomRotation((-60, 30)).batch(images)
    weights = result.reshape(4000, -1)
    y, x = (np.mgrid[:101, :101] - 50).reshape(2, -1)
    angles = -np.degrees(np.arctan2(weights @ y, weights @ x))
    assert abs(angles.mean() + 15) < 2
    assert abs(angles.std() - 90 / np.sqrt(12)) < 1.5
    assert angles.min() > -62
    assert angles.max() < 32


@pytest.mark.parametrize("degrees", [-1, (1,), (3, 2), "ten", None, float("nan")])
def test_degrees(degrees):
    with pytest.raises(ValueError, match="RandomRotation: expected degrees as"):
        RandomRotation(degrees)


def test_center():
    with pytest.raises(ValueError, match=r"RandomRotation: expected center as \(x, y\), got \(1,\)"):
        RandomRotation(10, center=(1,))


IMAGES = np.random.default_rng(0).integers(0, 256, (2, 3, 5, 6), dtype=np.uint8)


@given(
    sides=st.one_of(
        st.integers(0, 3),
        st.tuples(st.integers(0, 3)),
        st.tuples(st.integers(0, 3), st.integers(0, 3)),
        st.tuples(*[st.integers(0, 3)] * 4),
    ),
    mode=st.sampled_from(PADDING_MODES),
)
def test_margins(sides, mode):
    padding = (sides,) if isinstance(sides, int) else sides
    left, top, right, bottom = {1: padding * 4, 2: padding * 2, 4: padding}[len(padding)]
    expected = np.pad(IMAGES, ((0, 0), (0, 0), (top, bottom), (left, right)), mode=mode)
    np.testing.assert_array_equal(Pad(sides, padding_mode=mode).batch(IMAGES), expected)


def test_fill():
    assert (Pad(1, fill=9).batch(IMAGES)[:, :, 0] == 9).all()
    padded = Pad(1, fill=(1, 2, 3)).batch(IMAGES)
    assert padded[:, :, 0, 0].tolist() == [[1, 2, 3]] * 2
    assert Pad(1, fill=0.25).batch(IMAGES / 255)[0, 0, 0, 0] == 0.25


@pytest.mark.parametrize("padding", [-1, 1.5, (1, 2, 3), (), (1, -2), True, (1.0, 2)])
def test_refuses_paddings(padding):
    with pytest.raises((ValueError, TypeError), match="padding|not iterable"):
        Pad(padding)


def test_pad_refuses_fills_and_modes():
    with pytest.raises(ValueError, match="Pad: expected padding_mode as one of constant, edge, .* got 'wrap'"):
        Pad(1, padding_mode="wrap")
    for fill in ("black", None, (), ("a",), [None]):
        with pytest.raises(TypeError, match="Pad: expected fill as a number, or one for each channel"):
            Pad(1, fill=fill)
    with pytest.raises(ValueError, match="Pad: expected fill as a number or 3 of them"):
        Pad(1, fill=(1, 2)).batch(IMAGES)
    with pytest.raises(ValueError, match="Pad: expected fill from 0 to 255 for uint8, got 256"):
        Pad(1, fill=256).batch(IMAGES)
    with pytest.raises(ValueError, match="Pad: expected images with pixels to repeat"):
        Pad(1, padding_mode="edge").batch(IMAGES[:, :, :0])


PIXELS = np.random.default_rng(0).integers(0, 256, (3000, 2, 3, 4), dtype=np.uint8)


@pytest.mark.parametrize(("kind", "axis"), [(RandomHorizontalFlip, -1), (RandomVerticalFlip, -2)])
@pytest.mark.parametrize("p", [0, 0.2, 0.5, 1])
def test_mirrors_with_probability_p(kind, axis, p):
    result = kind(p).batch(PIXELS)
    mirrored = np.flip(PIXELS, axis)
    same, other = ((result == images).all(axis=(1, 2, 3)) for images in (PIXELS, mirrored))
    assert (same | other).all()
    assert abs(other.mean() - p) <= 5 * np.sqrt(p * (1 - p) / len(PIXELS))


@pytest.mark.parametrize("kind", [RandomHorizontalFlip, RandomVerticalFlip])
@pytest.mark.parametrize("p", [-0.1, 1.1, "half", True, None])
def test_p_is_a_probability(kind, p):
    with pytest.raises(ValueError, match=f"{kind.__name__}: expected p from 0 to 1"):
        kind(p)
