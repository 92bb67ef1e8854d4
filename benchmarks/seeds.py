"""The same numbers for both frameworks: images, labels and initial weights from NumPy's generator."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np


def normal(torch: Any, shape: Sequence[int], seed: int = 0) -> Any:
    """Return a float32 tensor of `shape` drawn from N(0, 1)."""
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(tuple(shape), dtype=np.float32))


def labels(torch: Any, count: int, classes: int, seed: int = 0) -> Any:
    """Return `count` int64 labels below `classes`."""
    return torch.from_numpy(np.random.default_rng(seed).integers(0, classes, count))


def seeded(torch: Any, model: Any) -> Any:
    """Fill the weights of `model` with N(0, 2/fan_in) and its biases with 0; return it.

    The numbers depend on a parameter's name only, so that both frameworks start from the same ones in whatever order
    they list them. Scales of normalisation layers, which have one axis, stay at 1.
    """
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            shape = tuple(parameter.shape)
            if len(shape) > 1:
                # Repeated after a million numbers: drawing the 133 million of VGG-11 would take seconds.
                rng = np.random.default_rng(zlib.crc32(name.encode()))
                scale = np.float32((2 / np.prod(shape[1:])) ** 0.5)
                part = rng.standard_normal(min(int(np.prod(shape)), 1 << 20), dtype=np.float32) * scale
                parameter.copy_(torch.from_numpy(np.resize(part, shape)))
            elif name.endswith("bias"):
                parameter.zero_()
    return model


def energy(tensor: Any) -> float:
    """Return the sum of the squares of a tensor's elements: what is compared to see that both compute the same."""
    x = np.asarray(tensor.detach().numpy(), dtype=np.float64)
    return float((x * x).sum())
