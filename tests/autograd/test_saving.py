"""What is saved for the backward pass: only what a VJP reads."""

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import nn


def leaf(*values):
    return tg.tensor(values, dtype=tg.float64, requires_grad=True)


NOTHING_SAVED = {
    "sum": lambda x: x.sum(),
    "mean": lambda x: x.mean(1),
    "add": lambda x: x + 1 - x.view(2, 3),
    "views": lambda x: x.t().reshape(-1)[None].expand(2, 6)[0],
    "cat": lambda x: tg.cat([x, -x]),
    "stack": lambda x: tg.stack([x, x.clone()]).flip(0).cumsum(0),
    "cast": lambda x: x.float().double(),
}


SAVED = {
    "mul by a number": lambda x: x * 2,
    "square": lambda x: x * x,
    "exp": lambda x: x.exp(),
    "relu": lambda x: x.relu(),
    "max pooling": lambda x: nn.functional.max_pool1d(x, 2),
    "matmul": lambda x: x @ tg.ones(3, 2, dtype=tg.float64),
}


@pytest.mark.parametrize("name", NOTHING_SAVED)
def test_what_saved_nothing_is_walked_twice(name):
    x = leaf([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    y = NOTHING_SAVED[name](x).sum()
    y.backward()
    once = x.grad.clone()
    y.backward()
    assert x.grad.tolist() == (2 * once).tolist()


@pytest.mark.parametrize("name", SAVED)
def test_what_saved_something_is_not(name):
    x = leaf([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    y = SAVED[name](x).sum()
    y.backward()
    once = x.grad.tolist()
    with pytest.raises(RuntimeError, match="were freed by an earlier backward pass"):
        y.backward()
    assert x.grad.tolist() == once
