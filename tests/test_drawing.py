"""Functions that draw random tensors: sizes, dtypes, distributions, refusals."""

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn.drawing import rand_like, randint_like, randn_like


def test_randint_in_every_order_of_arguments():
    for made in (tg.randint(1, (2,)), tg.randint(high=1, size=(2,)), tg.randint(0, 1, [2]), tg.randint(1, size=(2,))):
        assert (made.tolist(), made.dtype) == ([0, 0], tg.int64)
    assert tg.randint(5, 6, (1,), dtype=tg.float32, requires_grad=True).tolist() == [5]
    with pytest.raises(RuntimeError, match="randint: expected low < high, got 3 and 2"):
        tg.randint(3, 2, (2,))
    with pytest.raises(RuntimeError, match="randint: expected numbers that fit into uint8, got 299"):
        tg.randint(300, (2,), dtype=tg.uint8)
    with pytest.raises(TypeError, match="randint: expected sizes as ints"):
        tg.randint(3.5, (2,))


def test_randperm():
    assert tg.randperm(0).shape == (0,)
    assert tg.randperm(256, dtype=tg.uint8).dtype == tg.uint8
    with pytest.raises(RuntimeError, match="randperm: expected numbers that fit into uint8, got 256"):
        tg.randperm(257, dtype=tg.uint8)
    with pytest.raises(RuntimeError, match="randperm: expected sizes of at least 0"):
        tg.randperm(-1)


def test_distributions():
    x = tg.randn(20_000)
    assert abs(x.mean().item()) < 0.03
    assert abs((x * x).mean().item() - 1) < 0.05
    u = tg.rand(20_000)
    assert 0 <= u.min().item() < u.max().item() < 1
    k = tg.randint(2, 5, (1000,))
    assert sorted(set(k.tolist())) == [2, 3, 4]
    assert sorted(tg.randperm(50).tolist()) == list(range(50))
    assert 3 < tg.zeros(2000).uniform_(3, 4).mean().item() < 4
    assert 9.9 < tg.zeros(2000).normal_(10, 0.1).mean().item() < 10.1


def test_random_floats_need_a_floating_dtype():
    with pytest.raises(RuntimeError, match="randn: expected a floating-point dtype, got int64"):
        tg.randn(2, dtype=tg.int64)


def test_normal_takes_numbers_or_tensors():
    assert tg.normal(2.0, 3.0, (2, 3)).shape == (2, 3)
    assert tg.normal(0.0, 1.0, size=(4,), dtype=tg.float64, requires_grad=True).requires_grad
    means = tg.tensor([0.0, 1000.0])
    drawn = tg.normal(means, tg.tensor([[1.0], [0.0]]))
    assert drawn.shape == (2, 2)
    assert drawn[1].tolist() == means.tolist()
    assert tg.normal(means).dtype == tg.float32
    assert tg.normal(5.0, tg.zeros(3)).tolist() == [5, 5, 5]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tg.normal(0.0, 1.0), TypeError, "size with numbers"),
        (lambda: tg.normal(tg.zeros(2), 1.0, (2,)), TypeError, "without it tensors"),
        (lambda: tg.normal(0.0, -1.0, (2,)), RuntimeError, "std of at least 0"),
        (lambda: tg.normal(tg.zeros(2), tg.ones(3)), RuntimeError, "do not broadcast"),
        (lambda: tg.normal(tg.arange(2)), RuntimeError, "floating-point"),
    ],
)
def test_means_and_deviations_that_do_not_fit_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(("make", "arguments"), [(rand_like, ()), (randn_like, ()), (randint_like, (1, 4))])
def test_like_another(make, arguments):
    x = tg.zeros(2, 3, dtype=tg.float64)
    y = make(x, *arguments)
    assert (y.shape, y.dtype, y.requires_grad) == ((2, 3), tg.float64, False)
    other = make(x, *arguments, dtype=tg.float32, requires_grad=True)
    assert (other.dtype, other.requires_grad) == (tg.float32, True)
    with pytest.raises(TypeError, match=f"{make.__name__}: expected input as a tensor, got list"):
        make([1], *arguments)


def test_like_an_integer_tensor_only_integers_are_drawn():
    assert set(randint_like(tg.zeros(100), 2).tolist()) == {0, 1}
    assert randint_like(tg.tensor([1, 2]), 5, 6).tolist() == [5, 5]
    with pytest.raises(RuntimeError, match="rand: expected a floating-point dtype, got int64"):
        rand_like(tg.tensor([1, 2]))


def test_a_generator_of_ones_own_leaves_the_default_stream_alone():
    draws = [
        lambda source: tg.rand(3, generator=source),
        lambda source: tg.randn(3, generator=source),
        lambda source: tg.normal(0.0, 1.0, (3,), generator=source),
        lambda source: tg.randint(100, (3,), generator=source),
        lambda source: tg.randperm(9, generator=source),
        lambda source: rand_like(tg.zeros(3), generator=source),
        lambda source: randn_like(tg.zeros(3), generator=source),
        lambda source: randint_like(tg.zeros(3), 100, generator=source),
    ]
    before = tg.random.default_generator.get_state()
    for draw in draws:
        first, again = (draw(tg.Generator().manual_seed(4)) for _ in range(2))
        np.testing.assert_array_equal(first.numpy(), again.numpy())
    assert tg.random.default_generator.get_state() == before
