"""Drawing by the values of a tensor, as methods."""

import pytest

import tinygrad_cnn as tg


def test_methods_draw_what_the_functions_draw():
    chances, weights = tg.full((100,), 0.25), tg.tensor([[1.0, 2.0, 0.0], [0.0, 0.0, 3.0]])
    for name, x, args in (
        ("bernoulli", chances, ()),
        ("bernoulli", chances, (0.75,)),
        ("multinomial", weights, (9, True)),
    ):
        by_method = getattr(x, name)(*args, generator=tg.Generator().manual_seed(3))
        by_function = getattr(tg, name)(x, *args, generator=tg.Generator().manual_seed(3))
        assert by_method.tolist() == by_function.tolist()


def test_certain_draws():
    x = tg.tensor([0.0, 1.0, 0.5])
    assert x.bernoulli().tolist()[:2] == [0, 1]
    assert x.bernoulli(1.0).tolist() == [1, 1, 1]
    assert x.bernoulli().dtype == tg.float32
    assert not x.requires_grad_().bernoulli().requires_grad
    assert x.detach().multinomial(2).sort().values.tolist() == [1, 2]


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(RuntimeError, match="bernoulli: expected probabilities in"):
        tg.tensor([1.5]).bernoulli()
    with pytest.raises(RuntimeError, match="multinomial: expected at least 2 positive weights"):
        tg.tensor([0.0, 1.0]).multinomial(2)
