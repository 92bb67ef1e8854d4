"""`dirac_` and `eye_` give PyTorch's values."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn.nn import init


@pytest.mark.parametrize(
    ("shape", "groups"), [((4, 3, 3), 1), ((2, 5, 3, 2), 1), ((6, 2, 3, 3), 3), ((4, 4, 1, 2, 3), 2)]
)
def test_dirac_and_eye_are_those_of_pytorch(shape, groups):
    torch = pytest.importorskip("torch")
    expected = torch.nn.init.dirac_(torch.full(shape, 7.0), groups)
    np.testing.assert_array_equal(init.dirac_(tc.full(shape, 7.0), groups).numpy(), expected.numpy())
    expected = torch.nn.init.eye_(torch.full(shape[:2], 7.0))
    np.testing.assert_array_equal(init.eye_(tc.full(shape[:2], 7.0)).numpy(), expected.numpy())
