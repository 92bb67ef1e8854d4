"""`ThreeLayerConvNet`: two convolutions that keep the image's size, and one fully connected layer."""

from __future__ import annotations

from collections.abc import Sequence

import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, ops
from tinygrad_cnn._checks import pair
from tinygrad_cnn.tensor import Tensor


class ThreeLayerConvNet(nn.Module):
    """Convolution 5×5 → ReLU → convolution 3×3 → ReLU → fully connected.

    Both convolutions are padded to keep height and width. Weights start He-normal, N(0, 2/fan_in), biases at 0.

    Args:
        in_channel: channels of the images.
        channel_1: filters of the first convolution.
        channel_2: filters of the second convolution.
        num_classes: number of classes.
        img_sz: height and width of the images, one number or (H, W).

    Shape:
        images (N, in_channel, H, W) → scores (N, num_classes).
    """

    def __init__(
        self, in_channel: int, channel_1: int, channel_2: int, num_classes: int, img_sz: int | Sequence[int] = 32
    ) -> None:
        super().__init__()
        height, width = pair("ThreeLayerConvNet", "img_sz", img_sz, least=1)
        self.conv1 = nn.Conv2d(in_channel, channel_1, 5, padding=2)
        self.conv2 = nn.Conv2d(channel_1, channel_2, 3, padding=1)
        self.fc = nn.Linear(channel_2 * height * width, num_classes)
        for layer in (self.conv1, self.conv2, self.fc):
            nn.init.kaiming_normal_(layer.weight)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes; sizes below are those of ThreeLayerConvNet(3, 32, 16, 10)."""
        x = F.relu(self.conv1(x))  # (N, 3, 32, 32) → (N, 32, 32, 32)
        x = F.relu(self.conv2(x))  # (N, 16, 32, 32)
        x = ops.flatten(x, 1)  # (N, 16384)
        scores: Tensor = self.fc(x)  # (N, 10)
        return scores
