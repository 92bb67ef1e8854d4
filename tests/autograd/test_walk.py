"""Long, wide and many: no recursion, no cycle, no growth, no crosstalk between threads."""

import gc
import sys
import threading

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import autograd
from tinygrad_cnn.autograd import Function


class Twice(Function):
    """2·x."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * 2

    @staticmethod
    def backward(ctx, g):
        assert ctx.saved_tensors[0].shape == g.shape
        return g * 2


def plain(x):
    ((x * 2).exp() * x).sum().backward()


def function(x):
    (Twice.apply(x) * x).sum().backward()


def hooked(x):
    y = x * x
    y.register_hook(lambda g: g * 2)
    y.retain_grad()
    y.sum().backward()
    x.register_hook(lambda g: g).remove()


def twice_differentiated(x):
    (x * x * x).sum().backward(create_graph=True)
    x.grad.sum().backward()


def kept_and_dropped(x):
    y = Twice.apply(x * x).sum()
    autograd.grad(y, x, create_graph=True)


@pytest.mark.parametrize("body", [plain, function, hooked, twice_differentiated, kept_and_dropped])
def test_memory_stays_flat_over_steps(body):
    x = tg.ones(10, requires_grad=True)
    gc.collect()
    gc.disable()
    try:
        blocks = []
        for _ in range(3):
            for _ in range(1000):
                body(x)
                x.grad = None
            blocks.append(sys.getallocatedblocks())
    finally:
        gc.enable()
    assert blocks[2] - blocks[1] < 500  # one leaked object a step would be 1,000


def test_one_tensor_used_a_hundred_thousand_times():
    x = tg.ones((), dtype=tg.float64, requires_grad=True)
    total = x
    for _ in range(100_000):
        total = total + x
    total.backward()
    assert x.grad.item() == 100_001.0


def test_deep_chain_under_create_graph_and_unreleased():
    x = tg.ones((), dtype=tg.float64, requires_grad=True)
    y = x
    for _ in range(20_000):
        y = y * 1.0
    (g,) = autograd.grad(y, x, create_graph=True)
    del y
    assert g.item() == 1.0
    del g


def test_deep_diamond_of_products_at_second_order():
    x = tg.ones((), dtype=tg.float64, requires_grad=True)
    y = x
    for _ in range(60):
        y = (y + y) * 0.5
    (g,) = autograd.grad(y * y, x, create_graph=True)
    assert autograd.grad(g, x)[0].item() == 2.0


def test_threads_train_apart():
    def train(seed, out):
        w = tg.full((3,), float(seed), dtype=tg.float64, requires_grad=True)
        for _ in range(200):
            w.grad = None
            ((w * w).sum() * 0.5).backward()
            with tg.no_grad():
                w -= 0.01 * w.grad
        out[seed] = w.tolist()

    together, apart = {}, {}
    threads = [threading.Thread(target=train, args=(seed, together)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in (1, 2):
        train(seed, apart)
    assert together == apart
