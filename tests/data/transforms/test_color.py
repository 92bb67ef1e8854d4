"""`ColorJitter`, `Grayscale` and `RandomGrayscale` against formulas, colorsys and Pillow."""

import colorsys
import itertools

import numpy as np
import pytest

import tinygrad_cnn as torch
from tinygrad_cnn.data import MNIST5k
from tinygrad_cnn.data.transforms import ColorJitter, Compose, Grayscale, RandomGrayscale, ToTensor
from tinygrad_cnn.data.vision import ArrayImages

Image = pytest.importorskip("PIL.Image")

RNG = np.random.default_rng(0)
FLOATS = RNG.random((6, 3, 5, 4))
BYTES = RNG.integers(0, 256, (6, 3, 5, 4), dtype=np.uint8)


def grey(image):
    return 0.2989 * image[0] + 0.587 * image[1] + 0.114 * image[2]


def brightness(image, f):
    return np.clip(f * image, 0, 1)


def contrast(image, f):
    return np.clip(f * image + (1 - f) * grey(image).mean(), 0, 1)


def saturation(image, f):
    return np.clip(f * image + (1 - f) * grey(image), 0, 1)


def hue(image, f):
    result = np.empty_like(image)
    for i, j in np.ndindex(image.shape[1:]):
        h, s, v = colorsys.rgb_to_hsv(*image[:, i, j])
        result[:, i, j] = colorsys.hsv_to_rgb((h + f) % 1, s, v)
    return result


STEPS = {"brightness": brightness, "contrast": contrast, "saturation": saturation, "hue": hue}


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("factor", [0.0, 0.3, 0.5, 1.7, -0.4])
def test_each_alone(name, factor):
    if name == "hue":
        factor = min(factor, 0.5)
    elif factor < 0:
        factor = 2.5
    transform = ColorJitter(**{name: (factor, factor)})
    expected = np.stack([STEPS[name](image, factor) for image in FLOATS])
    np.testing.assert_allclose(transform.batch(FLOATS), expected, atol=1e-6)
    result = transform.batch(BYTES).astype(int)
    expected = np.stack([STEPS[name](image, factor) for image in BYTES / 255]) * 255
    # Grey is rounded down as well, and then weighs 1 − f.
    assert abs(result - expected).max() <= 1.01 + (abs(1 - factor) if name in {"contrast", "saturation"} else 0)


def test_grey_pixels_have_no_hue():
    image = np.repeat(FLOATS[:, :1], 3, axis=1)
    np.testing.assert_allclose(ColorJitter(hue=(0.3, 0.3)).batch(image), image, atol=1e-7)
    whole = np.repeat(BYTES[:, :1], 3, axis=1)
    np.testing.assert_array_equal(ColorJitter(hue=(0.3, 0.3)).batch(whole), whole)


def test_all_orders_are_drawn_and_each_is_a_composition():
    factors = {"brightness": 1.6, "contrast": 0.4, "saturation": 1.9, "hue": 0.2}
    transform = ColorJitter(**{name: (f, f) for name, f in factors.items()})
    image = FLOATS[0]
    results = transform.batch(np.repeat(image[np.newaxis], 2400, axis=0))
    counts = []
    for order in itertools.permutations(STEPS):
        expected = image
        for name in order:
            expected = STEPS[name](expected, factors[name])
        counts.append(int((abs(results - expected).max(axis=(1, 2, 3)) < 1e-5).sum()))
    # Brightness and saturation, say, may commute; so a result can belong to several orders.
    assert min(counts) > 60
    assert sum(counts) >= 2400


@pytest.mark.parametrize(("value", "low", "high"), [(0.4, 0.6, 1.4), (2, 0, 3), ((0.5, 0.7), 0.5, 0.7)])
def test_factors_are_uniform(value, low, high):
    image = np.full((20_000, 3, 1, 1), 0.25)
    factors = ColorJitter(brightness=value).batch(image)[:, 0, 0, 0] / 0.25
    assert low <= factors.min() < factors.max() <= high + 1e-6
    assert abs(factors.mean() - (low + high) / 2) < 0.01 * (1 + high - low)
    assert abs(factors.std() - (high - low) / np.sqrt(12)) < 0.01 * (1 + high - low)


def test_nothing_asked_for_changes_nothing():
    np.testing.assert_array_equal(ColorJitter().batch(BYTES), BYTES)
    assert repr(ColorJitter(hue=0.1)).endswith("hue=(-0.1, 0.1))")
    assert repr(ColorJitter(brightness=(1, 1), hue=(0, 0))).count("None") == 4


def test_one_channel_has_brightness_and_contrast_only():
    image = FLOATS[:, :1]
    np.testing.assert_array_equal(ColorJitter(saturation=0.5, hue=0.5).batch(image), image)
    expected = np.clip(0.5 * image + 0.5 * image.mean(axis=(1, 2, 3), keepdims=True), 0, 1)
    np.testing.assert_allclose(ColorJitter(contrast=(0.5, 0.5)).batch(image), expected, atol=1e-6)


@pytest.mark.parametrize(
    "arguments",
    [{"brightness": -1}, {"contrast": (0.5,)}, {"saturation": (2, 1)}, {"brightness": (-1, 1)}, {"contrast": "x"}],
)
def test_refuses_factors(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"ColorJitter: expected {name}"):
        ColorJitter(**arguments)


def test_color_jitter_refuses():
    for value in (0.6, -0.1, (-0.6, 0.1)):
        with pytest.raises(ValueError, match="ColorJitter: expected hue"):
            ColorJitter(hue=value)
    for images in (np.zeros((1, 4, 2, 2)), np.zeros((1, 3, 2, 2), np.int64)):
        with pytest.raises(ValueError, match="ColorJitter: expected uint8 or floating images of 1 or 3 channels, got"):
            ColorJitter(0.5).batch(images)


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


def test_random_grayscale_changes_a_share():
    x = torch.rand(40, 3, 2, 2)
    y = RandomGrayscale(0.5)(x)
    grey = (y[:, 0] == y[:, 1]).numpy().all(axis=(1, 2))
    assert 5 < grey.sum() < 35
    np.testing.assert_array_equal(y.numpy()[~grey], x.numpy()[~grey])
    assert y.shape == x.shape


def test_grayscale_refuses():
    with pytest.raises(ValueError, match="Grayscale: expected num_output_channels as 1 or 3, got 2"):
        Grayscale(2)
    with pytest.raises(ValueError, match="Grayscale: expected images of 1 or 3 channels, got 2"):
        Grayscale()(torch.rand(2, 4, 4))
