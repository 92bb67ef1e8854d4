"""Three noisy 11×11 patterns: the smallest image set from which a convolutional network can learn."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._dtypes import float32
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.random import Generator
from tinygrad_cnn.tensor import Tensor

toy_classes = ("cross", "ring", "diagonals")
"""The names of the labels 0, 1 and 2."""


_Y, _X = np.mgrid[-5:6, -5:6]
_DISTANCE = np.maximum(abs(_Y), abs(_X))  # from the centre, in rings of pixels

_CROSS = ((_Y == 0) | (_X == 0)) & (_DISTANCE <= 4)
_RING = _DISTANCE == 4
_DIAGONALS = (abs(_Y) == abs(_X)) & (_DISTANCE <= 4)
_PATTERNS = np.stack([_CROSS, _RING, _DIAGONALS]).astype(float32)  # (3, 11, 11)


# Why 11 training images of each class: 33 images are four batches of 8 and one batch of a single image. Its gradient
# counts in full and moves the output bias more than it moves the weights of an untrained network. So a network on its
# plateau predicts the same class for every image and gets one third right, whatever its initial weights.


def toy_patterns(
    seed: int = 0, train_per_class: int = 11, test_per_class: int = 10, noise: float = 0.15, contrast: float = 0.25
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return ``(x_train, t_train), (x_test, t_test)``: noisy images of a cross, a ring and two diagonals.

        x = contrast · pattern + noise · ε,   ε ~ N(0, 1) for each pixel,   pattern = 1 on a stroke, 0 on paper

    Samples are sorted by class. The test set depends on the seed, but not on the size of the training set.

    With the defaults, a network of 16 filters 5×5, ReLU and a linear layer, whose weights start at 0.001 · randn, shows
    the effect of the learning rate. After 500 epochs of SGD with batches of 8, from each of six initialisations (one of
    them in ``python examples/convnet2_toy.py``; November 2026):

        lr 0.01                   test 100 %, training loss 0.02; the loss stays at ln 3 for the first 150 epochs
        lr 0.001, 2e-4 or 1e-4    test 33.333 %, training loss 1.098–1.099: still on that plateau
        lr 0.001, He weights      test 100 %, training loss 0.10; no plateau

    Filters of width 3, 7 and 9 reach 100 % as well. With noise 0.2, each width misses one of 30 images now and then,
    all equally often.

    Args:
        seed: the seed of the noise.
        train_per_class: training images of each pattern.
        test_per_class: test images of each pattern.
        noise: the standard deviation of the noise of a pixel.
        contrast: value of a stroke; the paper is 0.

    Returns:
        Images, float32 (N, 1, 11, 11), and labels, int64 (N,), of the training and of the test set.

    Raises:
        ValueError: a count, `noise` or `seed` is negative, or `noise` or `contrast` is not finite.
    """
    limit = float(np.finfo(float32.type).max)
    if not abs(contrast) <= limit or not noise <= limit:
        raise ValueError(f"toy_patterns: expected finite noise and contrast, got {noise} and {contrast}")
    if min(seed, train_per_class, test_per_class, noise) < 0:
        raise ValueError(
            "toy_patterns: expected seed, train_per_class, test_per_class and noise of at least 0, got "
            f"{seed}, {train_per_class}, {test_per_class} and {noise}"
        )
    generator = Generator().manual_seed(seed)

    def part(per_class: int) -> tuple[Tensor, Tensor]:
        labels = np.repeat(np.arange(len(_PATTERNS)), per_class)  # (N,)
        clean = float32.type(contrast) * _PATTERNS[labels]  # (N, 11, 11)
        images = clean + float32.type(noise) * generator.normal(clean.shape, float32)
        return from_numpy(images[:, np.newaxis]), from_numpy(labels)  # (N, 1, 11, 11)

    test = part(test_per_class)
    return part(train_per_class), test
