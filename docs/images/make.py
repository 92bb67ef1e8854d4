"""The pictures of the documentation: `make golden` draws them again."""

from __future__ import annotations

import tinygrad_cnn as torch
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn.graph import Drawing
from tinygrad_cnn.models import SimpleConvNet


def drawings() -> dict[str, Drawing]:
    """Return each picture by the name of its file."""
    return {
        "simple_convnet.svg": simple_convnet(None),
        "simple_convnet_closed.svg": simple_convnet(1),
        "values.svg": values(),
        "second_order.svg": second_order(),
    }


def simple_convnet(depth: int | None) -> Drawing:
    """Draw the loss of SimpleConvNet, with the modules below `depth` as boxes."""
    torch.manual_seed(0)
    model = SimpleConvNet()
    x, t = torch.rand(100, 1, 28, 28), torch.randint(10, (100,))
    loss = F.cross_entropy(model(x), t)
    return torch.draw(loss, inputs={"x": x, "t": t}, depth=depth)


def values() -> Drawing:
    """Draw a small expression with the values and gradients of everything in it."""
    a, b, c = (torch.tensor(number, requires_grad=True) for number in (2.0, -3.0, 10.0))
    y = ((a * b + c) * 2 - 1).relu()
    y.backward()
    return torch.draw(y, params={"a": a, "b": b, "c": c}, values=True, rankdir="LR")


def second_order() -> Drawing:
    """Draw the graph of a gradient."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (slope,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    return torch.draw(slope, params={"x": x}, title="the gradient of Σ x³")
