"""Three noisy 11×11 patterns: the smallest image set that a convolutional network has something to learn from."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._dtypes import float32
from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.random import Generator
from tinygrad_cnn.tensor import Tensor

_CROSS = """
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
"""

_RING = """
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
"""

_DIAGONALS = """
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
"""

toy_classes = ("cross", "ring", "diagonals")
"""What the labels 0, 1 and 2 stand for."""


def _strokes(drawing: str) -> Array:
    """Return a drawing as a float32 array (11, 11): 1 on a stroke, 0 beside it."""
    return np.array([[mark == "#" for mark in line] for line in drawing.split()], dtype=float32)


_PATTERNS = np.stack([_strokes(drawing) for drawing in (_CROSS, _RING, _DIAGONALS)])  # (3, 11, 11)


def toy_patterns(
    seed: int = 0, train_per_class: int = 11, test_per_class: int = 10, noise: float = 0.2, contrast: float = 0.25
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return ``(x_train, t_train), (x_test, t_test)``: noisy images of a cross, a ring and two diagonals.

        x = contrast · pattern + noise · ε,   ε ~ N(0, 1) for each pixel,   pattern 1 on a stroke, 0 on paper

    Samples are in the order of their classes. The same seed gives the same test set whatever the size of the training
    set.

    Args:
        seed: of the noise.
        train_per_class: training images of each pattern.
        test_per_class: test images of each pattern.
        noise: standard deviation of a pixel.
        contrast: how much a stroke is above the paper.

    Returns:
        Images, float32 (N, 1, 11, 11), and labels, int64 (N,), of the training and of the test set.

    Raises:
        ValueError: a negative count, noise or seed.
    """
    if min(seed, train_per_class, test_per_class, noise) < 0:
        raise ValueError(
            "toy_patterns: expected seed, train_per_class, test_per_class and noise of at least 0, got "
            f"{seed}, {train_per_class}, {test_per_class} and {noise}"
        )
    generator = Generator(seed)

    def part(per_class: int) -> tuple[Tensor, Tensor]:
        labels = np.repeat(np.arange(len(_PATTERNS)), per_class)  # (N,)
        clean = float32.type(contrast) * _PATTERNS[labels]  # (N, 11, 11)
        images = clean + float32.type(noise) * generator.normal(clean.shape, float32)
        return from_numpy(images[:, np.newaxis]), from_numpy(labels)  # (N, 1, 11, 11)

    test = part(test_per_class)
    return part(train_per_class), test
