"""`TwoLayerFC`: the fully connected network that convolutional ones are measured against."""

from __future__ import annotations

import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, ops
from tinygrad_cnn.tensor import Tensor


class TwoLayerFC(nn.Module):
    """Flatten → fully connected → ReLU → fully connected.

    Weights start He-normal, N(0, 2/fan_in), biases at 0.

    Args:
        input_size: elements of one input, 3·32·32 = 3072 for CIFAR-10.
        hidden_size: width of the hidden layer.
        num_classes: number of classes.

    Shape:
        inputs (N, ...) of `input_size` elements each → scores (N, num_classes).
    """

    def __init__(self, input_size: int, hidden_size: int, num_classes: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(input_size, hidden_size)
        self.fc2 = nn.Linear(hidden_size, num_classes)
        for layer in (self.fc1, self.fc2):
            nn.init.kaiming_normal_(layer.weight)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes."""
        x = ops.flatten(x, 1)  # (N, input_size)
        scores: Tensor = self.fc2(F.relu(self.fc1(x)))
        return scores
