"""`RandomApply`: all of the transforms or none, image by image."""

import numpy as np
import pytest

from tinygrad_cnn.data.transforms import CenterCrop, Lambda, Pad, RandomApply, RandomHorizontalFlip, RandomVerticalFlip

IMAGES = np.random.default_rng(0).random((50, 3, 4, 5)).astype(np.float32)


def test_each_image_goes_through_all_or_none():
    found = RandomApply([RandomHorizontalFlip(1), RandomVerticalFlip(1)], p=0.4).batch(IMAGES)
    changed = (found == IMAGES[:, :, ::-1, ::-1]).all(axis=(1, 2, 3))
    same = (found == IMAGES).all(axis=(1, 2, 3))
    assert (changed ^ same).all()
    assert 8 < changed.sum() < 35


def test_single_images_and_ends():
    flip = RandomHorizontalFlip(1)
    np.testing.assert_array_equal(RandomApply([flip], p=1)(IMAGES[0]), IMAGES[0, :, :, ::-1])
    assert RandomApply([flip], p=0)(IMAGES) is IMAGES
    assert RandomApply([flip], p=0).batch(IMAGES) is IMAGES
    assert RandomApply([flip]).batched
    assert not RandomApply([Lambda(str)]).batched
    assert repr(RandomApply([flip], p=0.3)) == "RandomApply(\n    p=0.3\n    RandomHorizontalFlip(p=1.0)\n)"


def test_refuses_what_changes_the_shape():
    with pytest.raises(ValueError, match=r"keep shape and dtype, float32 \(3, 4, 5\), got float32 \(3, 2, 2\)"):
        RandomApply([CenterCrop(2)], p=0.5).batch(IMAGES)
    assert RandomApply([Pad(1)], p=1)(IMAGES[0]).shape == (3, 6, 7)
    with pytest.raises(ValueError, match="RandomApply: expected p from 0 to 1, got 2"):
        RandomApply([], p=2)
