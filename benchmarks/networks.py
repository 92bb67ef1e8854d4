"""The eight networks of the course reports, each written once for whichever framework is passed as `torch`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.seeds import labels, normal, seeded


@dataclass(frozen=True)
class Network:
    """A network and how it is trained.

    Attributes:
        name: W0 to W5.
        title: its layers, batch and optimizer in one line.
        batch: shape of the images.
        classes: number of classes.
        layers: makes the modules, given the framework.
        optimizer: makes the optimizer, given the framework and the parameters.
        state: numbers that the optimizer keeps for each weight.
        random: dropout draws differently in the two frameworks, so their losses cannot be compared.
    """

    name: str
    title: str
    batch: tuple[int, ...]
    classes: int
    layers: Callable[[Any], list[Any]]
    optimizer: Callable[[Any, Any], Any]
    state: int
    random: bool = False

    def model(self, torch: Any) -> Any:
        """Return the network with seeded weights."""
        return seeded(torch, torch.nn.Sequential(*self.layers(torch)))

    def data(self, torch: Any) -> tuple[Any, Any]:
        """Return one batch of images and labels."""
        return normal(torch, self.batch), labels(torch, self.batch[0], self.classes)


def convnet2(torch: Any) -> list[Any]:
    """Return S0's layers: 8×1×11×11 → 3."""
    nn = torch.nn
    return [nn.Conv2d(1, 16, 5), nn.ReLU(), nn.Flatten(), nn.Linear(784, 3)]


def cnn_basic(torch: Any) -> list[Any]:
    """Return S1's layers: 10×3×96×96 → 5."""
    nn = torch.nn
    return [
        nn.Conv2d(3, 6, 5, padding="same"), nn.ReLU(), nn.MaxPool2d(4),
        nn.Conv2d(6, 12, 3, padding="same"), nn.ReLU(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(1728, 5),
    ]  # fmt: skip


def two_layer_fc(torch: Any) -> list[Any]:
    """Return S2's fully connected layers: 64×3×32×32 → 10."""
    nn = torch.nn
    return [nn.Flatten(), nn.Linear(3072, 4000), nn.ReLU(), nn.Linear(4000, 10)]


def three_layer_convnet(torch: Any) -> list[Any]:
    """Return the layers of S2's three-layer network: 64×3×32×32 → 10."""
    nn = torch.nn
    return [
        nn.Conv2d(3, 32, 5, padding=2), nn.ReLU(), nn.Conv2d(32, 16, 3, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(16384, 10),
    ]  # fmt: skip


def six_convnet(torch: Any) -> list[Any]:
    """Return the layers of S2's network of six normalised convolutions: 64×3×32×32 → 10."""
    nn = torch.nn

    def block(channels: int, filters: int, kernel_size: int) -> list[Any]:
        convolution = nn.Conv2d(channels, filters, kernel_size, padding=kernel_size // 2)
        return [convolution, nn.BatchNorm2d(filters), nn.ReLU()]

    return [
        *block(3, 64, 5), *block(64, 32, 3), *block(32, 32, 3), nn.MaxPool2d(2),
        *block(32, 32, 3), *block(32, 16, 3), *block(16, 16, 3), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1024, 10), nn.BatchNorm1d(10),
    ]  # fmt: skip


def digit_convnet(torch: Any) -> list[Any]:
    """Return S3's layers: 64×1×28×28 → 10."""
    nn = torch.nn
    return [
        nn.Conv2d(1, 10, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(10, 20, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(320, 100), nn.ReLU(), nn.Linear(100, 10),
    ]  # fmt: skip


def simple_convnet(torch: Any) -> list[Any]:
    """Return S4's layers: 100×1×28×28 → 10."""
    nn = torch.nn
    return [
        nn.Conv2d(1, 30, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(4320, 100), nn.ReLU(), nn.Linear(100, 10),
    ]  # fmt: skip


def deep_convnet(torch: Any) -> list[Any]:
    """Return the layers of S4's chapter 8: 100×1×28×28 → 10; the fourth convolution pads by two."""
    nn = torch.nn

    def stage(channels: int, filters: int, padding: int) -> list[Any]:
        return [
            nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(),
            nn.Conv2d(filters, filters, 3, padding=padding), nn.ReLU(), nn.MaxPool2d(2),
        ]  # fmt: skip

    return [
        *stage(1, 16, 1), *stage(16, 32, 2), *stage(32, 64, 1),
        nn.Flatten(), nn.Linear(1024, 50), nn.ReLU(), nn.Dropout(0.5), nn.Linear(50, 10),
    ]  # fmt: skip


def sgd(lr: float, momentum: float = 0.0, nesterov: bool = False) -> Callable[[Any, Any], Any]:
    """Return what makes an SGD optimizer."""
    return lambda torch, parameters: torch.optim.SGD(parameters, lr=lr, momentum=momentum, nesterov=nesterov)


def adam(lr: float, weight_decay: float = 0.0) -> Callable[[Any, Any], Any]:
    """Return what makes an Adam optimizer."""
    return lambda torch, parameters: torch.optim.Adam(parameters, lr=lr, weight_decay=weight_decay)


_ALL = (
    Network(
        "W0", "S0: conv 16@5×5, FC 3; 8×1×11×11; SGD", (8, 1, 11, 11), 3, convnet2, sgd(1e-3), 0
    ),
    Network(
        "W1", "S1: conv 6@5×5 same, max 4, conv 12@3×3 same, avg 2, FC 5; 10×3×96×96; Adam",
        (10, 3, 96, 96), 5, cnn_basic, adam(1e-3), 2,
    ),
    Network(
        "W2a", "S2: FC 3072-4000-10; 64×3×32×32; SGD Nesterov",
        (64, 3, 32, 32), 10, two_layer_fc, sgd(1e-2, 0.9, nesterov=True), 1,
    ),
    Network(
        "W2b", "S2: conv 32@5×5, conv 16@3×3, FC 10; 64×3×32×32; SGD Nesterov",
        (64, 3, 32, 32), 10, three_layer_convnet, sgd(3e-3, 0.9, nesterov=True), 1,
    ),
    Network(
        "W2c", "S2: conv 64@5×5, 32, 32, 32, 16, 16@3×3, BatchNorm, FC 10; 64×3×32×32; Adam, weight decay",
        (64, 3, 32, 32), 10, six_convnet, adam(3e-3, 1e-5), 2,
    ),
    Network(
        "W3", "S3: conv 10@5×5, pool, conv 20@5×5, pool, FC 100, FC 10; 64×1×28×28; SGD momentum",
        (64, 1, 28, 28), 10, digit_convnet, sgd(1e-2, 0.9), 1,
    ),
    Network(
        "W4", "S4: conv 30@5×5, pool, FC 100, FC 10; 100×1×28×28; Adam",
        (100, 1, 28, 28), 10, simple_convnet, adam(1e-3), 2,
    ),
    Network(
        "W5", "S4, ch. 8: conv 16, 16, 32, 32, 64, 64@3×3, three pools, FC 50, dropout, FC 10; 100×1×28×28; Adam",
        (100, 1, 28, 28), 10, deep_convnet, adam(1e-3), 2, random=True,
    ),
)  # fmt: skip

NETWORKS = {network.name: network for network in _ALL}
