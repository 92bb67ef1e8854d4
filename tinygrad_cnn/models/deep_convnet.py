"""`DeepConvNet`: six 3×3 convolutions with dropout, what follows SimpleConvNet on the way to 99 % of digits."""

from __future__ import annotations

from tinygrad_cnn import nn
from tinygrad_cnn.tensor import Tensor


class DeepConvNet(nn.Module):
    """Convolutions of 16, 16, 32, 32, 64, 64 filters, pooled after every second; FC 50, dropout, FC 10.

    Every convolution is 3×3 with ReLU and one ring of zeros, save the fourth with two: 14×14 maps become 16×16, so
    that the poolings divide exactly. Weights start He-normal, N(0, 2/fan_in), biases at 0. 123,552 parameters with the
    defaults.

    Args:
        in_channels: channels of the images.
        hidden_size: width of the hidden layer.
        num_classes: number of classes.
        dropout: probability with which an element of the hidden layer is dropped in training.

    Shape:
        images (N, in_channels, 28, 28) → scores (N, num_classes).

    Ref: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2014 (stacks of
    3×3); Srivastava et al., "Dropout", 2014.
    """

    def __init__(
        self, in_channels: int = 1, hidden_size: int = 50, num_classes: int = 10, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_stage(in_channels, 16, padding=1),  # (N, 1, 28, 28) → (N, 16, 14, 14)
            *_stage(16, 32, padding=2),  # (N, 32, 8, 8)
            *_stage(32, 64, padding=1),  # (N, 64, 4, 4)
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),  # (N, 1024)
            nn.Linear(64 * 4 * 4, hidden_size),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden_size, num_classes),
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight)
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes."""
        scores: Tensor = self.classifier(self.features(x))
        return scores


def _stage(channels: int, filters: int, *, padding: int) -> list[nn.Module]:
    """Return two convolutions, the second with `padding`, each rectified, and a pooling layer."""
    return [
        nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(),
        nn.Conv2d(filters, filters, 3, padding=padding), nn.ReLU(),
        nn.MaxPool2d(2),
    ]  # fmt: skip
