"""``python -m benchmarks.graphs``: how long it takes to draw large graphs, each from its tensors to the finished SVG.

Graphviz is loaded before. A test holds the seconds below `MOST`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

import tinygrad_cnn as tg
from benchmarks.tables import show
from tinygrad_cnn import nn
from tinygrad_cnn.graph import Drawing, draw
from tinygrad_cnn.graph.render import to_svg

MOST = 10.0
"""Seconds that any of them may take."""


def reused(times: int) -> tg.Tensor:
    """Return the result of one convolution that is called `times` times in a row."""
    layer, h = nn.Conv2d(2, 2, 3, padding=1), tg.rand(1, 2, 8, 8)
    for _ in range(times):
        h = layer(h).tanh()
    return h.sum()


def skips(count: int) -> tg.Tensor:
    """Return the result of `count` residual steps in a row."""
    y = tg.rand(3, requires_grad=True)
    for _ in range(count):
        y = y + y.tanh()
    return y.sum()


def branches(count: int) -> tg.Tensor:
    """Return the sum of `count` branches from one tensor."""
    x = tg.rand(3, requires_grad=True) * 1.0
    return tg.stack([x.tanh() * float(i) for i in range(count)]).sum()


def chain(count: int) -> tg.Tensor:
    """Return the result of `count` operations in a row."""
    x = tg.rand(3, requires_grad=True)
    for _ in range(count):
        x = -x
    return x.sum()


def every_step(count: int) -> tg.Tensor:
    """Return the result of a chain of `count` steps that all use its first tensor."""
    y = x = tg.rand(3, requires_grad=True) * 1.0
    for _ in range(count):
        y = y.tanh() * x
    return y.sum()


class Block(nn.Module):
    """A residual block of two convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        """Return relu(x + F(x))."""
        y = self.bn1(self.conv1(x)).relu()
        return (x + self.bn2(self.conv2(y))).relu()


def resnet(depth: int) -> tg.Tensor:
    """Return the result of a residual network for CIFAR-10 of `depth` layers, 6n + 2."""
    stages = [nn.Sequential(*[Block(2) for _ in range((depth - 2) // 6)]) for _ in range(3)]
    return nn.Sequential(*stages)(tg.rand(1, 2, 4, 4)).sum()


GRAPHS: dict[str, Callable[[], tg.Tensor]] = {
    "a layer used 200 times": lambda: reused(200),
    "1,000 skips": lambda: skips(1000),
    "1,000 branches": lambda: branches(1000),
    "one tensor in 1,000 steps": lambda: every_step(1000),
    "50,000 operations": lambda: chain(50_000),
    "ResNet-314": lambda: resnet(314),
}


HEAD = ("graph", "operations", "nodes drawn", "to DOT, s", "to SVG, s", "SVG, kB")


def measure(name: str) -> tuple[Drawing, float, float]:
    """Return the picture, and the seconds from the tensors to DOT text and from there to the SVG."""
    output = GRAPHS[name]()
    start = time.perf_counter()
    drawing = draw(output)
    middle = time.perf_counter()
    _ = drawing.svg
    return drawing, middle - start, time.perf_counter() - middle


def row(name: str) -> list[str]:
    """Return the cells of `HEAD` for a graph."""
    drawing, dot, svg = measure(name)
    size = len(drawing.svg.encode()) // 1000
    numbers = (drawing.graph.operations, len(drawing.graph.nodes))
    return [name, *(f"{number:,}" for number in numbers), f"{dot:.2f}", f"{svg:.2f}", f"{size:,}"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphs", nargs="+", default=list(GRAPHS), choices=list(GRAPHS), metavar="GRAPH")
    options = parser.parse_args(arguments)
    to_svg("digraph {}")  # loads Graphviz
    show("Large graphs", HEAD, [row(name) for name in options.graphs])


if __name__ == "__main__":
    main()
