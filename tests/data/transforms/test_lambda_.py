"""`Lambda`: a function, sample by sample."""

import pytest

from tinygrad_cnn.data.transforms import Lambda


def test_applies_the_function():
    assert Lambda(lambda image: image * 2)(4) == 8
    assert Lambda.batched is False


def test_refuses_what_cannot_be_called():
    with pytest.raises(TypeError, match="Lambda: expected a function, got str"):
        Lambda("x")
