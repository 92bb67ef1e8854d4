"""`LeNet5`: the network that read cheques."""

from __future__ import annotations

import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, ops
from tinygrad_cnn.tensor import Tensor


class LeNet5(nn.Module):
    """Convolution 6@5×5 → average pooling → convolution 16@5×5 → average pooling → FC 120 → FC 84 → FC 10, with tanh.

    28×28 digits are padded to the paper's 32×32 by the first convolution. As is usual today every map of the second
    convolution sees all six maps, pooling has no weights, and the scores are linear. 61,706 parameters with the
    defaults; they start as PyTorch's layers do.

    Args:
        num_classes: number of classes.

    Shape:
        images (N, 1, 28, 28) → scores (N, num_classes).

    Ref: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998, II.B.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.pool1 = nn.AvgPool2d(2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.pool2 = nn.AvgPool2d(2)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes."""
        x = self.pool1(F.tanh(self.conv1(x)))  # (N, 1, 28, 28) → (N, 6, 28, 28) → (N, 6, 14, 14)
        x = self.pool2(F.tanh(self.conv2(x)))  # (N, 16, 10, 10) → (N, 16, 5, 5)
        x = ops.flatten(x, 1)  # (N, 400)
        x = F.tanh(self.fc1(x))  # (N, 120)
        x = F.tanh(self.fc2(x))  # (N, 84)
        scores: Tensor = self.fc3(x)  # (N, 10)
        return scores
