"""`ToPILImage`: the way back from `ToTensor`."""

import numpy as np
import pytest

import tinygrad_cnn as torch
from tinygrad_cnn.data.transforms import ToPILImage, ToTensor

Image = pytest.importorskip("PIL.Image")


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
def test_refuses(given, error, match):
    with pytest.raises(error, match=f"ToPILImage: .*{match}"):
        ToPILImage()(given)
    with pytest.raises(ValueError, match="expected a mode of 3 channels, got 'L'"):
        ToPILImage("L")(torch.zeros(3, 2, 2))
