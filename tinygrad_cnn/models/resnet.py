"""Residual networks: `ResNet` for ImageNet with torchvision's names, `CifarResNet` for CIFAR-10."""

from __future__ import annotations

from collections.abc import Sequence

import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, ops
from tinygrad_cnn.models.weights import draw_weights, without_trained_weights
from tinygrad_cnn.tensor import Tensor


class BasicBlock(nn.Module):
    """Compute ReLU(f(x) + x), where f is convolution 3×3 → norm → ReLU → convolution 3×3 → norm.

    Args:
        inplanes: channels of the input.
        planes: channels of the output.
        stride: of the first convolution.
        downsample: applied to x before it is added, where f changes the shape; None adds x itself.

    Shape:
        (N, inplanes, H, W) → (N, planes, ⌈H/stride⌉, ⌈W/stride⌉).
    """

    expansion = 1
    """The output has `expansion` · `planes` channels."""

    def __init__(self, inplanes: int, planes: int, stride: int = 1, downsample: nn.Module | None = None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        """Return ReLU(f(x) + x)."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.relu(y + shortcut)


class Bottleneck(nn.Module):
    """Compute ReLU(f(x) + x), where f is convolution 1×1, 3×3 and 1×1, each with a norm, and ReLUs between them.

    The stride is that of the convolution 3×3, as in torchvision ("ResNet v1.5").

    Args:
        inplanes: channels of the input.
        planes: channels inside; the output has four times as many.
        stride: of the convolution 3×3.
        downsample: applied to x before it is added, where f changes the shape; None adds x itself.

    Shape:
        (N, inplanes, H, W) → (N, 4·planes, ⌈H/stride⌉, ⌈W/stride⌉).
    """

    expansion = 4
    """The output has `expansion` · `planes` channels."""

    def __init__(self, inplanes: int, planes: int, stride: int = 1, downsample: nn.Module | None = None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, planes * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        """Return ReLU(f(x) + x)."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.relu(y + shortcut)


class ResNet(nn.Module):
    """Convolution 7×7 and pooling, four stages of residual blocks, global mean, one fully connected layer.

    `load_state_dict` takes torchvision's weights. As there, convolutions start He-normal over fan_out, norms at 1 and
    0, the fully connected layer as PyTorch's.

    Args:
        block: the kind of block, `BasicBlock` or `Bottleneck`.
        layers: number of blocks in each of the four stages, of 64, 128, 256 and 512 `planes`.
        num_classes: number of classes.
        zero_init_residual: start the last norm of every block at 0, so that each block begins as ReLU(x).

    Shape:
        images (N, 3, H, W) of at least 32×32, made for 224×224 → scores (N, num_classes).

    Ref: He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2015, table 1.
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        layers: Sequence[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
    ) -> None:
        super().__init__()
        if len(layers) != 4 or min(layers) < 1:
            raise ValueError(f"ResNet: expected 4 numbers of blocks of at least 1, got {list(layers)}")
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        wide = block.expansion
        self.layer1 = _stage(block, 64, 64, layers[0], 1)
        self.layer2 = _stage(block, 64 * wide, 128, layers[1], 2)
        self.layer3 = _stage(block, 128 * wide, 256, layers[2], 2)
        self.layer4 = _stage(block, 256 * wide, 512, layers[3], 2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * wide, num_classes)
        draw_weights((module for module in self.modules() if isinstance(module, nn.Conv2d)), mode="fan_out")
        for module in self.modules() if zero_init_residual else ():
            if isinstance(module, BasicBlock | Bottleneck):
                last = module.bn2 if isinstance(module, BasicBlock) else module.bn3
                assert last.weight is not None
                nn.init.zeros_(last.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes; the comments give the sizes of 224×224 images."""
        x = self.relu(self.bn1(self.conv1(x)))  # (N, 3, 224, 224) → (N, 64, 112, 112)
        x = self.maxpool(x)  # (N, 64, 56, 56)
        x = self.layer1(x)  # (N, 64, 56, 56)
        x = self.layer2(x)  # (N, 128, 28, 28)
        x = self.layer3(x)  # (N, 256, 14, 14)
        x = self.layer4(x)  # (N, 512, 7, 7)
        x = ops.flatten(self.avgpool(x), 1)  # (N, 512)
        return self.fc(x)


def _stage(
    block: type[BasicBlock] | type[Bottleneck], inplanes: int, planes: int, blocks: int, stride: int
) -> nn.Sequential:
    """Return `blocks` blocks of `planes`; only the first has `inplanes` input channels and the stride."""
    channels = planes * block.expansion
    downsample = None
    if stride != 1 or inplanes != channels:
        downsample = nn.Sequential(
            nn.Conv2d(inplanes, channels, 1, stride=stride, bias=False), nn.BatchNorm2d(channels)
        )  # fmt: skip
    first = block(inplanes, planes, stride, downsample)
    return nn.Sequential(first, *[block(channels, planes) for _ in range(blocks - 1)])


@without_trained_weights
def resnet18(num_classes: int = 1000, zero_init_residual: bool = False) -> ResNet:
    """Return ResNet-18: 11,689,512 parameters; `num_classes` and `zero_init_residual` as for `ResNet`.

    Like all functions named after torchvision's, it also takes `pretrained`, `progress` and `weights`. No trained
    weights come with the package: `pretrained` must be False and `weights` None. `progress` is ignored.

    Raises:
        ValueError: the caller asks for trained weights.
    """
    return ResNet(BasicBlock, (2, 2, 2, 2), num_classes, zero_init_residual)


@without_trained_weights
def resnet34(num_classes: int = 1000, zero_init_residual: bool = False) -> ResNet:
    """Return ResNet-34: 21,797,672 parameters; arguments as for `resnet18`."""
    return ResNet(BasicBlock, (3, 4, 6, 3), num_classes, zero_init_residual)


@without_trained_weights
def resnet50(num_classes: int = 1000, zero_init_residual: bool = False) -> ResNet:
    """Return ResNet-50: 25,557,032 parameters; arguments as for `resnet18`."""
    return ResNet(Bottleneck, (3, 4, 6, 3), num_classes, zero_init_residual)


class PadShortcut(nn.Module):
    """Take every second row and column, and add channels of zeros: a shortcut without parameters.

    Args:
        channels: channels to add, half of them before and half after the input's; even.

    Shape:
        (N, C, H, W) → (N, C + channels, ⌈H/2⌉, ⌈W/2⌉).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        """Return the subsampled maps between maps of zeros."""
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
        self.layer2 = _cifar_stage(16, 32, n)
        self.layer3 = _cifar_stage(32, 64, n)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(64, num_classes)
        draw_weights(self.modules())

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes."""
        x = self.relu(self.bn1(self.conv1(x)))  # (N, 3, 32, 32) → (N, 16, 32, 32)
        x = self.layer1(x)  # (N, 16, 32, 32)
        x = self.layer2(x)  # (N, 32, 16, 16)
        x = self.layer3(x)  # (N, 64, 8, 8)
        x = ops.flatten(self.avgpool(x), 1)  # (N, 64)
        return self.fc(x)


def _cifar_stage(inplanes: int, planes: int, n: int) -> nn.Sequential:
    """Return `n` blocks, the first of which halves height and width."""
    first = BasicBlock(inplanes, planes, 2, PadShortcut(planes - inplanes))
    return nn.Sequential(first, *[BasicBlock(planes, planes) for _ in range(n - 1)])


def resnet20(num_classes: int = 10) -> CifarResNet:
    """Return ResNet-20 for CIFAR-10: 269,722 parameters."""
    return CifarResNet(3, num_classes)
