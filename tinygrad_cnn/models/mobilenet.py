"""`MobileNetV2`: inverted residuals with depthwise convolutions, with torchvision's names."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_cnn import nn, ops
from tinygrad_cnn.models.weights import draw_weights, without_trained_weights
from tinygrad_cnn.tensor import Tensor

_SETTING = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Table 2 of the paper: (expansion, channels, blocks, stride of the first block) of each stage."""


class InvertedResidual(nn.Module):
    """Widen by a convolution 1×1, convolve each channel 3×3, and narrow again; add the input where the shapes agree.

    Args:
        inp: channels of the input.
        oup: channels of the output.
        stride: of the convolution 3×3, 1 or 2.
        expand_ratio: factor by which the first convolution widens the input; 1 leaves it out.

    Shape:
        (N, inp, H, W) → (N, oup, ⌈H/stride⌉, ⌈W/stride⌉).

    Raises:
        ValueError: the stride is neither 1 nor 2.
    """

    def __init__(self, inp: int, oup: int, stride: int, expand_ratio: float) -> None:
        super().__init__()
        if stride not in (1, 2):
            raise ValueError(f"InvertedResidual: expected stride 1 or 2, got {stride}")
        wide = round(inp * expand_ratio)
        first = [] if expand_ratio == 1 else [_conv_norm_relu6(inp, wide, 1)]
        self.conv = nn.Sequential(
            *first,
            _conv_norm_relu6(wide, wide, 3, stride=stride, groups=wide),
            nn.Conv2d(wide, oup, 1, bias=False),
            nn.BatchNorm2d(oup),
        )
        self.use_res_connect = stride == 1 and inp == oup

    def forward(self, x: Tensor) -> Tensor:
        """Return the output, with x added where the shapes agree."""
        y: Tensor = self.conv(x)
        return x + y if self.use_res_connect else y


class MobileNetV2(nn.Module):
    """Convolution 3×3, inverted residuals, convolution 1×1, the mean, dropout and one fully connected layer.

    `load_state_dict` takes torchvision's weights. As there, convolutions start He-normal over fan_out, norms at 1 and
    0, the fully connected layer N(0, 0.01²), its bias at 0.

    Args:
        num_classes: number of classes.
        width_mult: factor for all numbers of channels.
        inverted_residual_setting: (expansion, channels, blocks, stride) of each stage; the paper's by default.
        round_nearest: numbers of channels are rounded to multiples of it.
        dropout: probability with which an input of the fully connected layer is dropped in training.

    Shape:
        images (N, 3, H, W), made for 224×224 → scores (N, num_classes).

    Raises:
        ValueError: `inverted_residual_setting` is empty, or an entry does not have four numbers.

    Ref: Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", 2018, table 2.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        width_mult: float = 1.0,
        inverted_residual_setting: Sequence[Sequence[int]] | None = None,
        round_nearest: int = 8,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        stages = _SETTING if inverted_residual_setting is None else inverted_residual_setting
        if not stages or any(len(stage) != 4 for stage in stages):
            raise ValueError(f"MobileNetV2: expected stages of four numbers (t, c, n, s), got {stages!r}")
        channels = _rounded(32 * width_mult, round_nearest)
        self.last_channel = _rounded(1280 * max(1.0, width_mult), round_nearest)
        layers: list[nn.Module] = [_conv_norm_relu6(3, channels, 3, stride=2)]
        for widening, width, count, stride in stages:
            wanted = _rounded(width * width_mult, round_nearest)
            for i in range(count):
                layers.append(InvertedResidual(channels, wanted, stride if i == 0 else 1, widening))
                channels = wanted
        layers.append(_conv_norm_relu6(channels, self.last_channel, 1))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(self.last_channel, num_classes))
        draw_weights(self.features.modules(), mode="fan_out")
        draw_weights(self.classifier, std=0.01)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes."""
        x = self.features(x)  # (N, 3, 224, 224) → (N, 1280, 7, 7)
        x = ops.flatten(nn.functional.adaptive_avg_pool2d(x, (1, 1)), 1)  # (N, 1280)
        return self.classifier(x)


def _conv_norm_relu6(channels: int, filters: int, kernel_size: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Return a convolution that keeps the size at stride 1, a batch normalisation and a ReLU6."""
    padding = (kernel_size - 1) // 2
    return nn.Sequential(
        nn.Conv2d(channels, filters, kernel_size, stride=stride, padding=padding, groups=groups, bias=False),
        nn.BatchNorm2d(filters),
        nn.ReLU6(inplace=True),
    )


def _rounded(value: float, divisor: int) -> int:
    """Return `value` rounded to a multiple of `divisor`, at least that, and not below 9/10 of `value`."""
    nearest = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return nearest if nearest >= 0.9 * value else nearest + divisor


@without_trained_weights
def mobilenet_v2(
    num_classes: int = 1000,
    width_mult: float = 1.0,
    inverted_residual_setting: Sequence[Sequence[int]] | None = None,
    round_nearest: int = 8,
    dropout: float = 0.2,
) -> MobileNetV2:
    """Return a `MobileNetV2`: 3,504,872 parameters; arguments as for `MobileNetV2` and `resnet18`."""
    return MobileNetV2(num_classes, width_mult, inverted_residual_setting, round_nearest, dropout)
