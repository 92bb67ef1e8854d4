"""`Hooks`: the hooks of one tensor, in order, and what they may return."""

import gc

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn.autograd.hook_table import Hooks


def hooks_with(*functions):
    hooks = Hooks()
    hooks.before = dict(enumerate(functions))
    return hooks


X = tg.zeros(2, dtype=tg.float64)


def test_each_hook_takes_what_the_one_before_returned():
    seen = []
    hooks = hooks_with(lambda g: g + 1, lambda g: seen.append(g.tolist()), lambda g: g * 10)
    found = hooks.apply(np.array([1.0, 2.0]), X)
    assert found.tolist() == [20.0, 30.0]
    assert seen == [[2.0, 3.0]]


def test_hooks_take_tensors_and_give_back_the_kind_that_came():
    seen = []
    hooks = hooks_with(lambda g: seen.append(type(g)) or g * 2)
    assert type(hooks.apply(np.ones(2), X)) is np.ndarray
    assert type(hooks.apply(tg.ones(2, dtype=tg.float64), X)) is tg.Tensor
    assert seen == [tg.Tensor] * 2


@pytest.mark.parametrize("hooks", [hooks_with(), hooks_with(lambda _g: None)])
def test_a_gradient_that_no_hook_replaces_is_the_same_object(hooks):
    g = np.ones(2)
    assert hooks.apply(g, X) is g
    t = tg.ones(2, dtype=tg.float64)
    assert hooks.apply(t, X) is t


class Named:
    def __init__(self, result):
        self.result = result

    def __call__(self, _g):
        return self.result


@pytest.mark.parametrize(
    ("result", "kind", "message"),
    [
        (3.0, TypeError, "hook 'Named': expected a tensor or None to be returned, got float"),
        (np.ones(2), TypeError, "got ndarray"),
        (tg.ones(3, dtype=tg.float64), RuntimeError, r"of shape \(2,\) and dtype float64 to be returned, got \(3,\)"),
        (tg.ones(2), RuntimeError, "got .* and float32"),
    ],
)
def test_a_gradient_that_does_not_fit_is_refused_with_the_name_of_the_hook(result, kind, message):
    with pytest.raises(kind, match=message):
        hooks_with(Named(result)).apply(np.ones(2), X)


def test_a_hook_may_remove_itself_and_add_others_while_it_runs():
    hooks = hooks_with()
    seen = []

    def once(_g):
        seen.append("once")
        del hooks.before[0]
        hooks.before[1] = lambda _g: seen.append("later")

    hooks.before[0] = once
    hooks.apply(np.ones(2), X)
    hooks.apply(np.ones(2), X)
    assert seen == ["once", "later"]


def test_tensors_that_retain_their_gradient_are_not_kept_alive():
    x = tg.ones(2, requires_grad=True)
    y, z = x * 2, x * 3
    y.retain_grad()
    hooks = y.grad_fn.hooks
    assert [one is y for one in hooks.keepers()] == [True]
    node = y.grad_fn
    del y
    gc.collect()
    assert node.hooks.keepers() == []
    assert z.grad_fn.hooks is None
