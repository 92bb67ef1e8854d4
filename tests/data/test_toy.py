"""The toy patterns: same seed, same pixels; as many of each class; what the patterns are."""

import numpy as np
import pytest

import tinygrad_cnn
from tinygrad_cnn.data import toy_classes, toy_patterns
from tinygrad_cnn.random import manual_seed

CROSS = """
...........
.....#.....
.....#.....
.....#.....
.....#.....
.#########.
.....#.....
.....#.....
.....#.....
.....#.....
...........
""".strip()

RING = """
...........
.#########.
.#.......#.
.#.......#.
.#.......#.
.#.......#.
.#.......#.
.#.......#.
.#.......#.
.#########.
...........
""".strip()

DIAGONALS = """
...........
.#.......#.
..#.....#..
...#...#...
....#.#....
.....#.....
....#.#....
...#...#...
..#.....#..
.#.......#.
...........
""".strip()


def test_shapes_dtypes_and_balance():
    (x, t), (x_test, t_test) = toy_patterns()
    assert x.shape == (33, 1, 11, 11)
    assert x_test.shape == (30, 1, 11, 11)
    assert x.dtype == x_test.dtype == tinygrad_cnn.float32
    assert t.dtype == t_test.dtype == tinygrad_cnn.int64
    assert np.bincount(t.array).tolist() == [11, 11, 11]
    assert np.bincount(t_test.array).tolist() == [10, 10, 10]
    assert len(toy_classes) == 3


def test_the_seed_alone_decides():
    (x, _), (x_test, _) = toy_patterns(seed=5)
    manual_seed(123)
    (again, _), (again_test, _) = toy_patterns(seed=5)
    np.testing.assert_array_equal(x.array, again.array)
    np.testing.assert_array_equal(x_test.array, again_test.array)
    assert not np.array_equal(x.array, toy_patterns(seed=6)[0][0].array)
    assert not np.array_equal(x.array[0], x_test.array[0])


def test_values_do_not_change_between_versions():
    (x, _), (x_test, _) = toy_patterns()
    np.testing.assert_allclose(x_test.array[0, 0, 5, :3], [-0.286994, 0.404075, 0.046725], atol=1e-6)
    np.testing.assert_allclose(x.array[-1, 0, 5, :3], [0.050297, 0.207653, 0.18387], atol=1e-6)


def test_does_not_touch_the_default_generator():
    manual_seed(0)
    expected = tinygrad_cnn.randn(3).tolist()
    manual_seed(0)
    toy_patterns()
    assert tinygrad_cnn.randn(3).tolist() == expected


def test_the_training_size_does_not_change_the_test_set():
    np.testing.assert_array_equal(toy_patterns()[1][0].array, toy_patterns(train_per_class=50)[1][0].array)


def test_patterns_without_noise():
    (x, t), _ = toy_patterns(train_per_class=1, noise=0, contrast=1)
    assert t.tolist() == [0, 1, 2]
    drawn = ["\n".join("".join("#" if pixel else "." for pixel in row) for row in image) for image in x.array[:, 0]]
    assert drawn == [CROSS, RING, DIAGONALS]


def test_noise_and_contrast_have_their_size():
    (clean, _), _ = toy_patterns(train_per_class=300, noise=0, contrast=0.5)
    (noisy, _), _ = toy_patterns(train_per_class=300, noise=0.3, contrast=0.5)
    noise = noisy.array - clean.array
    assert clean.array.max() == 0.5
    assert abs(noise.std() - 0.3) < 0.003
    assert abs(noise.mean()) < 0.003


def test_counts_may_be_zero_but_not_negative():
    assert toy_patterns(train_per_class=0)[0][0].shape == (0, 1, 11, 11)
    with pytest.raises(ValueError, match=r"toy_patterns: expected .* of at least 0, got 0, -1, 10 and 0\.15"):
        toy_patterns(train_per_class=-1)
    with pytest.raises(ValueError, match=r"got 0, 11, 10 and -0\.5"):
        toy_patterns(noise=-0.5)
