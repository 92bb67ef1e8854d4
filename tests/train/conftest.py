"""What several files of tests train on."""

import pytest

import tinygrad_cnn as tg


@pytest.fixture
def points():
    """Two clouds that a line separates."""
    x = tg.randn(60, 2)
    t = (x.sum(1) > 0).long()
    return x + (2 * t.float() - 1).unsqueeze(1), t
