"""`DenseNet`: each layer sees the outputs of all layers before it in its block, with torchvision's names."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_cnn import nn, ops
from tinygrad_cnn.models.weights import draw_weights, without_trained_weights
from tinygrad_cnn.tensor import Tensor


class DenseNet(nn.Module):
    """Convolution 7×7 and pooling, dense blocks with transitions between them, the mean, one fully connected layer.

    A layer of a block is norm → ReLU → convolution 1×1 → norm → ReLU → convolution 3×3; its output is concatenated
    with its input. A transition halves the channels and the size. `load_state_dict` takes torchvision's weights. As
    there, convolutions start He-normal, norms at 1 and 0, the bias of the fully connected layer at 0.

    Args:
        growth_rate: channels that a layer adds.
        block_config: number of layers in each block.
        num_init_features: channels of the first convolution.
        bn_size: the convolution 1×1 of a layer has `bn_size` · `growth_rate` channels.
        drop_rate: probability with which an element of a layer's output is dropped in training.
        num_classes: number of classes.

    Shape:
        images (N, 3, H, W) of at least 29×29, made for 224×224 → scores (N, num_classes).

    Ref: Huang, Liu, van der Maaten and Weinberger, "Densely connected convolutional networks", 2017, table 1.
    """

    def __init__(
        self,
        growth_rate: int = 32,
        block_config: Sequence[int] = (6, 12, 24, 16),
        num_init_features: int = 64,
        bn_size: int = 4,
        drop_rate: float = 0,
        num_classes: int = 1000,
    ) -> None:
        super().__init__()
        channels = num_init_features
        features: dict[str, nn.Module] = {
            "conv0": nn.Conv2d(3, channels, 7, stride=2, padding=3, bias=False),
            "norm0": nn.BatchNorm2d(channels),
            "relu0": nn.ReLU(inplace=True),
            "pool0": nn.MaxPool2d(3, stride=2, padding=1),
        }
        for i, layers in enumerate(block_config, start=1):
            features[f"denseblock{i}"] = _DenseBlock(layers, channels, bn_size, growth_rate, drop_rate)
            channels += layers * growth_rate
            if i < len(block_config):
                features[f"transition{i}"] = _transition(channels, channels // 2)
                channels //= 2
        features["norm5"] = nn.BatchNorm2d(channels)
        self.features = nn.Sequential(features)
        self.classifier = nn.Linear(channels, num_classes)
        draw_weights(self.features.modules())
        assert self.classifier.bias is not None
        nn.init.zeros_(self.classifier.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes."""
        x = nn.functional.relu(self.features(x), inplace=True)  # (N, 3, 224, 224) → (N, 1024, 7, 7)
        x = ops.flatten(nn.functional.adaptive_avg_pool2d(x, (1, 1)), 1)  # (N, 1024)
        return self.classifier(x)


class _DenseLayer(nn.Module):
    """Compute `growth_rate` new channels from the outputs of all layers before."""

    def __init__(self, channels: int, growth_rate: int, bn_size: int, drop_rate: float) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(channels, bn_size * growth_rate, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(bn_size * growth_rate)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(bn_size * growth_rate, growth_rate, 3, padding=1, bias=False)
        self.drop_rate = drop_rate

    def forward(self, before: list[Tensor]) -> Tensor:
        """Return the new channels."""
        x = self.conv1(self.relu1(self.norm1(ops.cat(before, 1))))
        x = self.conv2(self.relu2(self.norm2(x)))
        return nn.functional.dropout(x, self.drop_rate, self.training) if self.drop_rate else x


class _DenseBlock(nn.ModuleDict):
    """Layers each of which takes the block's input and the outputs of all layers before it."""

    def __init__(self, layers: int, channels: int, bn_size: int, growth_rate: int, drop_rate: float) -> None:
        super().__init__()
        for i in range(layers):
            self[f"denselayer{i + 1}"] = _DenseLayer(channels + i * growth_rate, growth_rate, bn_size, drop_rate)

    def forward(self, x: Tensor) -> Tensor:
        """Return the input and the outputs of all layers, concatenated along the channels."""
        outputs = [x]
        for layer in self.values():
            outputs.append(layer(outputs))
        return ops.cat(outputs, 1)


def _transition(channels: int, kept: int) -> nn.Sequential:
    """Return the layers between two blocks: a 1×1 convolution to `kept` channels, and pooling."""
    return nn.Sequential(
        {
            "norm": nn.BatchNorm2d(channels),
            "relu": nn.ReLU(inplace=True),
            "conv": nn.Conv2d(channels, kept, 1, bias=False),
            "pool": nn.AvgPool2d(2, stride=2),
        }
    )


@without_trained_weights
def densenet121(bn_size: int = 4, drop_rate: float = 0, num_classes: int = 1000) -> DenseNet:
    """Return DenseNet-121: 7,978,856 parameters; arguments as for `DenseNet` and `resnet18`."""
    return DenseNet(bn_size=bn_size, drop_rate=drop_rate, num_classes=num_classes)
