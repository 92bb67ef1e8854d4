"""Programs with different results have different pictures, and programs with the same one show no needless numbers."""

from __future__ import annotations

import pytest
from small_network import Both

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn
from tinygrad_cnn.autograd import Function
from tinygrad_cnn.graph import draw, trace
from tinygrad_cnn.graph.positions import COMMUTATIVE, told_positions


class First(Function):
    """Give the first of two arguments, doubled."""

    @staticmethod
    def forward(ctx, x, y):
        return x * 2

    @staticmethod
    def backward(ctx, g):
        return g * 2, None


def both(use):
    return lambda u, _v: use(*Both.apply(u))


def row(tensor, use):
    """Return `tensor` after `use` has changed a copy of it in place."""
    changed = tensor * 1
    use(changed)
    return changed


PAIRS = {
    "number − tensor": (lambda u, v: 1 - u, lambda u, v: u - 1),
    "number / tensor": (lambda u, v: 2 / u, lambda u, v: u / 2),
    "number ** tensor": (lambda u, v: 2**u, lambda u, v: u**2),
    "number // tensor": (lambda u, v: 2 // u + u, lambda u, v: u // 2 + u),
    "sub": (lambda u, v: u - v, lambda u, v: v - u),
    "div": (lambda u, v: u / v, lambda u, v: v / u),
    "pow": (lambda u, v: u**v, lambda u, v: v**u),
    "atan2": (lambda u, v: tg.atan2(u, v), lambda u, v: tg.atan2(v, u)),
    "fmod": (lambda u, v: tg.fmod(u, v), lambda u, v: tg.fmod(v, u)),
    "remainder": (lambda u, v: u % v, lambda u, v: v % u),
    "floor_divide": (lambda u, v: u // v + u, lambda u, v: v // u + u),
    "matmul": (lambda u, v: u @ v, lambda u, v: v @ u),
    "matmul transposed": (lambda u, v: u @ v.t(), lambda u, v: u.t() @ v),
    "matmul of one": (lambda u, v: u @ u.t(), lambda u, v: u.t() @ u),
    "add alpha": (lambda u, v: tg.add(u, v, alpha=2), lambda u, v: tg.add(v, u, alpha=2)),
    "add alpha's value": (lambda u, v: tg.add(u, v, alpha=2), lambda u, v: tg.add(u, v, alpha=3)),
    "sub of results": (lambda u, v: u.exp() - u.sin(), lambda u, v: u.sin() - u.exp()),
    "where": (lambda u, v: tg.where(u > 0, u, v), lambda u, v: tg.where(u > 0, v, u)),
    "where of results": (lambda u, v: tg.where(u > 0, u.exp(), u), lambda u, v: tg.where(u > 0, u, u.exp())),
    "clamp one side": (lambda u, v: u.clamp(min=2.5), lambda u, v: u.clamp(max=2.5)),
    "clamp": (lambda u, v: u.clamp(1.0, 5.0), lambda u, v: u.clamp(1.0, 6.0)),
    "cat": (lambda u, v: tg.cat([u, v]), lambda u, v: tg.cat([v, u])),
    "cat twice": (lambda u, v: tg.cat([u, v, u]), lambda u, v: tg.cat([u, u, v])),
    "cat axis": (lambda u, v: tg.cat([u, v], 0), lambda u, v: tg.cat([u, v], 1)),
    "stack": (lambda u, v: tg.stack([u, v]), lambda u, v: tg.stack([v, u])),
    "einsum": (lambda u, v: tg.einsum("ij,jk->ik", u, v), lambda u, v: tg.einsum("ij,jk->ik", v, u)),
    "einsum's letters": (lambda u, v: tg.einsum("ij,jk->ik", u, v), lambda u, v: tg.einsum("ij,kj->ik", u, v)),
    "function's arguments": (lambda u, v: First.apply(u, v), lambda u, v: First.apply(v, u)),
    "function's outputs, product": (both(lambda p, q: p * q), both(lambda p, q: p * p)),
    "function's outputs, difference": (both(lambda p, q: p - q), both(lambda p, q: q - p)),
    "function's outputs, one": (both(lambda p, q: p), both(lambda p, q: q)),
    "function's outputs, further on": (both(lambda p, q: p.exp() * q), both(lambda p, q: q.exp() * p)),
    "numbers that differ late": (lambda u, v: u * 1.00001, lambda u, v: u * 1.00002),
    "large numbers": (lambda u, v: u * 123456, lambda u, v: u * 123457),
    "slope": (lambda u, v: F.leaky_relu(-u, 0.01), lambda u, v: F.leaky_relu(-u, 0.011)),
    "elu": (lambda u, v: F.elu(-u, 1.0), lambda u, v: F.elu(-u, 1.00001)),
    "index": (lambda u, v: u[0], lambda u, v: u[1]),
    "index by list": (lambda u, v: u[[0, 1, 2]], lambda u, v: u[[2, 1, 0]]),
    "index by many": (lambda u, v: u[[0, 1, 2] * 9], lambda u, v: u[[2, 1, 0] * 9]),
    "slice": (lambda u, v: u[:2], lambda u, v: u[1:]),
    "step": (lambda u, v: u[::2], lambda u, v: u[:2]),
    "sum over an axis": (lambda u, v: u.sum(0), lambda u, v: u.sum(1)),
    "softmax's axis": (lambda u, v: u.softmax(0), lambda u, v: u.softmax(1)),
    "permute": (lambda u, v: u.permute(0, 1), lambda u, v: u.permute(1, 0)),
    "roll": (lambda u, v: u.roll(1, 0), lambda u, v: u.roll(2, 0)),
    "flip": (lambda u, v: u.flip(0), lambda u, v: u.flip(1)),
    "cumsum": (lambda u, v: u.cumsum(0), lambda u, v: u.cumsum(1)),
    "triangle": (lambda u, v: u.tril(), lambda u, v: u.triu()),
    "diagonal": (lambda u, v: u.tril(1), lambda u, v: u.tril(0)),
    "norm's power": (lambda u, v: u.norm(1), lambda u, v: u.norm(2)),
    "variance": (lambda u, v: u.var(correction=0), lambda u, v: u.var(correction=1)),
    "binary_cross_entropy": (
        lambda u, v: F.binary_cross_entropy(u.sigmoid(), v.sigmoid()),
        lambda u, v: F.binary_cross_entropy(v.sigmoid(), u.sigmoid()),
    ),
    "huber's delta": (lambda u, v: F.huber_loss(u, v), lambda u, v: F.huber_loss(u, v, delta=0.5)),
    "reduction": (lambda u, v: F.mse_loss(u, v), lambda u, v: F.mse_loss(u, v, reduction="sum")),
    "linear": (lambda u, v: F.linear(u, v), lambda u, v: F.linear(v, u)),
    "a row written": (lambda u, v: row(u, lambda x: x[0].mul_(2)), lambda u, v: row(u, lambda x: x[1].mul_(2))),
    "a column written": (
        lambda u, v: row(u, lambda x: x.t()[0].mul_(2)),
        lambda u, v: row(u, lambda x: x[0].mul_(2)),
    ),
    "what is written": (
        lambda u, v: row(u, lambda x: x.__setitem__(0, v[0])),
        lambda u, v: row(v, lambda x: x.__setitem__(0, u[0])),
    ),
    "convolution's stride": (
        lambda u, v: F.conv2d(u[None, None], v[None, None, :1, :1], stride=2),
        lambda u, v: F.conv2d(u[None, None], v[None, None, :1, :1], stride=(2, 1)),
    ),
    "convolution's padding": (
        lambda u, v: F.conv2d(u[None, None], v[None, None], padding=(1, 0)),
        lambda u, v: F.conv2d(u[None, None], v[None, None], padding=(0, 1)),
    ),
    "convolution's operands": (
        lambda u, v: F.conv2d(u[None, None], v[None, None], padding=1),
        lambda u, v: F.conv2d(v[None, None], u[None, None], padding=1),
    ),
}  # fmt: skip


def picture(program):
    u = tg.arange(9.0).reshape(3, 3).add(0.5).requires_grad_()
    v = tg.arange(9.0).reshape(3, 3).mul(-0.3).add(2.0).requires_grad_()
    return draw(program(u, v), params={"u": u, "v": v}).dot


@pytest.mark.parametrize("name", PAIRS)
def test_programs_with_different_results_have_different_pictures(name):
    one, other = PAIRS[name]
    assert picture(one) == picture(one)
    assert picture(one) != picture(other)


def test_there_are_at_least_fifty_pairs_and_each_differs_in_its_results():
    u = tg.arange(9.0).reshape(3, 3).add(0.5)
    v = tg.arange(9.0).reshape(3, 3).mul(-0.3).add(2.0)
    assert len(PAIRS) >= 50
    for name, (one, other) in PAIRS.items():
        results = one(u, v), other(u, v)
        assert repr(results[0].tolist()) != repr(results[1].tolist()), name


def test_no_numbers_where_order_does_not_matter_or_names_and_dtypes_tell():
    u, t = tg.rand(4, 3, requires_grad=True), tg.tensor([0, 1, 2, 0])
    layers = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.ReLU())
    for output in (u + u.exp(), 2 * u, u * u.exp(), tg.maximum(u, u.exp()), F.cross_entropy(layers(u), t)):
        assert told_positions(trace(output)) == set()


def test_commutative_operations_are_commutative():
    x, y = tg.rand(4).mul(8).floor(), tg.rand(4).mul(8).floor()
    for name in COMMUTATIVE:
        one, other = (x.to(tg.int64), y.to(tg.int64)) if name.startswith("bitwise") else (x, y)
        function = getattr(F if name.endswith("_loss") else tg, name)
        assert function(one, other).tolist() == function(other, one).tolist(), name


def test_an_argument_that_is_a_parameter_in_an_unusual_place_is_numbered():
    layer = nn.Linear(3, 3, bias=False)
    u = tg.rand(3, 3)

    class Exchanged(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(tg.rand(3, 3))

        def forward(self, x):
            return self.weight @ x

    assert told_positions(trace(layer(u))) == set()
    assert len(told_positions(trace(layer.weight @ u, params=layer))) == 2
    assert len(told_positions(trace(Exchanged()(u)))) == 2
