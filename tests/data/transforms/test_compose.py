"""`Compose`: in order, and by whole batches where all can."""

import numpy as np
import pytest

from tinygrad_cnn.data.transforms import Compose, Lambda, Normalize, Pad, ToTensor


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
