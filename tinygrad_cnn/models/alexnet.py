"""`AlexNet`: five convolutions and three fully connected layers for ImageNet, with torchvision's names."""

from __future__ import annotations

from typing import Any

from tinygrad_cnn import nn, ops
from tinygrad_cnn.models.weights import refuse_weights
from tinygrad_cnn.tensor import Tensor


class AlexNet(nn.Module):
    """Five convolutions, three of them pooled 3×3 with stride 2, and three fully connected layers with dropout.

    It is the one-tower variant, as in torchvision, whose weights `load_state_dict` takes. 61,100,840 parameters with
    the defaults; they start as PyTorch's layers do.

    Args:
        num_classes: number of classes.
        dropout: probability with which an input of the first two fully connected layers is dropped in training.

    Shape:
        images (N, 3, H, W) of at least 63×63, made for 224×224 → scores (N, num_classes).

    Ref: Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014, after Krizhevsky,
    Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012.
    """

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, stride=4, padding=2),  # (N, 3, 224, 224) → (N, 64, 55, 55)
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),  # (N, 64, 27, 27)
            nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),  # (N, 192, 13, 13)
            nn.Conv2d(192, 384, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),  # (N, 256, 6, 6)
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, num_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes."""
        x = self.avgpool(self.features(x))  # (N, 256, 6, 6)
        x = ops.flatten(x, 1)  # (N, 9216)
        scores: Tensor = self.classifier(x)
        return scores


def alexnet(
    pretrained: bool = False, progress: bool = True, *, weights: object = None, **kwargs: Any  # noqa: ARG001
) -> AlexNet:  # fmt: skip
    """Return an `AlexNet`; arguments as for it, and as for `resnet18`."""
    refuse_weights("alexnet", weights, pretrained)
    return AlexNet(**kwargs)
