"""Hooks and retained gradients in the walk back."""

import pytest
from walks import leaf, walked

from tinygrad_cnn import autograd
from tinygrad_cnn.autograd import hooks


def test_hooks_of_results_see_the_finished_sum_and_change_what_flows_on():
    x = leaf(1.0)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(g.item()))
    y.register_hook(lambda g: g * 10)
    (y * 3 + y * 4).sum().backward()
    assert seen == [7.0]
    assert x.grad.item() == 140.0


@pytest.mark.parametrize("asked", [True, False])
def test_hooks_of_leaves_run_once_after_the_walk(asked):
    x = leaf(1.0)
    seen = []
    x.register_hook(lambda g: seen.append(g.item()) or g * 2)
    y = x * 2 + x * 3
    sums, _ = walked(y, [x] if asked else None)
    assert seen == [5.0]
    assert sums[x].tolist() == [10.0]


def test_hooks_of_a_result_that_is_asked_for_run_once_and_give_the_result():
    x = leaf(1.0)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(g.item()) or g * 2)
    gy, gx = autograd.grad((y * 3).sum(), (y, x), retain_graph=True)
    assert (seen, gy.item(), gx.item()) == ([3.0], 6.0, 12.0)
    (gy,) = autograd.grad((y * 3).sum(), (y,))  # nothing below is walked
    assert (seen, gy.item()) == ([3.0, 3.0], 6.0)


def test_hooks_of_an_output_that_is_asked_for_run_though_no_leaf_ever_had_one(monkeypatch):
    monkeypatch.setattr(hooks, "_of_leaves", [])
    y = leaf(1.0) * 2
    y.register_hook(lambda g: g * 10)
    assert autograd.grad(y, y)[0].item() == 10.0


def test_what_retains_its_gradient_gets_it_as_the_hooks_leave_it():
    x = leaf(1.0)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    _, retained = walked(y * 3)
    assert [(tensor is y, gradient.tolist()) for tensor, gradient in retained] == [(True, [30.0])]
