"""`VGG`: stacks of 3×3 convolutions between poolings, with torchvision's names."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_cnn import nn, ops
from tinygrad_cnn.models.weights import draw_weights, without_trained_weights
from tinygrad_cnn.tensor import Tensor

_COUNTS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Configurations A, B, D and E of the paper: the number of convolutions before each pooling layer."""


class VGG(nn.Module):
    """Convolutions and poolings, average pooling to 7×7, and three fully connected layers with dropout.

    `load_state_dict` takes torchvision's weights. As there, convolutions start He-normal over fan_out, fully connected
    layers N(0, 0.01²), biases at 0.

    Args:
        features: the convolutional part, made by `vgg_features`; it ends with 512 channels.
        num_classes: number of classes.
        init_weights: draw the weights as above; False keeps the layers' own.
        dropout: probability with which an element of a hidden fully connected layer is dropped in training.

    Shape:
        images (N, 3, H, W) of at least 32×32, made for 224×224 → scores (N, num_classes).

    Ref: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2014, table 1.
    """

    def __init__(
        self, features: nn.Module, num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(True),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(True),
            nn.Dropout(dropout),
            nn.Linear(4096, num_classes),
        )
        if init_weights:
            draw_weights(features.modules(), mode="fan_out")
            draw_weights(self.classifier, std=0.01)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes; the comments give the sizes of 224×224 images."""
        x = self.features(x)  # (N, 3, 224, 224) → (N, 512, 7, 7)
        x = self.avgpool(x)  # (N, 512, 7, 7)
        x = ops.flatten(x, 1)  # (N, 25088)
        return self.classifier(x)


def vgg_features(plan: Sequence[int | str], batch_norm: bool = False) -> nn.Sequential:
    """Return the convolutional part of a `VGG`.

    Args:
        plan: for each layer the number of filters of a 3×3 convolution, or "M" for 2×2 max-pooling.
        batch_norm: normalise after each convolution.
    """
    layers: list[nn.Module] = []
    channels = 3
    for filters in plan:
        if isinstance(filters, str):
            layers.append(nn.MaxPool2d(2, stride=2))
            continue
        layers.append(nn.Conv2d(channels, filters, 3, padding=1))
        if batch_norm:
            layers.append(nn.BatchNorm2d(filters))
        layers.append(nn.ReLU(inplace=True))
        channels = filters
    return nn.Sequential(*layers)


def _vgg(depth: int, batch_norm: bool, num_classes: int, init_weights: bool, dropout: float) -> VGG:
    plan: list[int | str] = []
    for filters, count in zip((64, 128, 256, 512, 512), _COUNTS[depth], strict=True):
        plan += [*[filters] * count, "M"]
    return VGG(vgg_features(plan, batch_norm), num_classes, init_weights, dropout)


@without_trained_weights
def vgg11(num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5) -> VGG:
    """Return VGG-11, configuration A: 132,863,336 parameters; arguments as for `VGG` and `resnet18`."""
    return _vgg(11, False, num_classes, init_weights, dropout)


@without_trained_weights
def vgg11_bn(num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5) -> VGG:
    """Return VGG-11 with batch normalisation: 132,868,840 parameters; arguments as for `VGG` and `resnet18`."""
    return _vgg(11, True, num_classes, init_weights, dropout)


@without_trained_weights
def vgg13(num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5) -> VGG:
    """Return VGG-13, configuration B: 133,047,848 parameters; arguments as for `VGG` and `resnet18`."""
    return _vgg(13, False, num_classes, init_weights, dropout)


@without_trained_weights
def vgg13_bn(num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5) -> VGG:
    """Return VGG-13 with batch normalisation: 133,053,736 parameters; arguments as for `VGG` and `resnet18`."""
    return _vgg(13, True, num_classes, init_weights, dropout)


@without_trained_weights
def vgg16(num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5) -> VGG:
    """Return VGG-16, configuration D: 138,357,544 parameters; arguments as for `VGG` and `resnet18`."""
    return _vgg(16, False, num_classes, init_weights, dropout)


@without_trained_weights
def vgg16_bn(num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5) -> VGG:
    """Return VGG-16 with batch normalisation: 138,365,992 parameters; arguments as for `VGG` and `resnet18`."""
    return _vgg(16, True, num_classes, init_weights, dropout)


@without_trained_weights
def vgg19(num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5) -> VGG:
    """Return VGG-19, configuration E: 143,667,240 parameters; arguments as for `VGG` and `resnet18`."""
    return _vgg(19, False, num_classes, init_weights, dropout)


@without_trained_weights
def vgg19_bn(num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5) -> VGG:
    """Return VGG-19 with batch normalisation: 143,678,248 parameters; arguments as for `VGG` and `resnet18`."""
    return _vgg(19, True, num_classes, init_weights, dropout)
