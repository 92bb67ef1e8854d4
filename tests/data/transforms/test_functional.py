"""The functions do what the transforms do, and take what torchvision's take."""

import numpy as np
import pytest

import tinygrad_cnn as torch
from tinygrad_cnn.data import transforms
from tinygrad_cnn.data.transforms import functional as F

X = torch.tensor(np.random.default_rng(0).random((3, 6, 8), np.float32))


def same(got, expected):
    np.testing.assert_array_equal(got.numpy(), expected.numpy() if hasattr(expected, "numpy") else expected)


def test_those_that_are_transforms():
    same(F.normalize(X, (0.1, 0.2, 0.3), (0.5, 0.5, 0.5)), transforms.Normalize((0.1, 0.2, 0.3), (0.5, 0.5, 0.5))(X))
    same(F.resize(X, (3, 5)), transforms.Resize((3, 5))(X))
    same(F.center_crop(X, 4), transforms.CenterCrop(4)(X))
    same(F.pad(X, 2, 0.5), transforms.Pad(2, 0.5)(X))
    same(F.rgb_to_grayscale(X, 3), transforms.Grayscale(3)(X))
    same(
        F.to_tensor((X.numpy().transpose(1, 2, 0) * 255).astype(np.uint8)), np.floor(X.numpy() * 255) / np.float32(255)
    )
    assert F.to_pil_image(X).size == (8, 6)


def test_flips_crops_and_turns():
    same(F.hflip(X), X.numpy()[:, :, ::-1])
    same(F.vflip(X), X.numpy()[:, ::-1])
    same(F.crop(X, 1, 2, 3, 4), X.numpy()[:, 1:4, 2:6])
    outside = F.crop(X, -1, 6, 3, 4).numpy()
    same(F.crop(X, -1, 6, 3, 4), np.pad(X.numpy(), ((0, 0), (1, 0), (0, 2)))[:, 0:3, 6:10])
    assert (outside[:, 0] == 0).all()
    same(F.resized_crop(X, 1, 2, 3, 4, (6, 6)), F.resize(F.crop(X, 1, 2, 3, 4), (6, 6)))
    same(F.rotate(X, 180), X.numpy()[:, ::-1, ::-1])
    assert F.rotate(X, 90, expand=True).shape == (3, 8, 6)
    batch = torch.stack([X, 1 - X])
    same(F.hflip(batch), batch.numpy()[..., ::-1])
    assert F.hflip(F.to_pil_image(X)).mode == "RGB"


def test_erase():
    y = F.erase(X, 1, 2, 3, 4, 0.5)
    assert (y[:, 1:4, 2:6] == 0.5).all()
    assert (y[:, 0] == X[:, 0]).all()
    assert not (X == 0.5).any()
    z = X.clone()
    assert F.erase(z, 0, 0, 2, 2, torch.zeros(3, 2, 2), inplace=True) is z
    assert (z[:, :2, :2] == 0).all()


def test_colours():
    same(F.adjust_brightness(X, 0.5), X.numpy() * np.float32(0.5))
    assert (F.adjust_brightness(X, 0) == 0).all()
    np.testing.assert_allclose(F.adjust_contrast(X, 1).numpy(), X.numpy(), atol=1e-6)
    assert F.adjust_contrast(X, 0).numpy().std() < 1e-6
    np.testing.assert_allclose(F.adjust_saturation(X, 0).numpy(), F.rgb_to_grayscale(X, 3).numpy(), atol=1e-6)
    np.testing.assert_allclose(F.adjust_hue(X, 0).numpy(), X.numpy(), atol=1e-5)
    thrice = F.adjust_hue(F.adjust_hue(F.adjust_hue(X, 1 / 3), 1 / 3), 1 / 3)
    np.testing.assert_allclose(thrice.numpy(), X.numpy(), atol=1e-4)


@pytest.mark.parametrize(("call", "error", "match"), [
    (lambda: F.adjust_hue(X, 0.7), ValueError, "adjust_hue: expected a factor from -0.5 to 0.5, got 0.7"),
    (lambda: F.adjust_contrast(X, -1), ValueError, "adjust_contrast: expected a factor from 0"),
    (lambda: F.crop(X, 0, 0, 0, 3), ValueError, "crop: expected height and width of at least 1"),
    (lambda: F.rotate(X, "90"), TypeError, "rotate: expected angle as a number"),
    (lambda: F.erase(np.zeros((3, 2, 2)), 0, 0, 1, 1, 0), TypeError, "erase: expected a tensor, got ndarray"),
    (lambda: F.hflip("x"), TypeError, "hflip: expected a PIL image, an array or a tensor"),
    (lambda: F.rgb_to_grayscale(X, 2), ValueError, "rgb_to_grayscale: expected num_output_channels as 1 or 3"),
])  # fmt: skip
def test_refuses(call, error, match):
    with pytest.raises(error, match=match):
        call()
