"""`ConvNet2`: one convolution and one fully connected layer, for small grey patterns."""

from __future__ import annotations

import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, ops
from tinygrad_cnn.tensor import Tensor


class ConvNet2(nn.Module):
    """Convolution → ReLU → flatten → fully connected.

    Args:
        img_sz: height and width of the grey images.
        kernel_sz: height and width of the filters.
        kernel_num: number of filters.
        num_cls: number of classes.
        init: how weights start: "small" draws 0.001 · N(0, 1), "he" N(0, 2/fan_in). Biases start at 0.

    Shape:
        images (N, 1, H, W) → scores (N, num_cls).

    Raises:
        ValueError: filters larger than the images, or an unknown `init`.
    """

    def __init__(
        self, img_sz: int = 11, kernel_sz: int = 5, kernel_num: int = 16, num_cls: int = 3, init: str = "small"
    ) -> None:
        super().__init__()
        if not 1 <= kernel_sz <= img_sz:
            raise ValueError(f"ConvNet2: expected kernel_sz in [1, {img_sz}] for images of {img_sz}, got {kernel_sz}")
        if init not in ("small", "he"):
            raise ValueError(f"ConvNet2: expected init 'small' or 'he', got {init!r}")
        out_sz = img_sz - kernel_sz + 1
        self.conv1 = nn.Conv2d(1, kernel_num, kernel_sz)
        self.fc1 = nn.Linear(kernel_num * out_sz * out_sz, num_cls)
        for layer in (self.conv1, self.fc1):
            if init == "small":
                nn.init.normal_(layer.weight, std=0.001)
            else:
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes; sizes below are those of the defaults."""
        x = self.conv1(x)  # (N, 1, 11, 11) → (N, 16, 7, 7)
        x = F.relu(x)
        x = ops.flatten(x, 1)  # (N, 784)
        scores: Tensor = self.fc1(x)  # (N, 3)
        return scores
