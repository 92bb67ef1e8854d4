"""ResNet-18 and VGG-11 for 224×224 images, each written once for whichever framework is passed as `torch`."""

from __future__ import annotations

from typing import Any


def resnet18(torch: Any) -> Any:
    """Return ResNet-18 with 1,000 classes (He et al., 2015)."""
    nn, F = torch.nn, torch.nn.functional  # noqa: N806

    class Block(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, c: int, o: int, stride: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(c, o, 3, stride=stride, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(o)
            self.conv2 = nn.Conv2d(o, o, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(o)
            self.downsample = None
            if stride > 1:
                self.downsample = nn.Sequential(nn.Conv2d(c, o, 1, stride=stride, bias=False), nn.BatchNorm2d(o))

        def forward(self, x: Any) -> Any:
            y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            return F.relu(y + (x if self.downsample is None else self.downsample(x)))

    layers = [nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    layers.append(nn.MaxPool2d(3, stride=2, padding=1))
    for c, o, stride in ((64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2)):
        layers += [Block(c, o, stride), Block(o, o, 1)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(512, 1000))


def vgg11(torch: Any) -> Any:
    """Return VGG-11 with 1,000 classes (Simonyan and Zisserman, 2014, configuration A)."""
    nn = torch.nn
    layers = []
    c = 3
    for stage in ((64,), (128,), (256, 256), (512, 512), (512, 512)):
        for o in stage:
            layers += [nn.Conv2d(c, o, 3, padding=1), nn.ReLU()]
            c = o
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d((7, 7)), nn.Flatten(),
        nn.Linear(25088, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(),
        nn.Linear(4096, 1000),
    )  # fmt: skip
