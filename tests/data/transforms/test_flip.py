"""Flips: mirrored or not, each image by itself."""

import numpy as np
import pytest

from tinygrad_cnn.data.transforms import RandomHorizontalFlip, RandomVerticalFlip

X = np.random.default_rng(0).integers(0, 256, (3000, 2, 3, 4), dtype=np.uint8)


@pytest.mark.parametrize(("kind", "axis"), [(RandomHorizontalFlip, -1), (RandomVerticalFlip, -2)])
@pytest.mark.parametrize("p", [0, 0.2, 0.5, 1])
def test_mirrors_with_probability_p(kind, axis, p):
    result = kind(p).batch(X)
    mirrored = np.flip(X, axis)
    same, other = ((result == images).all(axis=(1, 2, 3)) for images in (X, mirrored))
    assert (same | other).all()
    assert abs(other.mean() - p) <= 5 * np.sqrt(p * (1 - p) / len(X))


@pytest.mark.parametrize("kind", [RandomHorizontalFlip, RandomVerticalFlip])
@pytest.mark.parametrize("p", [-0.1, 1.1, "half", True, None])
def test_p_is_a_probability(kind, p):
    with pytest.raises(ValueError, match=f"{kind.__name__}: expected p from 0 to 1"):
        kind(p)
