"""`DigitConvNet`: the network on which convolutional networks are often explained, for 28×28 digits."""

from __future__ import annotations

import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, ops
from tinygrad_cnn.tensor import Tensor


class DigitConvNet(nn.Module):
    """Convolution → ReLU → pooling, twice, then two fully connected layers; softmax belongs to the loss.

    Its weights can be counted by hand: 10·5·5 + 20·5·5·10 + 320·100 + 100·10 = 250 + 5,000 + 32,000 + 1,000 = 38,250,
    and with the 140 biases 38,390. They start as PyTorch's layers do.

    Args:
        pool: "max" or "avg".
        num_classes: number of classes.

    Shape:
        images (N, 1, 28, 28) → scores (N, num_classes).

    Raises:
        ValueError: an unknown `pool`.
    """

    def __init__(self, pool: str = "max", num_classes: int = 10) -> None:
        super().__init__()
        if pool not in ("max", "avg"):
            raise ValueError(f"DigitConvNet: expected pool 'max' or 'avg', got {pool!r}")
        pooling = nn.MaxPool2d if pool == "max" else nn.AvgPool2d
        self.conv1 = nn.Conv2d(1, 10, 5)
        self.pool1 = pooling(2)
        self.conv2 = nn.Conv2d(10, 20, 5)
        self.pool2 = pooling(2)
        self.fc1 = nn.Linear(320, 100)
        self.fc2 = nn.Linear(100, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes."""
        x = F.relu(self.conv1(x))  # (N, 1, 28, 28) → (N, 10, 24, 24)
        x = self.pool1(x)  # (N, 10, 12, 12)
        x = F.relu(self.conv2(x))  # (N, 20, 8, 8)
        x = self.pool2(x)  # (N, 20, 4, 4)
        x = ops.flatten(x, 1)  # (N, 320)
        x = F.relu(self.fc1(x))  # (N, 100)
        scores: Tensor = self.fc2(x)  # (N, 10)
        return scores
