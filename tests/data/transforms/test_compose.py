"""`Compose`, `RandomApply` and `Lambda`: in order, all or none, in single and batch form."""

import numpy as np
import pytest

from tinygrad_cnn.data.transforms import (
    CenterCrop,
    Compose,
    Lambda,
    Normalize,
    Pad,
    RandomApply,
    RandomHorizontalFlip,
    RandomVerticalFlip,
    ToTensor,
)


def test_applies_in_order():
    assert Compose([lambda x: x + 1, lambda x: 2 * x])(3) == 8
    assert Compose([])("a") == "a"


def test_batches_where_all_transforms_can():
    assert Compose([Pad(1), ToTensor()]).batched
    assert Compose([Compose([Pad(1)]), ToTensor()]).batched
    assert not Compose([Pad(1), Lambda(np.flip)]).batched
    assert not Compose([Compose([np.flip]), ToTensor()]).batched
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 5), dtype=np.uint8)
    transform = Compose([Pad(1, fill=9), ToTensor(), Normalize(0.1, 0.3)])
    single = np.stack([transform(image.transpose(1, 2, 0)).array for image in images])
    np.testing.assert_array_equal(transform.batch(images), single)


def test_refuses_what_cannot_be_called():
    with pytest.raises(TypeError, match="Compose: expected functions of an image, got 3 at 1"):
        Compose([print, 3])


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


def test_lambda_applies_the_function():
    assert Lambda(lambda image: image * 2)(4) == 8
    assert Lambda.batched is False


def test_lambda_refuses_what_cannot_be_called():
    with pytest.raises(TypeError, match="Lambda: expected a function, got str"):
        Lambda("x")
