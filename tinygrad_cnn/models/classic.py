"""Two networks that made history: `LeNet5` for digits, and `AlexNet` for ImageNet with torchvision's names."""

from __future__ import annotations

import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, ops
from tinygrad_cnn.models.weights import without_trained_weights
from tinygrad_cnn.tensor import Tensor


class LeNet5(nn.Module):
    """Convolution 6@5×5 → average pooling → convolution 16@5×5 → average pooling → FC 120 → FC 84 → FC 10, with tanh.

    The first convolution pads 28×28 digits to the paper's 32×32. Unlike in the paper, but as is usual today, every map
    of the second convolution sees all six maps, pooling has no weights, and the scores are linear. 61,706 parameters
    with the defaults; they start as PyTorch's layers do.

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
        return self.fc3(x)  # (N, 10)


class AlexNet(nn.Module):
    """Five convolutions, three of them pooled 3×3 with stride 2, and three fully connected layers with dropout.

    This is torchvision's one-tower variant, and `load_state_dict` takes torchvision's weights. 61,100,840 parameters
    with the defaults; they start as PyTorch's layers do.

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
        return self.classifier(x)


@without_trained_weights
def alexnet(num_classes: int = 1000, dropout: float = 0.5) -> AlexNet:
    """Return an `AlexNet`; arguments as for `AlexNet` and `resnet18`."""
    return AlexNet(num_classes, dropout)
