"""`CenterCrop`: the middle, as torchvision rounds it."""

import numpy as np
import pytest

from tinygrad_cnn.data.transforms import CenterCrop

X = np.arange(1, 43).reshape(1, 1, 6, 7)


@pytest.mark.parametrize(
    ("size", "rows", "columns"),
    [(6, slice(0, 6), slice(0, 6)), ((2, 3), slice(2, 4), slice(2, 5)), ((3, 2), slice(2, 5), slice(2, 4)),
     ((1, 1), slice(2, 3), slice(3, 4)), ((6, 7), slice(0, 6), slice(0, 7))],
)  # fmt: skip
def test_cuts_out_the_middle(size, rows, columns):
    np.testing.assert_array_equal(CenterCrop(size).batch(X), X[:, :, rows, columns])


def test_a_small_image_gets_a_margin():
    result = CenterCrop((9, 10)).batch(X)
    assert result.shape == (1, 1, 9, 10)
    np.testing.assert_array_equal(result[:, :, 1:7, 1:8], X)
    assert result.sum() == X.sum()
    np.testing.assert_array_equal(CenterCrop((2, 9)).batch(X)[:, :, :, 1:8], X[:, :, 2:4])
