"""Networks of torchvision in plain PyTorch, written from their papers, with torchvision's names of parameters.

Each function returns the twin, the shape of a batch small enough to train on, and the number of classes.
"""

from collections import OrderedDict

import model_twins
import torch
import torch.nn.functional as F
from model_twins import Net
from torch import nn


def resnet(block, wide, counts, shape):
    def stage(c, planes, count, stride):
        projection = None
        if stride > 1 or c != planes * wide:
            projection = nn.Sequential(
                nn.Conv2d(c, planes * wide, 1, stride, bias=False), nn.BatchNorm2d(planes * wide)
            )  # fmt: skip
        first = block(c, planes, stride, projection)
        return nn.Sequential(first, *[block(planes * wide, planes, 1, None) for _ in range(count - 1)])

    def run(m, x):
        x = F.max_pool2d(F.relu(m.bn1(m.conv1(x))), 3, 2, 1)
        return m.fc(m.layer4(m.layer3(m.layer2(m.layer1(x)))).mean((2, 3)))

    parts = {"conv1": nn.Conv2d(3, 64, 7, 2, 3, bias=False), "bn1": nn.BatchNorm2d(64)}
    channels = 64
    for i, (planes, count) in enumerate(zip((64, 128, 256, 512), counts, strict=True), start=1):
        parts[f"layer{i}"] = stage(channels, planes, count, 1 if i == 1 else 2)
        channels = planes * wide
    return Net(run, **parts, fc=nn.Linear(channels, 10)), shape, 10


def resnet34():
    return resnet(model_twins.residual, 1, (3, 4, 6, 3), (4, 3, 64, 48))


def bottleneck(c, planes, stride, shortcut):
    def run(m, x):
        y = F.relu(m.bn1(m.conv1(x)))
        y = F.relu(m.bn2(m.conv2(y)))
        return F.relu(m.bn3(m.conv3(y)) + (x if shortcut is None else shortcut(x)))

    parts = {
        "conv1": nn.Conv2d(c, planes, 1, bias=False), "bn1": nn.BatchNorm2d(planes),
        "conv2": nn.Conv2d(planes, planes, 3, stride, 1, bias=False), "bn2": nn.BatchNorm2d(planes),
        "conv3": nn.Conv2d(planes, 4 * planes, 1, bias=False), "bn3": nn.BatchNorm2d(4 * planes),
    }  # fmt: skip
    return Net(run, **parts, **({} if shortcut is None else {"downsample": shortcut}))


def resnet50():
    return resnet(bottleneck, 4, (3, 4, 6, 3), (4, 3, 64, 48))


def vgg13():
    return model_twins.vgg((2, 2, 2, 2, 2))


def vgg16():
    return model_twins.vgg((2, 2, 3, 3, 3))


def vgg16_bn():
    return model_twins.vgg((2, 2, 3, 3, 3), batch_norm=True)


def vgg19():
    return model_twins.vgg((2, 2, 4, 4, 4))


def densenet121():
    def layer(c):
        def run(m, x):
            y = m.conv1(F.relu(m.norm1(x)))
            return torch.cat([x, m.conv2(F.relu(m.norm2(y)))], 1)

        parts = {
            "norm1": nn.BatchNorm2d(c), "conv1": nn.Conv2d(c, 128, 1, bias=False),
            "norm2": nn.BatchNorm2d(128), "conv2": nn.Conv2d(128, 32, 3, padding=1, bias=False),
        }  # fmt: skip
        return Net(run, **parts)

    parts = [("conv0", nn.Conv2d(3, 64, 7, 2, 3, bias=False)), ("norm0", nn.BatchNorm2d(64)), ("relu0", nn.ReLU()),
             ("pool0", nn.MaxPool2d(3, 2, 1))]  # fmt: skip
    c = 64
    for i, count in enumerate((6, 12, 24, 16), start=1):
        layers = [(f"denselayer{j + 1}", layer(c + 32 * j)) for j in range(count)]
        parts.append((f"denseblock{i}", nn.Sequential(OrderedDict(layers))))
        c += 32 * count
        if i < 4:
            between = [("norm", nn.BatchNorm2d(c)), ("relu", nn.ReLU()), ("conv", nn.Conv2d(c, c // 2, 1, bias=False)),
                       ("pool", nn.AvgPool2d(2))]  # fmt: skip
            parts.append((f"transition{i}", nn.Sequential(OrderedDict(between))))
            c //= 2
    parts.append(("norm5", nn.BatchNorm2d(c)))
    features = nn.Sequential(OrderedDict(parts))
    run = lambda m, x: m.classifier(F.relu(m.features(x)).mean((2, 3)))  # noqa: E731
    return Net(run, features=features, classifier=nn.Linear(c, 6)), (3, 3, 64, 64), 6


def mobilenet_v2():
    def unit(c, o, k, stride=1, groups=1):
        return nn.Sequential(
            nn.Conv2d(c, o, k, stride, k // 2, groups=groups, bias=False), nn.BatchNorm2d(o), nn.ReLU6()
        )  # fmt: skip

    def block(c, o, stride, t):
        widened = [unit(c, c * t, 1)] if t > 1 else []
        narrowed = [nn.Conv2d(c * t, o, 1, bias=False), nn.BatchNorm2d(o)]
        conv = nn.Sequential(*widened, unit(c * t, c * t, 3, stride, c * t), *narrowed)
        return Net(lambda m, x: x + m.conv(x) if stride == 1 and c == o else m.conv(x), conv=conv)

    features, c = [unit(3, 32, 3, 2)], 32
    rows = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    for t, o, n, s in rows:
        for i in range(n):
            features.append(block(c, o, s if i == 0 else 1, t))
            c = o
    features.append(unit(320, 1280, 1))
    run = lambda m, x: m.classifier(m.features(x).mean((2, 3)))  # noqa: E731
    classifier = nn.Sequential(nn.Identity(), nn.Linear(1280, 6))
    return Net(run, features=nn.Sequential(*features), classifier=classifier), (4, 3, 64, 64), 6
