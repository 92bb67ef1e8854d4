"""`RandomResizedCrop`: parts whose area and aspect are in range, resized as `Resize` does."""

import numpy as np
import pytest

import tinygrad_cnn as torch
from tinygrad_cnn.data import use_generator
from tinygrad_cnn.data.transforms import RandomResizedCrop, Resize

RAMP = np.stack(np.meshgrid(np.arange(60), np.arange(50), indexing="ij")).astype(np.float32)[None]  # (1, 2, 60, 50)


def test_parts_are_in_range_and_every_place_occurs():
    crop = RandomResizedCrop(4, scale=(0.2, 0.5), ratio=(0.5, 2))
    with use_generator(np.random.default_rng(0)):
        parts = np.array(crop._parts(500, 60, 50))
    top, left, h, w = parts.T
    assert (top >= 0).all()
    assert (top + h <= 60).all()
    assert (left + w <= 50).all()
    assert 0.18 < (h * w / 3000).min() < (h * w / 3000).max() < 0.52
    assert 0.45 < (w / h).min() < 0.7 < 1.4 < (w / h).max() < 2.2
    assert len(np.unique(top)) > 20


def test_a_batch_holds_resized_parts():
    images = np.repeat(RAMP, 6, axis=0)
    crop = RandomResizedCrop((5, 7), scale=(0.3, 0.6))
    with use_generator(np.random.default_rng(1)):
        found = crop.batch(images)
    with use_generator(np.random.default_rng(1)):
        parts = crop._parts(6, 60, 50)
    assert found.shape == (6, 2, 5, 7)
    for image, (top, left, h, w) in zip(found, parts, strict=True):
        np.testing.assert_array_equal(image, Resize((5, 7)).batch(RAMP[:, :, top : top + h, left : left + w])[0])
    assert len({image.tobytes() for image in found}) == 6


@pytest.mark.parametrize(
    ("shape", "part"), [((8, 90), (0, 40, 8, 11)), ((90, 8), (40, 0, 11, 8)), ((9, 9), (0, 0, 9, 9))]
)
def test_where_no_part_fits_it_is_the_middle(shape, part):
    crop = RandomResizedCrop(4, scale=(4, 5))
    top, left, h, w = crop._parts(1, *shape)[0]
    assert (h, w) == part[2:]
    assert abs(top - part[0]) <= 1
    assert abs(left - part[1]) <= 1


def test_pictures_and_arguments():
    image = pytest.importorskip("PIL.Image")
    picture = image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8))
    assert RandomResizedCrop(8)(picture).size == (8, 8)
    assert RandomResizedCrop((8, 6))(torch.rand(3, 20, 30)).shape == (3, 8, 6)
    assert repr(RandomResizedCrop(8)).startswith("RandomResizedCrop(size=(8, 8), scale=(0.08, 1.0), ratio=(0.75, 1.33")
    with pytest.raises(ValueError, match="RandomResizedCrop: expected scale and ratio above 0"):
        RandomResizedCrop(8, ratio=(0, 1))
    with pytest.raises(ValueError, match="RandomResizedCrop: expected scale as two numbers"):
        RandomResizedCrop(8, scale=(1, 0.5))
