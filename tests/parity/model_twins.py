"""The networks of `tinygrad_cnn.models` in PyTorch, written from their descriptions, with the same names of parameters.

Each function returns the twin, the shape of a batch small enough to train on, and the number of classes.
"""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    """The named `parts`, run by ``forward(parts, x)``."""

    def __init__(self, run, **parts):
        super().__init__()
        self.run = run
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x):
        return self.run(self, x)


def flat(x):
    return torch.flatten(x, 1)


def convnet2():
    def run(m, x):
        return m.fc1(flat(F.relu(m.conv1(x))))

    return Net(run, conv1=nn.Conv2d(1, 16, 5), fc1=nn.Linear(16 * 7 * 7, 3)), (8, 1, 11, 11), 3


LAYERS = [
    ["conv", {"ksize": [5, 3], "chn": 6}],
    ["max", {"stride": [4, 2]}],
    ["conv", {"ksize": 3, "chn": 12, "actfunc": "tanh"}],
    ["avg", {"stride": 2}],
    ["full", {"width": 30, "actfunc": "sigmoid"}],
    10,
]


def cnn_basic():
    hidden = {
        "conv0": nn.Conv2d(3, 6, (5, 3), padding=(2, 1)), "relu0": nn.ReLU(), "max1": nn.MaxPool2d((4, 2)),
        "conv2": nn.Conv2d(6, 12, 3, padding=1), "tanh2": nn.Tanh(), "avg3": nn.AvgPool2d(2), "flatten": nn.Flatten(),
        "full4": nn.Linear(12 * 2 * 3, 30), "sigmoid4": nn.Sigmoid(), "full5": nn.Linear(30, 10), "relu5": nn.ReLU(),
    }  # fmt: skip
    parts = {"hidden": nn.Sequential(OrderedDict(hidden)), "output": nn.Linear(10, 5)}
    return Net(lambda m, x: m.output(m.hidden(x)), **parts), (5, 3, 16, 12), 5


def simple_convnet():
    def run(m, x):
        x = F.max_pool2d(F.relu(m.conv1(x)), 2)
        return m.fc2(F.relu(m.fc1(flat(x))))

    return Net(run, conv1=nn.Conv2d(1, 30, 5), fc1=nn.Linear(4320, 100), fc2=nn.Linear(100, 10)), (4, 1, 28, 28), 10


def two_layer_fc():
    def run(m, x):
        return m.fc2(F.relu(m.fc1(flat(x))))

    return Net(run, fc1=nn.Linear(3 * 8 * 8, 40), fc2=nn.Linear(40, 10)), (6, 3, 8, 8), 10


def three_layer_convnet():
    def run(m, x):
        x = F.relu(m.conv2(F.relu(m.conv1(x))))
        return m.fc(flat(x))

    parts = {
        "conv1": nn.Conv2d(3, 12, 5, padding=2),
        "conv2": nn.Conv2d(12, 8, 3, padding=1),
        "fc": nn.Linear(8 * 12 * 10, 10),
    }
    return Net(run, **parts), (4, 3, 12, 10), 10


def six_convnet():
    def block(c, o, k):
        return nn.Conv2d(c, o, k, padding="same"), nn.BatchNorm2d(o), nn.ReLU()

    features = nn.Sequential(
        *block(3, 64, 5), *block(64, 32, 3), *block(32, 32, 3), nn.MaxPool2d(2),
        *block(32, 32, 3), *block(32, 16, 3), *block(16, 16, 3), nn.MaxPool2d(2),
    )  # fmt: skip
    classifier = nn.Sequential(nn.Flatten(), nn.Linear(16 * 8 * 8, 10), nn.BatchNorm1d(10))
    return Net(lambda m, x: m.classifier(m.features(x)), features=features, classifier=classifier), (4, 3, 32, 32), 10


def digit_convnet(pool=F.max_pool2d):
    def run(m, x):
        x = pool(F.relu(m.conv1(x)), 2)
        x = pool(F.relu(m.conv2(x)), 2)
        return m.fc2(F.relu(m.fc1(flat(x))))

    parts = {
        "conv1": nn.Conv2d(1, 10, 5),
        "conv2": nn.Conv2d(10, 20, 5),
        "fc1": nn.Linear(320, 100),
        "fc2": nn.Linear(100, 10),
    }
    return Net(run, **parts), (4, 1, 28, 28), 10


def digit_convnet_average():
    return digit_convnet(F.avg_pool2d)


def deep_convnet():
    features = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    )  # fmt: skip
    classifier = nn.Sequential(nn.Flatten(), nn.Linear(1024, 50), nn.ReLU(), nn.Identity(), nn.Linear(50, 10))
    return Net(lambda m, x: m.classifier(m.features(x)), features=features, classifier=classifier), (4, 1, 28, 28), 10


