"""`CenterCrop`, `RandomCrop` and `RandomResizedCrop`: the right rectangles, each equally often."""

import numpy as np
import pytest

import tinygrad_cnn as torch
from tinygrad_cnn.data import use_generator
from tinygrad_cnn.data.transforms import CenterCrop, RandomCrop, RandomResizedCrop, Resize


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


def test_every_position_is_equally_likely():
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
    from tinygrad_cnn.data.transforms import crop

    class Windows:
        asked = 0

        def __init__(self, array):
            self.array = array

        def __getitem__(self, place):
            Windows.asked += 1
            return self.array[place]

    original = crop.sliding_window_view
    monkeypatch.setattr(crop, "sliding_window_view", lambda *a, **k: Windows(original(*a, **k)))
    assert RandomCrop(4).batch(corners(64, 6, 6)).shape == (64, 1, 4, 4)
    assert Windows.asked == 1


def test_random_crop_refuses():
    with pytest.raises(ValueError, match="RandomCrop: expected images of at least 8×8, got 6×7; pad them or use"):
        RandomCrop(8).batch(corners(1, 6, 7))
    for size in (0, (1, 2, 3), (2.0, 2), (), True):
        with pytest.raises(ValueError, match="RandomCrop: expected size as a positive int or"):
            RandomCrop(size)
    with pytest.raises(ValueError, match="RandomCrop: expected padding as 1, 2 or 4 ints"):
        RandomCrop(2, padding=(1, 2, 3))
    with pytest.raises(ValueError, match="RandomCrop: expected padding_mode"):
        RandomCrop(2, padding_mode="wrap")


IMAGE = np.arange(1, 43).reshape(1, 1, 6, 7)


@pytest.mark.parametrize(
    ("size", "rows", "columns"),
    [(6, slice(0, 6), slice(0, 6)), ((2, 3), slice(2, 4), slice(2, 5)), ((3, 2), slice(2, 5), slice(2, 4)),
     ((1, 1), slice(2, 3), slice(3, 4)), ((6, 7), slice(0, 6), slice(0, 7))],
)  # fmt: skip
def test_cuts_out_the_centre(size, rows, columns):
    np.testing.assert_array_equal(CenterCrop(size).batch(IMAGE), IMAGE[:, :, rows, columns])


def test_a_small_image_gets_a_margin():
    result = CenterCrop((9, 10)).batch(IMAGE)
    assert result.shape == (1, 1, 9, 10)
    np.testing.assert_array_equal(result[:, :, 1:7, 1:8], IMAGE)
    assert result.sum() == IMAGE.sum()
    np.testing.assert_array_equal(CenterCrop((2, 9)).batch(IMAGE)[:, :, :, 1:8], IMAGE[:, :, 2:4])


RAMP = np.stack(np.meshgrid(np.arange(60), np.arange(50), indexing="ij")).astype(np.float32)[None]  # (1, 2, 60, 50)


def test_rectangles_are_in_range_and_every_position_occurs():
    crop = RandomResizedCrop(4, scale=(0.2, 0.5), ratio=(0.5, 2))
    with use_generator(np.random.default_rng(0)):
        parts = np.array(crop._rectangles(500, 60, 50))
    top, left, h, w = parts.T
    assert (top >= 0).all()
    assert (top + h <= 60).all()
    assert (left + w <= 50).all()
    assert 0.18 < (h * w / 3000).min() < (h * w / 3000).max() < 0.52
    assert 0.45 < (w / h).min() < 0.7 < 1.4 < (w / h).max() < 2.2
    assert len(np.unique(top)) > 20


def test_a_batch_holds_resized_rectangles():
    images = np.repeat(RAMP, 6, axis=0)
    crop = RandomResizedCrop((5, 7), scale=(0.3, 0.6))
    with use_generator(np.random.default_rng(1)):
        found = crop.batch(images)
    with use_generator(np.random.default_rng(1)):
        parts = crop._rectangles(6, 60, 50)
    assert found.shape == (6, 2, 5, 7)
    for image, (top, left, h, w) in zip(found, parts, strict=True):
        np.testing.assert_array_equal(image, Resize((5, 7)).batch(RAMP[:, :, top : top + h, left : left + w])[0])
    assert len({image.tobytes() for image in found}) == 6


@pytest.mark.parametrize(
    ("shape", "part"), [((8, 90), (0, 40, 8, 11)), ((90, 8), (40, 0, 11, 8)), ((9, 9), (0, 0, 9, 9))]
)
def test_the_largest_central_rectangle_is_cut_where_none_fits(shape, part):
    crop = RandomResizedCrop(4, scale=(4, 5))
    top, left, h, w = crop._rectangles(1, *shape)[0]
    assert (h, w) == part[2:]
    assert abs(top - part[0]) <= 1
    assert abs(left - part[1]) <= 1


def test_pictures_and_arguments():
    image = pytest.importorskip("PIL.Image")
    picture = image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8))
    assert RandomResizedCrop(8)(picture).size == (8, 8)
    assert RandomResizedCrop((8, 6))(torch.rand(3, 20, 30)).shape == (3, 8, 6)
    assert repr(RandomResizedCrop(8)).startswith("RandomResizedCrop(size=(8, 8), scale=(0.08, 1.0), ratio=(0.75, 1.33")
    with pytest.raises(ValueError, match="RandomResizedCrop: expected scale and ratio above 0"):
        RandomResizedCrop(8, ratio=(0, 1))
    with pytest.raises(ValueError, match="RandomResizedCrop: expected scale as two numbers"):
        RandomResizedCrop(8, scale=(1, 0.5))
