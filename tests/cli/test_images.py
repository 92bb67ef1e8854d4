"""Images of any form as planes."""

import numpy as np
import pytest

from tinygrad_cnn.cli.checks import ConfigError
from tinygrad_cnn.cli.images import ImageTensors, as_planes, read_image
from tinygrad_cnn.data import Dataset


@pytest.mark.parametrize("leading", [(), (3,)])
@pytest.mark.parametrize(("given", "planes"), [
    ((5, 6), (1, 5, 6)), ((5, 6, 1), (1, 5, 6)), ((5, 6, 3), (3, 5, 6)), ((3, 5, 6), (3, 5, 6)), ((1, 5, 6), (1, 5, 6)),
])  # fmt: skip
def test_uint8_becomes_planes_from_0_to_1(leading, given, planes):
    images = np.random.default_rng(0).integers(0, 256, leading + given).astype(np.uint8)
    found = as_planes(images, len(leading))
    assert found.dtype == np.float32
    assert found.shape == leading + planes
    assert found.flags.c_contiguous
    c, y, x = planes[0] - 1, 2, 4
    origin = {2: (y, x), 3: (y, x, c) if given[-1] in (1, 3) else (c, y, x)}[len(given)]
    assert (found[..., c, y, x] == images[(..., *origin)] / np.float32(255)).all()


def test_floats_stay_what_they_are():
    planes = np.ones((3, 4, 4), np.float32)
    assert as_planes(planes) is planes


class Colours(Dataset):
    def __init__(self):
        self.images = np.random.default_rng(0).integers(0, 256, (5, 4, 6, 3)).astype(np.uint8)

    def __getitem__(self, index):
        return self.images[index], index

    def __len__(self):
        return 5


class Whole(Colours):
    def __getitem__(self, index):
        return super().__getitem__(index)

    def batch(self, indices):
        from tinygrad_cnn import from_numpy

        return [from_numpy(self.images[indices]), from_numpy(np.array(indices))]


def test_batches_are_those_of_single_samples():
    for one in (ImageTensors(Colours()), ImageTensors(Whole())):
        x, t = one.batch([3, 1])
        assert x.shape == (2, 3, 4, 6)
        assert t.tolist() == [3, 1]
        assert (x[0] == one[3][0]).all()
        assert len(one) == 5


def test_an_image_file_becomes_an_input(tmp_path):
    pillow = pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(0).integers(0, 256, (4, 6, 3)).astype(np.uint8)
    path = tmp_path / "x.png"
    pillow.fromarray(pixels).save(path)
    x = read_image(path, (3, 4, 6), None, invert=False)
    assert (x.numpy() == np.moveaxis(pixels, -1, 0)[None] / np.float32(255)).all()
    np.testing.assert_allclose(read_image(path, (3, 4, 6), None, invert=True).numpy(), 1 - x.numpy(), atol=1e-6)
    assert read_image(path, (1, 28, 28), None, invert=False).shape == (1, 1, 28, 28)
    twice = read_image(path, (3, 4, 6), lambda image: 2 * as_planes(image), invert=False)
    assert (twice.numpy() == 2 * x.numpy()).all()
    with pytest.raises(
        ConfigError, match=r"expected an image of shape \(3, 4, 6\) after the transforms, got \(3, 2, 6\)"
    ):
        read_image(path, (3, 4, 6), lambda image: image[:2], invert=False)


def test_an_image_is_resized_only_where_the_transforms_do_not_make_it_fit(tmp_path):
    pillow = pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(0).integers(0, 256, (8, 6)).astype(np.uint8)
    path = tmp_path / "x.png"
    pillow.fromarray(pixels).save(path)
    cropped = read_image(path, (1, 4, 6), lambda image: image[:4], invert=False)
    assert (cropped.numpy()[0, 0] == pixels[:4] / np.float32(255)).all()
    resized = read_image(path, (1, 4, 3), lambda image: 255 - image, invert=True)
    small = np.asarray(pillow.fromarray(pixels).resize((3, 4), pillow.Resampling.BILINEAR))
    np.testing.assert_allclose(resized.numpy()[0, 0], small / 255, atol=1.01 / 255)
