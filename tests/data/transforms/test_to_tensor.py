"""`ToTensor`: planes first, 0 to 1."""

import numpy as np
import pytest

import tinygrad_cnn
from tinygrad_cnn import float32, float64, int32, tensor
from tinygrad_cnn.data.transforms import ToTensor

Image = pytest.importorskip("PIL.Image")
PIXELS = np.arange(60, dtype=np.uint8).reshape(4, 5, 3) * 4
to_tensor = ToTensor()


def test_pictures():
    expected = (PIXELS.transpose(2, 0, 1) / 255).astype(np.float32)
    for image in (PIXELS, Image.fromarray(PIXELS), np.asfortranarray(PIXELS)):
        x = to_tensor(image)
        assert x.dtype == float32
        assert x.array.flags.c_contiguous
        np.testing.assert_array_equal(x.array, expected)
    assert to_tensor(PIXELS[..., 0]).shape == (1, 4, 5)
    assert to_tensor(PIXELS[np.newaxis]).shape == (1, 4, 5, 3)


def test_every_value_is_pytorchs():
    torch = pytest.importorskip("torch")
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(to_tensor(values).array[0], torch.from_numpy(values).float().div(255).numpy())


@pytest.mark.parametrize(
    ("mode", "dtype", "value"), [("1", float32, 1.0), ("L", float32, 1.0), ("I", int32, 255), ("F", float32, 255.0)]
)
def test_pil_modes(mode, dtype, value):
    x = to_tensor(Image.new("L", (3, 2), 255).convert(mode))
    assert x.shape == (1, 2, 3)
    assert x.dtype == dtype
    assert (x.array == value).all()


def test_other_dtypes_keep_their_values():
    x = to_tensor(np.full((2, 3, 1), 300.5))
    assert x.dtype == float64
    assert x.shape == (1, 2, 3)
    assert x.array.max() == 300.5


def test_the_result_shares_no_memory():
    image = np.zeros((2, 2, 1))
    to_tensor(image).zero_().add_(1)
    assert not image.any()


def test_refuses():
    with pytest.raises(TypeError, match="ToTensor: expected a PIL image or an array, got Tensor"):
        to_tensor(tensor(PIXELS))
    with pytest.raises(ValueError, match=r"ToTensor: expected \(H, W\), .* got shape \(3,\)"):
        to_tensor(PIXELS[0, 0])


def test_the_default_dtype_is_honoured():
    image = np.full((2, 2, 3), 51, np.uint8)
    before = tinygrad_cnn.get_default_dtype()
    tinygrad_cnn.set_default_dtype(tinygrad_cnn.float64)
    try:
        assert ToTensor()(image).dtype == np.float64
        assert (ToTensor()(image) == 0.2).all()
    finally:
        tinygrad_cnn.set_default_dtype(before)
    assert ToTensor()(image).dtype == np.float32
