"""`RandomRotation` against Pillow's rotation and NumPy's quarter turns."""

import numpy as np
import pytest

from tinygrad_cnn.data.transforms import InterpolationMode, RandomRotation
from tinygrad_cnn.data.transforms.rotation import rotated

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
