"""`SixConvNet`: six normalised convolutions for CIFAR-10, about 76 % of its test images after some epochs of Adam."""

from __future__ import annotations

from tinygrad_cnn import nn
from tinygrad_cnn.tensor import Tensor


class SixConvNet(nn.Module):
    """Three convolutions, pooling, three convolutions, pooling, one fully connected layer.

    Each convolution keeps the image's size and is followed by BatchNorm2d and ReLU; the scores pass a BatchNorm1d. The
    weights start as PyTorch's layers do. `features` and `classifier` are Sequentials, so ``model.features[0]`` is the
    first convolution.

    Args:
        in_channels: channels of the images.
        num_classes: number of classes.

    Shape:
        images (N, in_channels, 32, 32) → scores (N, num_classes).
    """

    def __init__(self, in_channels: int = 3, num_classes: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_stage(in_channels, (64, 5), (32, 3), (32, 3)),  # (N, 3, 32, 32) → (N, 32, 16, 16)
            *_stage(32, (32, 3), (16, 3), (16, 3)),  # (N, 16, 8, 8)
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),  # (N, 1024)
            nn.Linear(16 * 8 * 8, num_classes),
            nn.BatchNorm1d(num_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes."""
        scores: Tensor = self.classifier(self.features(x))
        return scores


def _stage(channels: int, *convolutions: tuple[int, int]) -> list[nn.Module]:
    """Return convolutions of (filters, kernel size), each normalised and rectified, and a pooling layer."""
    layers: list[nn.Module] = []
    for filters, kernel_size in convolutions:
        layers += [nn.Conv2d(channels, filters, kernel_size, padding="same"), nn.BatchNorm2d(filters), nn.ReLU()]
        channels = filters
    return [*layers, nn.MaxPool2d(2)]
