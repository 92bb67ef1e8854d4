"""The forms of images: each comes back in the form in which it came."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_cnn
from tinygrad_cnn import Tensor, tensor
from tinygrad_cnn.data.transforms.layout import opened

Image = pytest.importorskip("PIL.Image")


def bytes_of(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize(
    ("image", "shape"),
    [
        (bytes_of(4, 5), (1, 1, 4, 5)),
        (bytes_of(4, 5, 3), (1, 3, 4, 5)),
        (bytes_of(3, 5, 3), (1, 3, 3, 5)),
        (bytes_of(2, 3, 4, 5), (2, 3, 4, 5)),
        (bytes_of(4, 5).astype(np.float32), (1, 1, 4, 5)),
        (bytes_of(3, 4, 5).astype(np.float64), (1, 3, 4, 5)),
        (bytes_of(6, 3, 4, 5).astype(np.int64), (6, 3, 4, 5)),
        (tensor(bytes_of(3, 4, 5)), (1, 3, 4, 5)),
        (tensor(bytes_of(4, 5)), (1, 1, 4, 5)),
        (tensor(bytes_of(2, 2, 3, 4, 5)), (4, 3, 4, 5)),
        (tensor(np.zeros((0, 3, 4, 5))), (0, 3, 4, 5)),
        (tensor(np.zeros((2, 0, 3, 4, 5))), (0, 3, 4, 5)),
    ],
)
def test_arrays_and_tensors(image, shape):
    images, restore = opened("T", image)
    assert images.shape == shape
    back = restore(images)
    assert type(back) is type(image)
    assert back.dtype == image.dtype
    np.testing.assert_array_equal(np.asarray(back), np.asarray(image))
    assert restore(images[..., :2, :1]).shape[-2 if isinstance(image, Tensor) else 0] > 0


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_pil_images(mode):
    image = Image.fromarray(bytes_of(4, 5, 3)).convert(mode)
    images, restore = opened("T", image)
    assert images.shape == (1, len(mode), 4, 5)
    back = restore(images[:, :, :3])
    assert back.mode == mode
    np.testing.assert_array_equal(np.asarray(back), np.asarray(image)[:3])


@pytest.mark.parametrize("mode", ["1", "P", "CMYK", "I", "F"])
def test_other_pil_images_are_refused(mode):
    with pytest.raises(TypeError, match=f"T: expected a PIL image of mode L, LA, RGB, RGBA, got {mode}; convert it"):
        opened("T", Image.new(mode, (2, 2)))


@given(h=st.integers(1, 5), w=st.integers(1, 5), c=st.integers(1, 4))
def test_a_uint8_array_is_a_picture_and_a_float_array_is_planes(h, w, c):
    picture = bytes_of(h, w, c)
    np.testing.assert_array_equal(opened("T", picture)[0][0], picture.transpose(2, 0, 1))
    planes = np.ones((c, h, w), np.float32)
    assert opened("T", planes)[0].shape == (1, c, h, w)


def test_refuses():
    with pytest.raises(
        ValueError, match=r"T: expected a uint8 array as \(H, W, C\), got \(3, 32, 32\), which looks like"
    ):
        opened("T", bytes_of(3, 32, 32))
    with pytest.raises(ValueError, match=r"T: expected an image of at least 2 axes, got shape \(3,\)"):
        opened("T", bytes_of(3))
    with pytest.raises(TypeError, match="T: expected a PIL image, an array or a tensor, got list"):
        opened("T", [[1]])
    with pytest.raises(TypeError, match="T: expected an image without gradient"):
        opened("T", tinygrad_cnn.zeros(3, 2, 2, requires_grad=True))
