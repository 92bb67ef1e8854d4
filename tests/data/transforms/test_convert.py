"""`ToTensor`, `ToPILImage` and `Normalize`: values and types are converted exactly."""

import numpy as np
import pytest

import tinygrad_cnn
import tinygrad_cnn as torch
from tinygrad_cnn import float32, float64, int32, tensor
from tinygrad_cnn.data.transforms import Normalize, ToPILImage, ToTensor

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


def test_to_tensor_refuses():
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


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("LA", 2), ("RGB", 3), ("RGBA", 4)])
def test_there_and_back(mode, channels):
    shape = (5, 4) if channels == 1 else (5, 4, channels)
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
    for given in (
        ToTensor()(picture),
        np.asarray(picture),
        torch.tensor(np.asarray(picture).reshape(5, 4, channels).transpose(2, 0, 1).copy()),
    ):
        back = ToPILImage()(given)
        assert back.mode == mode
        np.testing.assert_array_equal(np.asarray(back), np.asarray(picture))


def test_floats_are_rounded_down():
    assert np.asarray(ToPILImage()(torch.tensor([[0.0, 0.9999, 1.0]]))).tolist() == [[0, 254, 255]]
    assert ToPILImage("YCbCr")(np.zeros((2, 2, 3), np.uint8)).mode == "YCbCr"


@pytest.mark.parametrize(("given", "error", "match"), [
    ([1], TypeError, "expected a tensor or an array, got list"),
    (torch.zeros(2, 3, 4, 5), ValueError, r"2 or 3 axes, got shape \(2, 3, 4, 5\)"),
    (torch.zeros(5, 4, 4), ValueError, "expected 1 to 4 channels, got 5"),
    (np.zeros((4, 4)), TypeError, "expected uint8, or a tensor of floats from 0 to 1, got float64"),
])  # fmt: skip
def test_to_pil_refuses(given, error, match):
    with pytest.raises(error, match=f"ToPILImage: .*{match}"):
        ToPILImage()(given)
    with pytest.raises(ValueError, match="expected a mode of 3 channels, got 'L'"):
        ToPILImage("L")(torch.zeros(3, 2, 2))


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


def test_normalize_refuses():
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
