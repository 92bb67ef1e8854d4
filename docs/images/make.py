"""Draw the pictures of the documentation again: python docs/images/make.py."""

from pathlib import Path

import tinygrad_cnn as torch
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn.models import SimpleConvNet

HERE = Path(__file__).parent


def simple_convnet() -> None:
    """The loss of SimpleConvNet, in full and with its layers closed."""
    torch.manual_seed(0)
    model = SimpleConvNet()
    x, t = torch.rand(100, 1, 28, 28), torch.randint(10, (100,))
    loss = F.cross_entropy(model(x), t)
    torch.draw(loss, inputs={"x": x, "t": t}).save(HERE / "simple_convnet.svg")
    torch.draw(loss, inputs={"x": x, "t": t}, depth=1).save(HERE / "simple_convnet_closed.svg")


def values() -> None:
    """A small expression with the values and gradients of everything in it."""
    a, b, c = (torch.tensor(number, requires_grad=True) for number in (2.0, -3.0, 10.0))
    y = ((a * b + c) * 2 - 1).relu()
    y.backward()
    torch.draw(y, params={"a": a, "b": b, "c": c}, values=True, rankdir="LR").save(HERE / "values.svg")


def second_order() -> None:
    """The graph of a gradient."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (slope,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    torch.draw(slope, params={"x": x}, title="the gradient of Σ x³").save(HERE / "second_order.svg")


if __name__ == "__main__":
    simple_convnet()
    values()
    second_order()
