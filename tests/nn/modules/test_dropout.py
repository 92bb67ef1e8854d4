"""Dropout layers drop in training mode only, and refuse other probabilities."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn

REFUSED = [
    (lambda: nn.Dropout(1.5), ValueError, r"Dropout: expected p in \[0, 1\], got 1.5"),
    (lambda: nn.Dropout2d(-0.1), ValueError, r"Dropout2d: expected p in \[0, 1\], got -0.1"),
]


def test_dropout_zeroes_elements_or_channels_while_training_only():
    tc.manual_seed(0)
    x = tc.ones(20, 30, 4, 4)
    single, whole = nn.Dropout(0.25), nn.Dropout2d(0.25)
    y = single(x).numpy()
    assert set(np.unique(y)) == {0, np.float32(1 / 0.75)}
    assert (y == 0).mean() == pytest.approx(0.25, abs=0.02)
    planes = whole(x).numpy().reshape(600, 16)
    assert (planes == planes[:, :1]).all()
    assert (planes[:, 0] == 0).mean() == pytest.approx(0.25, abs=0.06)
    assert single.eval()(x) is x
    assert whole.eval()(x) is x


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
