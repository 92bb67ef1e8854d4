"""The networks of the reports, each written once for whichever framework is passed as `torch`."""

import math


def convnet2(torch):
    """S0: conv 16@5×5 → ReLU → fully connected 3, on 8×1×11×11."""
    nn, F = torch.nn, torch.nn.functional

    class ConvNet2(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(1, 16, 5)
            self.fc1 = nn.Linear(784, 3)

        def forward(self, x):
            return self.fc1(torch.flatten(F.relu(self.conv1(x)), 1))

    return ConvNet2(), (8, 1, 11, 11), 3


def three_layer_convnet(torch):
    """S2: conv 32@5×5, conv 16@3×3, fully connected 10, on 4×3×32×32."""
    nn, F = torch.nn, torch.nn.functional

    class ThreeLayerConvNet(nn.Module):
        def __init__(self, in_channel, channel_1, channel_2, num_classes):
            super().__init__()
            self.conv1 = nn.Conv2d(in_channel, channel_1, 5, padding=2)
            nn.init.kaiming_normal_(self.conv1.weight)
            nn.init.constant_(self.conv1.bias, 0)
            self.conv2 = nn.Conv2d(channel_1, channel_2, 3, padding=1)
            nn.init.kaiming_normal_(self.conv2.weight)
            nn.init.constant_(self.conv2.bias, 0)
            self.fc = nn.Linear(channel_2 * 32 * 32, num_classes)
            nn.init.kaiming_normal_(self.fc.weight)

        def forward(self, x):
            x = F.relu(self.conv1(x))
            x = F.relu(self.conv2(x))
            return self.fc(x.view(x.shape[0], -1))

    return ThreeLayerConvNet(3, 32, 16, 10), (4, 3, 32, 32), 10


def sequential_convnet(torch):
    """S2 as a Sequential with its own Flatten module."""
    nn = torch.nn

    class Flatten(nn.Module):
        def forward(self, x):
            return x.view(x.shape[0], -1)

    net = nn.Sequential(
        nn.Conv2d(3, 32, 5, padding=2), nn.ReLU(), nn.Conv2d(32, 16, 3, padding="same"), nn.ReLU(), Flatten(),
        nn.Linear(16 * 32 * 32, 10),
    )  # fmt: skip
    return net, (4, 3, 32, 32), 10


def blog_network(torch):
    """S3: conv 10@5×5, pool, conv 20@5×5, pool, FC 100, FC 10, on 6×1×28×28."""
    nn = torch.nn
    net = nn.Sequential(
        nn.Conv2d(1, 10, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(10, 20, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(320, 100), nn.ReLU(), nn.Linear(100, 10),
    )  # fmt: skip
    return net, (6, 1, 28, 28), 10


def blog_network_average(torch):
    """S3 with overlapping average pooling, sigmoid and tanh: the hyper-parameters the post lists."""
    nn = torch.nn
    net = nn.Sequential(
        nn.Conv2d(1, 10, 5, stride=2, padding=2), nn.Sigmoid(), nn.AvgPool2d(3, stride=2, padding=1),
        nn.Conv2d(10, 20, 3), nn.Tanh(), nn.MaxPool2d(3, stride=1), nn.Flatten(), nn.Linear(20 * 3 * 3, 10),
    )  # fmt: skip
    return net, (6, 1, 28, 28), 10


def simple_convnet(torch):
    """S4: conv 30@5×5 → ReLU → max-pool 2×2 → affine 100 → ReLU → affine 10, on 10×1×28×28."""
    nn, F = torch.nn, torch.nn.functional

    class SimpleConvNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(1, 30, 5)
            self.fc1 = nn.Linear(4320, 100)
            self.fc2 = nn.Linear(100, 10)
            for parameter in self.parameters():
                nn.init.normal_(parameter, 0.0, 0.05)

        def forward(self, x):
            x = F.max_pool2d(F.relu(self.conv1(x)), 2)
            return self.fc2(F.relu(self.fc1(torch.flatten(x, 1))))

    return SimpleConvNet(), (10, 1, 28, 28), 10


def two_layer_fc(torch):
    """S2's two-layer network, narrower."""
    nn = torch.nn
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 60), nn.ReLU(), nn.Linear(60, 10))
    return net, (8, 3, 32, 32), 10


NETWORKS = [
    convnet2,
    three_layer_convnet,
    sequential_convnet,
    blog_network,
    blog_network_average,
    simple_convnet,
    two_layer_fc,
]


# --- S2's barebones part: no modules, plain tensors -----------------------------------------------------------------


def flatten(x):
    n = x.shape[0]
    return x.view(n, -1)


def barebones_two_layer_fc(torch, x, params):
    F = torch.nn.functional
    x = flatten(x)
    w1, w2 = params
    x = F.relu(x.mm(w1))
    return x.mm(w2)


def barebones_three_layer_convnet(torch, x, params):
    F = torch.nn.functional
    conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b = params
    x = F.relu(F.conv2d(x, conv_w1, conv_b1, padding=2))
    x = F.relu(F.conv2d(x, conv_w2, conv_b2, padding=1))
    return flatten(x).mm(fc_w) + fc_b


def random_weight(torch, shape, device, dtype):
    if len(shape) == 2:
        fan_in = shape[0]
    else:
        fan_in = math.prod(shape[1:])
    w = torch.randn(shape, device=device, dtype=dtype) * math.sqrt(2.0 / fan_in)
    w.requires_grad = True
    return w


def zero_weight(torch, shape, device, dtype):
    return torch.zeros(shape, device=device, dtype=dtype, requires_grad=True)


def train_barebones(torch, model_fn, params, batches, learning_rate, device, dtype):
    """The loop of the assignment; returns the losses and the accuracy on the last batch."""
    F = torch.nn.functional
    losses = []
    for x, y in batches:
        x = x.to(device=device, dtype=dtype)
        y = y.to(device=device, dtype=torch.long)
        scores = model_fn(torch, x, params)
        loss = F.cross_entropy(scores, y)
        loss.backward()
        with torch.no_grad():
            for w in params:
                w -= learning_rate * w.grad
                w.grad.zero_()
        losses.append(loss.item())
    num_correct, num_samples = 0, 0
    with torch.no_grad():
        scores = model_fn(torch, x, params)
        _, preds = scores.max(1)
        num_correct += (preds == y).sum()
        num_samples += preds.size(0)
    return losses, float(num_correct) / num_samples


def train_module(torch, model, optimizer, batches, device, dtype):
    """The Module part of the assignment; returns the losses and the accuracy on the last batch."""
    F = torch.nn.functional
    model = model.to(device=device)
    losses = []
    for x, y in batches:
        model.train()
        x = x.to(device=device, dtype=dtype)
        y = y.to(device=device, dtype=torch.long)
        scores = model(x)
        loss = F.cross_entropy(scores, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        _, preds = model(x).max(1)
        return losses, float((preds == y).sum()) / preds.size(0)
