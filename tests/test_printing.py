"""`set_printoptions`, and sizes."""

import pytest

import tinygrad_cnn as tg


@pytest.fixture(autouse=True)
def restored():
    yield
    tg.set_printoptions(profile="default")


def test_options_change_the_text():
    x = tg.tensor([1.23456, 100.5])
    tg.set_printoptions(precision=2)
    assert repr(x) == "tensor([  1.23, 100.5 ])"
    tg.set_printoptions(sci_mode=True)
    assert repr(x) == "tensor([1.23e+00, 1.00e+02])"
    tg.set_printoptions(sci_mode=False, precision=3)
    assert repr(tg.tensor([1e-6, 1.0])) == "tensor([0.000, 1.000])"
    assert repr(tg.arange(2)) == "tensor([0, 1])"


def test_long_tensors_are_abbreviated():
    assert "..." in repr(tg.zeros(1001))
    assert "..." not in repr(tg.zeros(1000))
    tg.set_printoptions(threshold=5, edgeitems=1)
    assert repr(tg.arange(6)) == "tensor([0, ..., 5])"
    assert repr(tg.arange(5)) == "tensor([0, 1, 2, 3, 4])"
    tg.set_printoptions(threshold=float("inf"))
    assert "..." not in repr(tg.zeros(3000))
    tg.set_printoptions(profile="short")
    assert repr(tg.arange(2000)) == "tensor([   0,    1, ..., 1998, 1999])"
    tg.set_printoptions(linewidth=20, profile="full")
    assert all(len(line) <= 20 for line in repr(tg.arange(100)).splitlines()[:-1])
    with pytest.raises(ValueError, match="'default', 'short' or 'full', got 'long'"):
        tg.set_printoptions(profile="long")
