"""The small networks of course reports: one hidden layer to six convolutions, for digits, toy patterns and CIFAR-10."""

from __future__ import annotations

from collections.abc import Sequence

import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, ops
from tinygrad_cnn._checks import pair
from tinygrad_cnn.models.weights import draw_weights
from tinygrad_cnn.tensor import Tensor


class TwoLayerFC(nn.Module):
    """Flatten → fully connected → ReLU → fully connected: the baseline for convolutional networks.

    Weights start He-normal, N(0, 2/fan_in), biases at 0.

    Args:
        input_size: elements of one input, 3·32·32 = 3072 for CIFAR-10.
        hidden_size: width of the hidden layer.
        num_classes: number of classes.

    Shape:
        inputs (N, ...) of `input_size` elements each → scores (N, num_classes).
    """

    def __init__(self, input_size: int, hidden_size: int, num_classes: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(input_size, hidden_size)
        self.fc2 = nn.Linear(hidden_size, num_classes)
        draw_weights(self.children())

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes."""
        x = ops.flatten(x, 1)  # (N, input_size)
        return self.fc2(F.relu(self.fc1(x)))


class ConvNet2(nn.Module):
    """Convolution → ReLU → flatten → fully connected, for small grey patterns.

    Args:
        img_sz: height and width of the grey images.
        kernel_sz: height and width of the filters.
        kernel_num: number of filters.
        num_cls: number of classes.
        init: how weights start: "small" draws 0.001 · N(0, 1), "he" N(0, 2/fan_in). Biases start at 0.

    Shape:
        images (N, 1, H, W) → scores (N, num_cls).

    Raises:
        ValueError: the filters are larger than the images, or `init` is unknown.
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
        draw_weights(self.children(), std=0.001 if init == "small" else None)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes; the comments give the sizes of the defaults."""
        x = F.relu(self.conv1(x))  # (N, 1, 11, 11) → (N, 16, 7, 7)
        x = ops.flatten(x, 1)  # (N, 784)
        return self.fc1(x)  # (N, 3)


class SimpleConvNet(nn.Module):
    """Convolution → ReLU → max-pool 2×2 → affine → ReLU → affine, for handwritten digits.

    Weights start at weight_init_std · N(0, 1), biases at 0.

    Args:
        input_dim: (C, H, W) of the images.
        filter_num: number of filters of the convolution.
        filter_size: their height and width.
        pad: rings of zeros around the images.
        stride: step between windows.
        hidden_size: width of the hidden layer.
        output_size: number of classes.
        weight_init_std: standard deviation of the initial weights.

    Shape:
        images (N, C, H, W) → scores (N, output_size).

    Raises:
        ValueError: convolution and pooling leave nothing of the images.
    """

    def __init__(
        self,
        input_dim: tuple[int, int, int] = (1, 28, 28),
        filter_num: int = 30,
        filter_size: int = 5,
        pad: int = 0,
        stride: int = 1,
        hidden_size: int = 100,
        output_size: int = 10,
        weight_init_std: float = 0.01,
    ) -> None:
        super().__init__()
        channels, *size = input_dim
        height, width = ((side + 2 * pad - filter_size) // stride + 1 for side in size)
        if height < 2 or width < 2:
            raise ValueError(
                f"SimpleConvNet: expected maps of at least 2×2 after the convolution, got {height}×{width} "
                f"from input_dim={tuple(input_dim)}, filter_size={filter_size}, pad={pad}, stride={stride}"
            )
        self.conv1 = nn.Conv2d(channels, filter_num, filter_size, stride=stride, padding=pad)
        self.pool1 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(filter_num * (height // 2) * (width // 2), hidden_size)
        self.fc2 = nn.Linear(hidden_size, output_size)
        draw_weights(self.children(), std=weight_init_std)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes; the comments give the sizes of the defaults."""
        x = F.relu(self.conv1(x))  # (N, 1, 28, 28) → (N, 30, 24, 24)
        x = self.pool1(x)  # (N, 30, 12, 12)
        x = ops.flatten(x, 1)  # (N, 4320)
        x = F.relu(self.fc1(x))  # (N, 100)
        return self.fc2(x)  # (N, 10)


class DigitConvNet(nn.Module):
    """Convolution → ReLU → pooling, twice, then two fully connected layers, for 28×28 digits; the loss has the softmax.

    Its weights can be counted by hand: 10·5·5 + 20·5·5·10 + 320·100 + 100·10 = 250 + 5,000 + 32,000 + 1,000 = 38,250,
    and with the 140 biases 38,390. They start as PyTorch's layers do.

    Args:
        pool: "max" or "avg".
        num_classes: number of classes.

    Shape:
        images (N, 1, 28, 28) → scores (N, num_classes).

    Raises:
        ValueError: `pool` is unknown.
    """

    def __init__(self, pool: str = "max", num_classes: int = 10) -> None:
        super().__init__()
        if pool not in ("max", "avg"):
            raise ValueError(f"DigitConvNet: expected pool 'max' or 'avg', got {pool!r}")
        pooling = nn.MaxPool2d if pool == "max" else nn.AvgPool2d
        self.conv1 = nn.Conv2d(1, 10, 5)
        self.pool1 = pooling(2)
        self.conv2 = nn.Conv2d(10, 20, 5)
        self.pool2 = pooling(2)
        self.fc1 = nn.Linear(320, 100)
        self.fc2 = nn.Linear(100, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes."""
        x = self.pool1(F.relu(self.conv1(x)))  # (N, 1, 28, 28) → (N, 10, 24, 24) → (N, 10, 12, 12)
        x = self.pool2(F.relu(self.conv2(x)))  # (N, 20, 8, 8) → (N, 20, 4, 4)
        x = ops.flatten(x, 1)  # (N, 320)
        x = F.relu(self.fc1(x))  # (N, 100)
        return self.fc2(x)  # (N, 10)


class ThreeLayerConvNet(nn.Module):
    """Convolution 5×5 → ReLU → convolution 3×3 → ReLU → fully connected.

    Both convolutions are padded to keep height and width. Weights start He-normal, N(0, 2/fan_in), biases at 0.

    Args:
        in_channel: channels of the images.
        channel_1: filters of the first convolution.
        channel_2: filters of the second convolution.
        num_classes: number of classes.
        img_sz: height and width of the images, one number or (H, W).

    Shape:
        images (N, in_channel, H, W) → scores (N, num_classes).
    """

    def __init__(
        self, in_channel: int, channel_1: int, channel_2: int, num_classes: int, img_sz: int | Sequence[int] = 32
    ) -> None:
        super().__init__()
        height, width = pair("ThreeLayerConvNet", "img_sz", img_sz, least=1)
        self.conv1 = nn.Conv2d(in_channel, channel_1, 5, padding=2)
        self.conv2 = nn.Conv2d(channel_1, channel_2, 3, padding=1)
        self.fc = nn.Linear(channel_2 * height * width, num_classes)
        draw_weights(self.children())

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes; the comments give the sizes of ThreeLayerConvNet(3, 32, 16, 10)."""
        x = F.relu(self.conv1(x))  # (N, 3, 32, 32) → (N, 32, 32, 32)
        x = F.relu(self.conv2(x))  # (N, 16, 32, 32)
        x = ops.flatten(x, 1)  # (N, 16384)
        return self.fc(x)  # (N, 10)


class _StagedConvNet(nn.Module):
    """Convolutional stages in `features`, the rest in `classifier`."""

    features: nn.Sequential
    classifier: nn.Sequential

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes."""
        return self.classifier(self.features(x))


class SixConvNet(_StagedConvNet):
    """Three convolutions, pooling, three convolutions, pooling, one fully connected layer, for CIFAR-10.

    It classifies about 76 % of the test images correctly after a few epochs of Adam. Each convolution keeps the image's
    size and is followed by BatchNorm2d and ReLU; the scores pass through a BatchNorm1d. The weights start as PyTorch's
    layers do. `features` and `classifier` are Sequentials, so ``model.features[0]`` is the first convolution.

    Args:
        in_channels: channels of the images.
        num_classes: number of classes.

    Shape:
        images (N, in_channels, 32, 32) → scores (N, num_classes).
    """

    def __init__(self, in_channels: int = 3, num_classes: int = 10) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = in_channels
        for filters, size in ((64, 5), (32, 3), (32, 3), (32, 3), (16, 3), (16, 3)):
            layers += [nn.Conv2d(channels, filters, size, padding="same"), nn.BatchNorm2d(filters), nn.ReLU()]
            channels = filters
        # (N, 3, 32, 32) → (N, 32, 16, 16) → (N, 16, 8, 8)
        self.features = nn.Sequential(*layers[:9], nn.MaxPool2d(2), *layers[9:], nn.MaxPool2d(2))
        self.classifier = nn.Sequential(
            nn.Flatten(),  # (N, 1024)
            nn.Linear(16 * 8 * 8, num_classes),
            nn.BatchNorm1d(num_classes),
        )


class DeepConvNet(_StagedConvNet):
    """Convolutions of 16, 16, 32, 32, 64, 64 filters, pooled after every second; FC 50, dropout, FC 10.

    It classifies about 99 % of digits correctly. Every convolution is 3×3 with ReLU and padding 1, except the fourth
    with padding 2: 14×14 maps become 16×16, so that the poolings divide them exactly. Weights start He-normal,
    N(0, 2/fan_in), biases at 0. 123,552 parameters with the defaults.

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
        layers: list[nn.Module] = []
        channels = in_channels
        for filters, padding in ((16, 1), (32, 2), (64, 1)):
            layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
            layers += [nn.Conv2d(filters, filters, 3, padding=padding), nn.ReLU(), nn.MaxPool2d(2)]
            channels = filters
        self.features = nn.Sequential(*layers)  # (N, 1, 28, 28) → (N, 16, 14, 14) → (N, 32, 8, 8) → (N, 64, 4, 4)
        self.classifier = nn.Sequential(
            nn.Flatten(),  # (N, 1024)
            nn.Linear(64 * 4 * 4, hidden_size),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden_size, num_classes),
        )
        draw_weights(self.modules())
