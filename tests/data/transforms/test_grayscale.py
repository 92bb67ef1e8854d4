"""`Grayscale`, `RandomGrayscale`: uint8 as Pillow's mode L, floats with torchvision's weights."""

import numpy as np
import pytest

import tinygrad_cnn as torch
from tinygrad_cnn.data import MNIST5k
from tinygrad_cnn.data.transforms import Compose, Grayscale, RandomGrayscale, ToTensor
from tinygrad_cnn.data.vision import ArrayImages

Image = pytest.importorskip("PIL.Image")
PIXELS = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)


def test_uint8_is_pillows():
    expected = np.asarray(Image.fromarray(PIXELS).convert("L"))
    grey = Grayscale()(Image.fromarray(PIXELS))
    assert grey.mode == "L"
    np.testing.assert_array_equal(np.asarray(grey), expected)
    np.testing.assert_array_equal(Grayscale()(PIXELS)[..., 0], expected)
    three = Grayscale(3)(Image.fromarray(PIXELS))
    assert three.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(three), np.stack([expected] * 3, axis=-1))
    assert Grayscale(3)(Image.fromarray(expected)).mode == "RGB"


@pytest.mark.parametrize("shape", [(3, 4, 5), (2, 3, 4, 5)])
def test_floats_have_torchvisions_weights(shape):
    x = torch.tensor(np.random.default_rng(1).random(shape, np.float32))
    y = Grayscale()(x)
    assert y.shape == (*shape[:-3], 1, 4, 5)
    r, g, b = (x.numpy()[..., i, :, :] for i in range(3))
    np.testing.assert_allclose(y.numpy()[..., 0, :, :], 0.2989 * r + 0.587 * g + 0.114 * b, rtol=1e-5)
    assert Grayscale(3)(x).shape == shape


def test_in_data_sets_single_images_and_batches_agree():
    class Colours(ArrayImages):
        def __init__(self, transform):
            super().__init__(None, transform)
            self.data, self.targets, self.train = np.stack([PIXELS, PIXELS[::-1]]), [0, 1], None

    for transform in (Grayscale(), Grayscale(3), Compose([Grayscale(), ToTensor()])):
        data = Colours(transform)
        x, _ = data.batch([0, 1])
        np.testing.assert_array_equal(x[1].numpy(), np.asarray(data[1][0]))
    digits = MNIST5k(transform=Grayscale(3))
    assert digits[0][0].shape == (28, 28, 3)
    np.testing.assert_array_equal(digits.batch([0])[0][0].numpy(), digits[0][0])


def test_random():
    x = torch.rand(40, 3, 2, 2)
    y = RandomGrayscale(0.5)(x)
    grey = (y[:, 0] == y[:, 1]).numpy().all(axis=(1, 2))
    assert 5 < grey.sum() < 35
    np.testing.assert_array_equal(y.numpy()[~grey], x.numpy()[~grey])
    assert y.shape == x.shape


def test_refuses():
    with pytest.raises(ValueError, match="Grayscale: expected num_output_channels as 1 or 3, got 2"):
        Grayscale(2)
    with pytest.raises(ValueError, match="Grayscale: expected images of 1 or 3 channels, got 2"):
        Grayscale()(torch.rand(2, 4, 4))
