"""`RandomErasing`: one rectangle, of the areas and aspects asked for."""

import numpy as np
import pytest

from tinygrad_cnn import Tensor, tensor
from tinygrad_cnn.data.transforms import RandomErasing

ONES = np.ones((4000, 3, 40, 50), np.float32)


def rectangles(result):
    """Return top, left, height and width of what differs from 1 in each image; all of it must."""
    found = []
    for image in result:
        gone = (image != 1).any(axis=0)
        if gone.any():
            rows, columns = np.flatnonzero(gone.any(axis=1)), np.flatnonzero(gone.any(axis=0))
            assert gone[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
            found.append((rows[0], columns[0], len(rows), len(columns)))
    return np.array(found)


def test_one_rectangle_of_an_area_and_aspect_drawn():
    found = rectangles(RandomErasing(p=1, scale=(0.05, 0.2), ratio=(0.5, 2)).batch(ONES))
    assert len(found) == len(ONES)
    top, left, h, w = found.T
    area, ratio = h * w / 2000, h / w
    assert 0.04 < area.min() < area.max() < 0.22
    assert abs(area.mean() - 0.125) < 0.005
    assert 0.4 < ratio.min() < ratio.max() < 2.3
    assert abs(np.log(ratio).mean()) < 0.03
    for start, size, whole in ((top, h, 40), (left, w, 50)):
        assert (start + size <= whole).all()
        assert abs((start / (whole - size)).mean() - 0.5) < 0.03


@pytest.mark.parametrize("p", [0, 0.3, 1])
def test_probability(p):
    result = RandomErasing(p).batch(ONES)
    gone = (result != 1).any(axis=(1, 2, 3))
    assert abs(gone.mean() - p) <= 5 * np.sqrt(p * (1 - p) / len(ONES))


def test_values():
    result = RandomErasing(1, value=(2, 3, 4)).batch(ONES[:50])
    assert [set(np.unique(result[:, c])) for c in range(3)] == [{1, 2}, {1, 3}, {1, 4}]
    noise = RandomErasing(1, scale=(0.3, 0.3), value="random").batch(ONES[:300])
    values = noise[noise != 1]
    assert abs(values.mean()) < 0.01
    assert abs(values.std() - 1) < 0.01
    assert noise.dtype == np.float32


def test_a_rectangle_that_never_fits_leaves_the_image_whole():
    np.testing.assert_array_equal(RandomErasing(1, scale=(1, 1), ratio=(1, 1)).batch(ONES[:20]), ONES[:20])


def test_inplace_changes_what_was_given():
    for image in (ONES[0].copy(), tensor(ONES[0])):
        result = RandomErasing(1, inplace=True)(image)
        assert result is image
        assert not np.asarray(image).all()
    image = tensor(ONES[0])
    result = RandomErasing(1)(image)
    assert isinstance(result, Tensor)
    assert image.array.all()
    assert not result.array.all()


def test_refuses():
    with pytest.raises(ValueError, match="RandomErasing: expected p from 0 to 1"):
        RandomErasing(2)
    with pytest.raises(ValueError, match="RandomErasing: expected scale as two numbers"):
        RandomErasing(scale=(0.5, 1.5))
    with pytest.raises(ValueError, match="RandomErasing: expected ratio above 0"):
        RandomErasing(ratio=(0, 1))
    with pytest.raises(TypeError, match="RandomErasing: expected value as numbers or \"random\", got 'noise'"):
        RandomErasing(value="noise")
    with pytest.raises(TypeError, match='RandomErasing: expected a floating dtype for value="random", got uint8'):
        RandomErasing(1, value="random").batch(ONES[:1].astype(np.uint8))
    with pytest.raises(ValueError, match="expected fill as a number or 3 of them"):
        RandomErasing(1, value=(1, 2)).batch(ONES[:1])
