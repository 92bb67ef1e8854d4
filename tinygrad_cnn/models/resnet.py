"""`ResNet`: residual networks for ImageNet, with torchvision's names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygrad_cnn import nn, ops
from tinygrad_cnn.models.weights import refuse_weights
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
    """How many times `planes` the output has channels."""

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
        out: Tensor = self.relu(y + shortcut)
        return out


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
    """How many times `planes` the output has channels."""

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
        out: Tensor = self.relu(y + shortcut)
        return out


class ResNet(nn.Module):
    """Convolution 7×7 and pooling, four stages of residual blocks, the mean over all places, one fully connected layer.

    As in torchvision, whose weights `load_state_dict` takes: convolutions start He-normal over fan_out, norms at 1 and
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
        self.layer1 = _stage(block, 64, 64, layers[0], stride=1)
        self.layer2 = _stage(block, 64 * wide, 128, layers[1], stride=2)
        self.layer3 = _stage(block, 128 * wide, 256, layers[2], stride=2)
        self.layer4 = _stage(block, 256 * wide, 512, layers[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * wide, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, BasicBlock | Bottleneck) and zero_init_residual:
                last = module.bn2 if isinstance(module, BasicBlock) else module.bn3
                assert last.weight is not None
                nn.init.zeros_(last.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes; sizes below are those of 224×224 images."""
        x = self.relu(self.bn1(self.conv1(x)))  # (N, 3, 224, 224) → (N, 64, 112, 112)
        x = self.maxpool(x)  # (N, 64, 56, 56)
        x = self.layer1(x)  # (N, 64, 56, 56)
        x = self.layer2(x)  # (N, 128, 28, 28)
        x = self.layer3(x)  # (N, 256, 14, 14)
        x = self.layer4(x)  # (N, 512, 7, 7)
        x = ops.flatten(self.avgpool(x), 1)  # (N, 512)
        scores: Tensor = self.fc(x)
        return scores


def _stage(
    block: type[BasicBlock] | type[Bottleneck], inplanes: int, planes: int, blocks: int, *, stride: int
) -> nn.Sequential:
    """Return `blocks` blocks of `planes`; the first takes `inplanes` channels and has the stride."""
    channels = planes * block.expansion
    downsample = None
    if stride != 1 or inplanes != channels:
        downsample = nn.Sequential(
            nn.Conv2d(inplanes, channels, 1, stride=stride, bias=False), nn.BatchNorm2d(channels)
        )  # fmt: skip
    first = block(inplanes, planes, stride, downsample)
    return nn.Sequential(first, *[block(channels, planes) for _ in range(blocks - 1)])


def resnet18(
    pretrained: bool = False, progress: bool = True, *, weights: object = None, **kwargs: Any  # noqa: ARG001
) -> ResNet:  # fmt: skip
    """Return ResNet-18: 11,689,512 parameters; the other arguments as for `ResNet`.

    Args:
        pretrained: must be False, and `weights` None: no trained weights come with the package.
        progress: of the download, which there is none of.
        weights: see `pretrained`.
        kwargs: passed on to `ResNet`.

    Raises:
        ValueError: trained weights are asked for.
    """
    refuse_weights("resnet18", weights, pretrained)
    return ResNet(BasicBlock, (2, 2, 2, 2), **kwargs)


def resnet34(
    pretrained: bool = False, progress: bool = True, *, weights: object = None, **kwargs: Any  # noqa: ARG001
) -> ResNet:  # fmt: skip
    """Return ResNet-34: 21,797,672 parameters; arguments as for `resnet18`."""
    refuse_weights("resnet34", weights, pretrained)
    return ResNet(BasicBlock, (3, 4, 6, 3), **kwargs)


def resnet50(
    pretrained: bool = False, progress: bool = True, *, weights: object = None, **kwargs: Any  # noqa: ARG001
) -> ResNet:  # fmt: skip
    """Return ResNet-50: 25,557,032 parameters; arguments as for `resnet18`."""
    refuse_weights("resnet50", weights, pretrained)
    return ResNet(Bottleneck, (3, 4, 6, 3), **kwargs)
