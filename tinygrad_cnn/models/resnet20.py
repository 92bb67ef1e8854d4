"""`resnet20`: the residual network for CIFAR-10."""

from __future__ import annotations

from tinygrad_cnn import nn, ops
from tinygrad_cnn.models.resnet import BasicBlock
from tinygrad_cnn.nn import functional as F
from tinygrad_cnn.tensor import Tensor


class PadShortcut(nn.Module):
    """Take every second row and column, and add channels of zeros around: a shortcut without parameters.

    Args:
        channels: channels to add, half of them before and half after the input's; even.

    Shape:
        (N, C, H, W) → (N, C + channels, ⌈H/2⌉, ⌈W/2⌉).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        """Return the smaller maps between maps of zeros."""
        half = self.channels // 2
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, half, half))

    def extra_repr(self) -> str:
        """Return the number of channels to add."""
        return f"channels={self.channels}"


class CifarResNet(nn.Module):
    """Convolution 3×3, three stages of n residual blocks (16, 32, 64 channels), the mean, one fully connected layer.

    The depth is 6·n + 2. Shortcuts between stages have no parameters (option A of the paper). All weights start
    He-normal over fan_in, as in the paper, norms at 1 and 0, the bias at 0.

    Args:
        n: blocks in each stage.
        num_classes: number of classes.

    Shape:
        images (N, 3, 32, 32) → scores (N, num_classes).

    Ref: He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2015, 4.2.
    """

    def __init__(self, n: int, num_classes: int = 10) -> None:
        super().__init__()
        if n < 1:
            raise ValueError(f"CifarResNet: expected n of at least 1, got {n}")
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = nn.Sequential(*[BasicBlock(16, 16) for _ in range(n)])
        self.layer2 = _stage(16, 32, n)
        self.layer3 = _stage(32, 64, n)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(64, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        assert self.fc.bias is not None
        nn.init.zeros_(self.fc.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes."""
        x = self.relu(self.bn1(self.conv1(x)))  # (N, 3, 32, 32) → (N, 16, 32, 32)
        x = self.layer1(x)  # (N, 16, 32, 32)
        x = self.layer2(x)  # (N, 32, 16, 16)
        x = self.layer3(x)  # (N, 64, 8, 8)
        x = ops.flatten(self.avgpool(x), 1)  # (N, 64)
        scores: Tensor = self.fc(x)
        return scores


def _stage(inplanes: int, planes: int, n: int) -> nn.Sequential:
    """Return `n` blocks, the first of which halves height and width."""
    first = BasicBlock(inplanes, planes, 2, PadShortcut(planes - inplanes))
    return nn.Sequential(first, *[BasicBlock(planes, planes) for _ in range(n - 1)])


def resnet20(num_classes: int = 10) -> CifarResNet:
    """Return ResNet-20 for CIFAR-10: 269,722 parameters."""
    return CifarResNet(3, num_classes)
