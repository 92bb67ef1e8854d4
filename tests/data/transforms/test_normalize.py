"""`Normalize`: channel by channel."""

import numpy as np
import pytest

import tinygrad_cnn
import tinygrad_cnn as torch
from tinygrad_cnn import tensor
from tinygrad_cnn.data.transforms import Normalize

MEAN, STD = (0.4, 0.5, 0.6), (0.1, 0.2, 0.3)


@pytest.mark.parametrize("shape", [(3, 4, 5), (2, 3, 4, 5), (2, 2, 3, 4, 5)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize("form", [np.asarray, tensor])
def test_subtracts_the_mean_and_divides(shape, dtype, inplace, form):
    x = np.random.default_rng(0).random(shape).astype(dtype)
    image = form(x.copy())
    expected = (x - np.array(MEAN, dtype)[:, None, None]) / np.array(STD, dtype)[:, None, None]
    result = Normalize(MEAN, STD, inplace)(image)
    assert result.dtype == dtype
    np.testing.assert_array_equal(np.asarray(result), expected)
    assert (result is image) == inplace
    np.testing.assert_array_equal(np.asarray(image), expected if inplace else x)


def test_one_number_for_all_channels():
    x = np.ones((3, 2, 2), np.float32)
    np.testing.assert_array_equal(Normalize(0.5, 0.25)(x), np.full_like(x, 2))
    np.testing.assert_array_equal(Normalize([0.5], [0.25])(x[0]), np.full((2, 2), 2))


def test_in_place_is_noticed_by_the_tape():
    x = tinygrad_cnn.rand(3, 4, 4)
    w = tinygrad_cnn.ones(3, 4, 4, requires_grad=True)
    loss = (x * w).sum()
    Normalize(MEAN, STD, inplace=True)(x)
    with pytest.raises(RuntimeError, match="in place|modified"):
        loss.backward()


def test_refuses():
    Image = pytest.importorskip("PIL.Image")
    with pytest.raises(ValueError, match="Normalize: expected std without 0"):
        Normalize(MEAN, (1, 0, 1))
    with pytest.raises(ValueError, match="Normalize: expected mean and std as numbers, one for each channel"):
        Normalize([[1.0]], 1)
    with pytest.raises(ValueError, match="Normalize: expected std that is not 0 as float32"):
        Normalize(0, 1e-60)(np.ones((1, 2, 2), np.float32))
    with pytest.raises(ValueError, match=r"mean as one number, or one for each channel, for an image of 3 channels"):
        Normalize((0.1, 0.2), 1)(np.ones((3, 2, 2)))
    with pytest.raises(TypeError, match="expected an image of a floating dtype, got uint8; use ToTensor first"):
        Normalize(MEAN, STD)(np.ones((2, 2, 3), np.uint8))
    with pytest.raises(TypeError, match="expected a tensor or array, got a PIL image; use ToTensor first"):
        Normalize(MEAN, STD)(Image.new("RGB", (2, 2)))


def test_a_gradient_stays_on_the_tape():
    x = torch.ones(2, 3, 4, 4).requires_grad_()
    y = Normalize(MEAN, (0.5, 0.25, 2))(x)
    np.testing.assert_array_equal(y.detach().numpy(), Normalize(MEAN, (0.5, 0.25, 2))(x.detach()).numpy())
    y.sum().backward()
    assert x.grad[1, :, 2, 3].tolist() == [2, 4, 0.5]


@pytest.mark.parametrize("shape", [(1, 4, 4), (4, 4), (2, 1, 4, 4)])
def test_three_numbers_for_a_grey_image(shape):
    with pytest.raises(
        ValueError, match=r"for an image of 1 channel .*, got 3 numbers; Grayscale\(num_output_channels=3"
    ):
        Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))(torch.rand(*shape))
