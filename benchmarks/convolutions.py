"""``python -m benchmarks.convolutions``: the direct kernel, Winograd's and PyTorch's on 3×3 shapes.

The limits of `tinygrad_cnn.fast.conv` come from this table: Winograd's kernel is for the shapes where its
columns are the smaller ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.tables import show
from tinygrad_cnn.fast.native import native

SHAPES = [  # images, input channels, size, output channels
    (64, 32, 32, 16), (64, 64, 32, 32), (64, 32, 16, 32), (64, 16, 16, 16), (100, 16, 28, 16), (100, 64, 8, 64),
    (64, 8, 32, 8), (64, 13, 23, 29), (1, 64, 56, 64), (1, 128, 28, 128), (1, 256, 14, 256), (4, 256, 28, 256),
    (8, 512, 7, 512),
]  # fmt: skip

HEAD = ("images, channels, size, filters", "forward ms: direct", "Winograd", "PyTorch", "input gradient: direct",
        "Winograd", "PyTorch", "weight gradient: direct", "Winograd", "PyTorch")  # fmt: skip


def best(call: Callable[[], object], seconds: float = 0.15) -> float:
    """Return the least time of a call in milliseconds."""
    call()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3


def measure(n: int, c: int, size: int, o: int) -> list[str]:
    """Return a row of the table."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, c, size, size), dtype=np.float32)
    w = rng.standard_normal((o, c, 3, 3), dtype=np.float32)
    b = rng.standard_normal(o, dtype=np.float32)
    g = rng.standard_normal((n, o, size, size), dtype=np.float32)
    y, gx, gw = np.empty_like(g), np.empty_like(x), np.empty_like(w)
    around = (1, 1, 1, 1, 1, 1, 1)  # stride, padding, dilation, groups
    ours = [
        lambda: native.conv2d(x, w, b, y, *around, 0),
        lambda: native.winograd_conv2d(x, w, b, y, 1, 1, 0),
        lambda: native.conv2d_input(g, None, w, gx, *around),
        lambda: native.winograd_conv2d_input(g, None, w, gx, 1, 1),
        lambda: native.conv2d_weight(x, g, None, gw, *around),
        lambda: native.winograd_conv2d_weight(x, g, None, gw, 1, 1),
    ]
    theirs = _pytorch(x, w, b, g)
    cells = [f"{n}, {c}, {size}×{size}, {o}"]
    for i in range(3):
        cells += [f"{best(call):.3f}" for call in ours[2 * i : 2 * i + 2]]
        cells.append(f"{best(theirs[i]):.3f}" if theirs else "–")
    return cells


def _pytorch(*arrays: Any) -> list[Callable[[], object]]:
    """Return PyTorch's forward pass and its two gradients, nothing where it is not installed."""
    try:
        import torch
    except ModuleNotFoundError:
        return []
    x, w, b, g = [torch.from_numpy(array) for array in arrays]

    def backward(*wanted: bool) -> Callable[[], object]:
        how = ([len(w)], [1, 1], [1, 1], [1, 1], False, [0, 0], 1, list(wanted))
        return lambda: torch.ops.aten.convolution_backward(g, x, w, *how)

    forward = torch.nn.functional.conv2d
    return [lambda: forward(x, w, b, padding=1), backward(True, False, False), backward(False, True, False)]


def main() -> None:
    """Measure every shape and print the table."""
    show("3×3 convolutions, padding 1", HEAD, [measure(*shape) for shape in SHAPES])


if __name__ == "__main__":
    main()
