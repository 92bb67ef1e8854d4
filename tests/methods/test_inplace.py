"""Changes in place: of values by index, of the shape, of the place in the graph; random values."""

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn.gradcheck import gradcheck, gradgradcheck


def leaf(*shape):
    return tg.tensor(np.random.default_rng(0).standard_normal(shape), requires_grad=True)


PROGRAMS = {
    "scatter_": lambda x: (x * 2).scatter_(1, tg.tensor([[2, 0], [1, 2]]), x[:, :2] * 3) * x,
    "scatter_ of a number": lambda x: (x * 2).scatter_(1, tg.tensor([[2, 0], [1, 2]]), 5.0) * x,
    "scatter_ adding": lambda x: (x * 2).scatter_(1, tg.tensor([[2, 2]]), x[:1, :2] * x[1:, 1:], reduce="add"),
    "index_add_": lambda x: (x * 2).index_add_(1, tg.tensor([0, 0]), x[:, 1:] * x[:, :2], alpha=3),
    "into a constant": lambda x: tg.zeros(2, 3, dtype=tg.float64).scatter_(0, tg.tensor([[1, 0, 1]]), x[:1] ** 2),
    "unsqueeze_": lambda x: (x * 2).unsqueeze_(1).mul_(x[:, None]) * x,
    "squeeze_": lambda x: (x[:, None] * 2).squeeze_(1).mul_(x) * x,
    "t_": lambda x: (x * 2).t_().mul_(x.t()) @ x,
    "transpose_": lambda x: (x * 2).transpose_(0, 1) @ x,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_flow_through(name):
    x = leaf(2, 3)
    assert gradcheck(PROGRAMS[name], [x])
    assert gradgradcheck(PROGRAMS[name], [x])


def test_a_view_whose_shape_changes_still_changes_its_base():
    x = leaf(2, 3)
    y = x * 2
    row = y[0]
    assert row.unsqueeze_(0) is row
    assert row.shape == (1, 3)
    row.mul_(3)
    y.sum().backward()
    assert x.grad.tolist() == [[6.0] * 3, [2.0] * 3]


def test_the_memory_stays():
    x = tg.zeros(2, 3)
    memory = x.numpy()
    x.t_().unsqueeze_(0).squeeze_(0).transpose_(0, 1)
    assert x.shape == (2, 3)
    assert np.shares_memory(x.numpy(), memory)


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.unsqueeze_(0), lambda x: x.t_(), lambda x: x.scatter_(0, tg.tensor([[0]]), 1.0),
        lambda x: x.resize_(2), lambda x: x.bernoulli_(), lambda x: x.random_(),
    ],
)  # fmt: skip
def test_leaves_that_require_gradients_are_refused(change):
    with pytest.raises(RuntimeError, match="requires? a gradient"):
        change(leaf(2, 3))


def test_without_recording_leaves_stay_leaves_and_results_stay_recorded():
    x, w = leaf(2, 3), leaf(2, 3)
    y = x * 2
    with tg.no_grad():
        w.unsqueeze_(0)
        y.t_()
    assert (w.shape, w.requires_grad, w.is_leaf) == ((1, 2, 3), True, True)
    assert (y.shape, y.requires_grad) == ((3, 2), True)
    assert tg.autograd.grad(y[0, 1], x)[0].tolist() == [[0, 0, 0], [2, 0, 0]]


def test_a_constant_that_took_part_before_may_change_its_shape():
    x, c = leaf(2, 3), tg.ones(2, 3, dtype=tg.float64)
    first = (x * c).sum()
    c.resize_(2, 3, 1).squeeze_().t_()
    second = (x * c.t()).sum()
    (first + second).backward()
    assert (x.grad == 2).all()


def test_detach_leaves_the_graph():
    x = leaf(3)
    y = x * 2
    assert y.detach_() is y
    assert not y.requires_grad
    assert y.is_leaf
    assert tg.ones(3)[:2].detach_().tolist() == [1, 1]
    with pytest.raises(RuntimeError, match=r"view.*detach\(\)"):
        (x * 2)[:1].detach_()


def test_resize_keeps_what_fits():
    x = tg.arange(6)
    assert x.resize_(2, 2).tolist() == [[0, 1], [2, 3]]
    assert x.resize_((4, 3)).reshape(-1)[:4].tolist() == [0, 1, 2, 3]
    assert tg.zeros(0).resize_(2, 3).copy_(tg.ones(2, 3)).sum() == 6


@pytest.mark.parametrize("dtype", [tg.uint8, tg.int8, tg.int64, tg.float16, tg.float32, tg.float64, tg.bool])
def test_random_fills_with_whole_numbers(dtype):
    x = tg.zeros(2000, dtype=dtype).random_()
    assert x.dtype == dtype
    assert (x >= 0).all()
    assert (x.double() == x.double().floor()).all()
    assert len(x.unique()) > (1 if dtype == tg.bool else 100)


def test_random_takes_limits_and_a_generator():
    drawn = tg.zeros(1000).random_(3, 7, generator=tg.Generator())
    assert drawn.unique().tolist() == [3, 4, 5, 6]
    assert tg.equal(drawn, tg.zeros(1000).random_(3, 7, generator=tg.Generator()))
    assert tg.zeros(1000, dtype=tg.int64).random_(2).unique().tolist() == [0, 1]
    with pytest.raises(RuntimeError, match="low < high"):
        drawn.random_(3, 3)


def test_bernoulli_takes_one_probability_or_one_each():
    assert tg.zeros(10_000).bernoulli_(0.25).mean().item() == pytest.approx(0.25, abs=0.03)
    assert tg.zeros(2, 3, dtype=tg.int64).bernoulli_(tg.tensor([0.0, 1.0, 0.0])).tolist() == [[0, 1, 0]] * 2
    with pytest.raises(RuntimeError, match=r"\[0, 1\].*1\.5"):
        tg.zeros(2).bernoulli_(1.5)


@pytest.mark.parametrize("name", ["normal_", "uniform_", "bernoulli_"])
def test_generators_repeat(name):
    first, second = (getattr(tg.zeros(5), name)(generator=tg.Generator().manual_seed(3)) for _ in range(2))
    assert tg.equal(first, second)
