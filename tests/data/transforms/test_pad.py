"""`Pad`: margins as NumPy makes them, sides in torchvision's order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_cnn.data.transforms import Pad
from tinygrad_cnn.data.transforms.pad import MODES

X = np.random.default_rng(0).integers(0, 256, (2, 3, 5, 6), dtype=np.uint8)


@given(
    sides=st.one_of(
        st.integers(0, 3),
        st.tuples(st.integers(0, 3)),
        st.tuples(st.integers(0, 3), st.integers(0, 3)),
        st.tuples(*[st.integers(0, 3)] * 4),
    ),
    mode=st.sampled_from(MODES),
)
def test_margins(sides, mode):
    padding = (sides,) if isinstance(sides, int) else sides
    left, top, right, bottom = {1: padding * 4, 2: padding * 2, 4: padding}[len(padding)]
    expected = np.pad(X, ((0, 0), (0, 0), (top, bottom), (left, right)), mode=mode)
    np.testing.assert_array_equal(Pad(sides, padding_mode=mode).batch(X), expected)


def test_fill():
    assert (Pad(1, fill=9).batch(X)[:, :, 0] == 9).all()
    padded = Pad(1, fill=(1, 2, 3)).batch(X)
    assert padded[:, :, 0, 0].tolist() == [[1, 2, 3]] * 2
    assert Pad(1, fill=0.25).batch(X / 255)[0, 0, 0, 0] == 0.25


@pytest.mark.parametrize("padding", [-1, 1.5, (1, 2, 3), (), (1, -2), True, (1.0, 2)])
def test_refuses_paddings(padding):
    with pytest.raises((ValueError, TypeError), match="padding|not iterable"):
        Pad(padding)


def test_refuses():
    with pytest.raises(ValueError, match="Pad: expected padding_mode as one of constant, edge, .* got 'wrap'"):
        Pad(1, padding_mode="wrap")
    for fill in ("black", None, (), ("a",), [None]):
        with pytest.raises(TypeError, match="Pad: expected fill as a number, or one for each channel"):
            Pad(1, fill=fill)
    with pytest.raises(ValueError, match="Pad: expected fill as a number or 3 of them"):
        Pad(1, fill=(1, 2)).batch(X)
    with pytest.raises(ValueError, match="Pad: expected fill from 0 to 255 for uint8, got 256"):
        Pad(1, fill=256).batch(X)
    with pytest.raises(ValueError, match="Pad: expected images with pixels to repeat"):
        Pad(1, padding_mode="edge").batch(X[:, :, :0])
