"""The multiply-adds of each operation that is counted."""

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import nn, ops
from tinygrad_cnn.report import summary


class Calls(nn.Module):
    """A model with a container, so that its operations are rows of their own."""

    def __init__(self, function, **modules):
        super().__init__()
        self.function = function
        self.inner = nn.Identity()
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, *xs):
        return self.function(self, *xs)


@pytest.mark.parametrize(
    ("function", "shapes", "expected"),
    [
        (lambda _, x, w: x @ w, [(5, 2, 3), (3, 4)], 5 * 2 * 4 * 3),
        (lambda _, x, w: ops.mv(x, w), [(5, 3), (3,)], 15),
        (lambda _, x, w: ops.dot(x, w), [(7,), (7,)], 7),
        (lambda _, x, w: ops.outer(x, w), [(3,), (5,)], 15),
        (lambda _, x, a, b: ops.addmm(x, a, b), [(2, 4), (2, 3), (3, 4)], 24),
        (lambda _, x, w: tg.conv1d(x, w, stride=2), [(2, 4, 9), (6, 4, 3)], 2 * 6 * 4 * 4 * 3),
        (lambda _, x, w: tg.conv2d(x, w, groups=2), [(2, 4, 6, 7), (6, 2, 3, 2)], 2 * 6 * 4 * 6 * 2 * 3 * 2),
        (lambda _, x, w: tg.conv_transpose2d(x, w), [(2, 4, 5, 6), (4, 3, 2, 3)], 2 * 4 * 5 * 6 * 3 * 2 * 3),
        (lambda m, x: tg.einsum("bij,kj->bik", x, m.weight), [(5, 2, 3)], 5 * 2 * 4 * 3),
        (lambda _, x: tg.einsum("ij->ji", x), [(2, 3)], 0),
    ],
    ids=["matmul", "mv", "dot", "outer", "addmm", "conv1d", "conv2d", "conv_transpose2d", "einsum", "einsum of one"],
)
def test_multiply_adds(function, shapes, expected):
    model = Calls(function)
    model.weight = nn.Parameter(tg.ones(4, 3))
    assert summary(model, shapes).multiply_adds == expected
