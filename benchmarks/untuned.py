"""Shapes that no kernel was tuned for: one layer forward and backward, or a small network, or inference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks import imagenet
from benchmarks.seeds import energy, labels, normal, seeded

Prepared = tuple[Callable[[], object], Callable[[], list[float]]]
"""What is timed, and what returns figures of its results, which must agree between frameworks."""


@dataclass(frozen=True)
class Shape:
    """Something to be timed: a name for the command line, a title for the table, and what prepares it."""

    name: str
    title: str
    prepare: Callable[[Any], Prepared]


def layer(make: Callable[[Any], Any], *shape: int) -> Callable[[Any], Prepared]:
    """Prepare the layer that `make` returns: forward, and the gradients of its weights and of its input of `shape`."""

    def prepare(torch: Any) -> Prepared:
        module = seeded(torch, make(torch.nn))
        parameters = list(module.parameters())
        x = normal(torch, shape).requires_grad_()
        g = normal(torch, tuple(module(x).shape), seed=1)
        result: list[Any] = []

        def call() -> None:
            for tensor in (x, *parameters):
                tensor.grad = None
            y = module(x)
            y.backward(g)
            result[:] = [y]

        return call, lambda: [energy(tensor) for tensor in (*result, x.grad, *(p.grad for p in parameters))]

    return prepare


def inference(make: Callable[[Any], Any], *shape: int) -> Callable[[Any], Prepared]:
    """Prepare the network that `make` returns: its scores of an input of `shape`, without gradients."""

    def prepare(torch: Any) -> Prepared:
        model = seeded(torch, make(torch)).eval()
        x = normal(torch, shape)
        result: list[Any] = []

        def call() -> None:
            with torch.no_grad():
                result[:] = [model(x)]

        return call, lambda: [energy(result[0])]

    return prepare


def lenet5(torch: Any) -> Prepared:
    """Prepare a training step of LeNet-5 (LeCun et al., 1998) on 64 digits by SGD."""
    nn, F = torch.nn, torch.nn.functional  # noqa: N806
    layers = [
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    ]  # fmt: skip
    model = seeded(torch, nn.Sequential(*layers))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-6)
    x, y = normal(torch, (64, 1, 28, 28)), labels(torch, 64, 10)
    result: list[Any] = []

    def call() -> None:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        result[:] = [loss]

    return call, lambda: [float(result[0].item())]


_ALL = (
    Shape("stride2", "3×3, 32→64, stride 2, on 16×32×32×32",
          layer(lambda nn: nn.Conv2d(32, 64, 3, stride=2, padding=1), 16, 32, 32, 32)),
    Shape("stem", "7×7, 3→64, stride 2, on 16×3×64×64",
          layer(lambda nn: nn.Conv2d(3, 64, 7, stride=2, padding=3), 16, 3, 64, 64)),
    Shape("pointwise", "1×1, 64→128, on 16×64×28×28", layer(lambda nn: nn.Conv2d(64, 128, 1), 16, 64, 28, 28)),
    Shape("wide", "7×7, 16→16, on 16×16×32×32", layer(lambda nn: nn.Conv2d(16, 16, 7, padding=3), 16, 16, 32, 32)),
    Shape("odd", "5×3, 13→29, on 8×13×37×23", layer(lambda nn: nn.Conv2d(13, 29, (5, 3)), 8, 13, 37, 23)),
    Shape("single", "3×3, 32→32, on 1×32×56×56", layer(lambda nn: nn.Conv2d(32, 32, 3, padding=1), 1, 32, 56, 56)),
    Shape("depthwise", "3×3, 64 groups of 1, on 16×64×28×28",
          layer(lambda nn: nn.Conv2d(64, 64, 3, padding=1, groups=64), 16, 64, 28, 28)),
    Shape("grouped", "3×3, 4 groups of 16→16, on 16×64×28×28",
          layer(lambda nn: nn.Conv2d(64, 64, 3, padding=1, groups=4), 16, 64, 28, 28)),
    Shape("dilated", "3×3, 32→32, dilation 2, on 16×32×32×32",
          layer(lambda nn: nn.Conv2d(32, 32, 3, padding=2, dilation=2), 16, 32, 32, 32)),
    Shape("transposed", "transposed 4×4, 32→16, stride 2, on 16×32×16×16",
          layer(lambda nn: nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1), 16, 32, 16, 16)),
    Shape("grey", "3×3, 1→32, on 64×1×28×28", layer(lambda nn: nn.Conv2d(1, 32, 3, padding=1), 64, 1, 28, 28)),
    Shape("deep", "3×3, 512→512, on 8×512×7×7", layer(lambda nn: nn.Conv2d(512, 512, 3, padding=1), 8, 512, 7, 7)),
    Shape("average", "average pool 3×3, stride 2, on 32×32×32×32",
          layer(lambda nn: nn.AvgPool2d(3, stride=2, padding=1), 32, 32, 32, 32)),
    Shape("maximum", "max pool 3×3, stride 2, on 16×64×56×56",
          layer(lambda nn: nn.MaxPool2d(3, stride=2, padding=1), 16, 64, 56, 56)),
    Shape("normalised", "BatchNorm2d and ReLU on 32×48×24×24",
          layer(lambda nn: nn.Sequential(nn.BatchNorm2d(48), nn.ReLU()), 32, 48, 24, 24)),
    Shape("lenet5", "LeNet-5, training step, 64 digits", lenet5),
    Shape("resnet18", "ResNet-18, inference, 1×3×224×224", inference(imagenet.resnet18, 1, 3, 224, 224)),
    Shape("vgg11", "VGG-11, inference, 1×3×224×224", inference(imagenet.vgg11, 1, 3, 224, 224)),
)  # fmt: skip

SHAPES = {shape.name: shape for shape in _ALL}
