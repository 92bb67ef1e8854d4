"""`SimpleConvNet`: the first convolutional network of many a course, for handwritten digits."""

from __future__ import annotations

import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, ops
from tinygrad_cnn.tensor import Tensor


class SimpleConvNet(nn.Module):
    """Convolution → ReLU → max-pool 2×2 → affine → ReLU → affine.

    Weights start at weight_init_std · N(0, 1), biases at 0.

    Args:
        input_dim: (C, H, W) of the images.
        filter_num: number of filters of the convolution.
        filter_size: their height and width.
        pad: zeros around the images.
        stride: steps between windows.
        hidden_size: width of the hidden layer.
        output_size: number of classes.
        weight_init_std: standard deviation of the initial weights.

    Shape:
        images (N, C, H, W) → scores (N, output_size).

    Raises:
        ValueError: nothing is left of the images after convolution and pooling.
    """

    def __init__(
        self,
        input_dim: tuple[int, int, int] = (1, 28, 28),
        filter_num: int = 30,
        filter_size: int = 5,
        pad: int = 0,
        stride: int = 1,
        hidden_size: int = 100,
        output_size: int = 10,
        weight_init_std: float = 0.01,
    ) -> None:
        super().__init__()
        channels, *size = input_dim
        height, width = ((side + 2 * pad - filter_size) // stride + 1 for side in size)
        if height < 2 or width < 2:
            raise ValueError(
                f"SimpleConvNet: expected at least 2×2 places after the convolution, got {height}×{width} "
                f"from input_dim={tuple(input_dim)}, filter_size={filter_size}, pad={pad}, stride={stride}"
            )
        self.conv1 = nn.Conv2d(channels, filter_num, filter_size, stride=stride, padding=pad)
        self.pool1 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(filter_num * (height // 2) * (width // 2), hidden_size)
        self.fc2 = nn.Linear(hidden_size, output_size)
        for layer in (self.conv1, self.fc1, self.fc2):
            nn.init.normal_(layer.weight, std=weight_init_std)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes; sizes below are those of the defaults."""
        x = self.conv1(x)  # (N, 1, 28, 28) → (N, 30, 24, 24)
        x = F.relu(x)
        x = self.pool1(x)  # (N, 30, 12, 12)
        x = ops.flatten(x, 1)  # (N, 4320)
        x = F.relu(self.fc1(x))  # (N, 100)
        scores: Tensor = self.fc2(x)  # (N, 10)
        return scores