def lenet5():
    def run(m, x):
        x = F.avg_pool2d(torch.tanh(m.conv1(x)), 2)
        x = F.avg_pool2d(torch.tanh(m.conv2(x)), 2)
        return m.fc3(torch.tanh(m.fc2(torch.tanh(m.fc1(flat(x))))))

    parts = {
        "conv1": nn.Conv2d(1, 6, 5, padding=2),
        "conv2": nn.Conv2d(6, 16, 5),
        "fc1": nn.Linear(400, 120),
        "fc2": nn.Linear(120, 84),
        "fc3": nn.Linear(84, 10),
    }
    return Net(run, **parts), (4, 1, 28, 28), 10


def large(features, places, classifier):
    """A network for ImageNet: convolutions, average pooling to `places` squared, fully connected layers."""

    def run(m, x):
        return m.classifier(flat(F.adaptive_avg_pool2d(m.features(x), places)))

    return Net(run, features=nn.Sequential(*features), classifier=nn.Sequential(*classifier))


def alexnet():
    features = [
        nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(), nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
    ]  # fmt: skip
    classifier = [
        nn.Identity(), nn.Linear(256 * 36, 4096), nn.ReLU(),
        nn.Identity(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 7),
    ]  # fmt: skip
    return large(features, 6, classifier), (2, 3, 95, 80), 7


def vgg(counts, batch_norm=False):
    features, channels = [], 3
    for filters, count in zip((64, 128, 256, 512, 512), counts, strict=True):
        for _ in range(count):
            norm = [nn.BatchNorm2d(filters)] if batch_norm else []
            features += [nn.Conv2d(channels, filters, 3, padding=1), *norm, nn.ReLU()]
            channels = filters
        features.append(nn.MaxPool2d(2))
    classifier = [
        nn.Linear(512 * 49, 4096), nn.ReLU(), nn.Identity(),
        nn.Linear(4096, 4096), nn.ReLU(), nn.Identity(), nn.Linear(4096, 5),
    ]  # fmt: skip
    return large(features, 7, classifier), (2, 3, 64, 32), 5


def vgg11():
    return vgg((1, 1, 2, 2, 2))


def vgg11_bn():
    return vgg((1, 1, 2, 2, 2), batch_norm=True)


def residual(c, o, stride, shortcut):
    """A block ReLU(f(x) + shortcut); `shortcut` is a module to be trained, a function, or None for x itself."""

    def run(m, x):
        y = m.bn2(m.conv2(F.relu(m.bn1(m.conv1(x)))))
        return F.relu(y + (x if shortcut is None else shortcut(x)))

    parts = {
        "conv1": nn.Conv2d(c, o, 3, stride, 1, bias=False), "bn1": nn.BatchNorm2d(o),
        "conv2": nn.Conv2d(o, o, 3, 1, 1, bias=False), "bn2": nn.BatchNorm2d(o),
    }  # fmt: skip
    return Net(run, **parts, **({"downsample": shortcut} if isinstance(shortcut, nn.Module) else {}))


def resnet18():
    def stage(c, o, stride):
        projection = nn.Sequential(nn.Conv2d(c, o, 1, stride, bias=False), nn.BatchNorm2d(o)) if stride > 1 else None
        return nn.Sequential(residual(c, o, stride, projection), residual(o, o, 1, None))

    def run(m, x):
        x = F.max_pool2d(F.relu(m.bn1(m.conv1(x))), 3, 2, 1)
        return m.fc(m.layer4(m.layer3(m.layer2(m.layer1(x)))).mean((2, 3)))

    parts = {
        "conv1": nn.Conv2d(3, 64, 7, 2, 3, bias=False), "bn1": nn.BatchNorm2d(64),
        "layer1": stage(64, 64, 1), "layer2": stage(64, 128, 2), "layer3": stage(128, 256, 2),
        "layer4": stage(256, 512, 2), "fc": nn.Linear(512, 10),
    }  # fmt: skip
    return Net(run, **parts), (4, 3, 64, 48), 10


def resnet20():
    def widened(x):
        zeros = x.new_zeros(x.shape[0], x.shape[1] // 2, (x.shape[2] + 1) // 2, (x.shape[3] + 1) // 2)
        return torch.cat([zeros, x[:, :, ::2, ::2], zeros], 1)

    def stage(c, o):
        first = residual(c, o, 1, None) if c == o else residual(c, o, 2, widened)
        return nn.Sequential(first, residual(o, o, 1, None), residual(o, o, 1, None))

    def run(m, x):
        x = F.relu(m.bn1(m.conv1(x)))
        return m.fc(m.layer3(m.layer2(m.layer1(x))).mean((2, 3)))

    parts = {
        "conv1": nn.Conv2d(3, 16, 3, 1, 1, bias=False), "bn1": nn.BatchNorm2d(16),
        "layer1": stage(16, 16), "layer2": stage(16, 32), "layer3": stage(32, 64), "fc": nn.Linear(64, 10),
    }  # fmt: skip
    return Net(run, **parts), (4, 3, 32, 32), 10
