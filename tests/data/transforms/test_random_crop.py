"""`RandomCrop`: parts of the image, every place equally often."""

import numpy as np
import pytest

from tinygrad_cnn.data.transforms import RandomCrop


def corners(n, h, w):
    """Images whose pixels say where they are: 100·row + column + 1."""
    place = 100 * np.arange(h)[:, None] + np.arange(w) + 1
    return np.broadcast_to(place, (n, 1, h, w)).copy()


@pytest.mark.parametrize(("size", "shape"), [(3, (3, 3)), ((2, 5), (2, 5)), ([4], (4, 4)), ((6, 7), (6, 7))])
def test_parts_are_connected(size, shape):
    parts = RandomCrop(size).batch(corners(200, 6, 7))
    assert parts.shape == (200, 1, *shape)
    offset = parts - parts[:, :, :1, :1]
    np.testing.assert_array_equal(offset, np.broadcast_to(corners(1, *shape) - 1, offset.shape))
    assert parts.min() >= 1


def test_every_place_is_equally_likely():
    parts = RandomCrop((4, 5)).batch(corners(12_000, 6, 7))
    _, counts = np.unique(parts[:, 0, 0, 0], return_counts=True)
    assert len(counts) == 9
    assert (abs(counts - 12_000 / 9) < 5 * np.sqrt(12_000 / 9)).all()


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
@pytest.mark.parametrize("padding", [2, (1, 2), (3, 0, 1, 2)])
def test_padding_comes_first(mode, padding):
    images = corners(50, 6, 7)
    left, top, right, bottom = {int: lambda p: (p,) * 4, tuple: lambda p: p * (4 // len(p))}[type(padding)](padding)
    whole = np.pad(images[:1], ((0, 0), (0, 0), (top, bottom), (left, right)), mode=mode)[0, 0]
    places = {whole[i : i + 6, j : j + 7].tobytes() for i in range(top + bottom + 1) for j in range(left + right + 1)}
    parts = RandomCrop((6, 7), padding, padding_mode=mode).batch(images)
    assert {part[0].tobytes() for part in parts} <= places


def test_fill_is_what_the_margin_is_made_of():
    parts = RandomCrop(6, padding=6, fill=(7, 8)).batch(np.zeros((300, 2, 6, 6), np.uint8))
    assert set(np.unique(parts[:, 0])) == {0, 7}
    assert set(np.unique(parts[:, 1])) == {0, 8}


def test_pad_if_needed_pads_both_sides_by_what_is_missing():
    parts = RandomCrop((5, 9), pad_if_needed=True).batch(corners(300, 6, 7))
    assert parts.shape == (300, 1, 5, 9)
    assert {int((part[0, 0] == 0).sum()) for part in parts} == {2}
    assert {tuple(part[0, 0, :2] == 0) for part in parts} == {(True, True), (True, False), (False, False)}
    np.testing.assert_array_equal(RandomCrop(6, pad_if_needed=True).batch(corners(1, 6, 6)), corners(1, 6, 6))


def test_batch_of_many_is_one_gather(monkeypatch):
    """No image is read by itself: NumPy is asked for one piece of the whole batch."""
    from tinygrad_cnn.data.transforms import random_crop

    class Windows:
        asked = 0

        def __init__(self, array):
            self.array = array

        def __getitem__(self, place):
            Windows.asked += 1
            return self.array[place]

    original = random_crop.sliding_window_view
    monkeypatch.setattr(random_crop, "sliding_window_view", lambda *a, **k: Windows(original(*a, **k)))
    assert RandomCrop(4).batch(corners(64, 6, 6)).shape == (64, 1, 4, 4)
    assert Windows.asked == 1


def test_refuses():
    with pytest.raises(ValueError, match="RandomCrop: expected images of at least 8×8, got 6×7; pad them or use"):
        RandomCrop(8).batch(corners(1, 6, 7))
    for size in (0, (1, 2, 3), (2.0, 2), (), True):
        with pytest.raises(ValueError, match="RandomCrop: expected size as a positive int or"):
            RandomCrop(size)
    with pytest.raises(ValueError, match="RandomCrop: expected padding as 1, 2 or 4 ints"):
        RandomCrop(2, padding=(1, 2, 3))
    with pytest.raises(ValueError, match="RandomCrop: expected padding_mode"):
        RandomCrop(2, padding_mode="wrap")
