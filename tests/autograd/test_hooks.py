"""Hooks see and replace gradients, in order, of leaves and of results; `retain_grad` keeps those of results."""

import numpy as np
import pytest
from walks import leaf

import tinygrad_cnn as tg
from tinygrad_cnn import autograd
from tinygrad_cnn.autograd import hooks


def test_hooks_run_in_order_and_replace_the_gradient():
    x = leaf(1.0, 2.0)
    seen = []
    x.register_hook(lambda g: seen.append(g.tolist()))
    x.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: seen.append(g.tolist()))
    (x * 2 + x).sum().backward()
    assert seen == [[3.0, 3.0], [30.0, 30.0]]  # once, with the whole sum
    assert x.grad.tolist() == [30.0, 30.0]


def test_hook_of_a_result_changes_all_that_lies_below():
    x = leaf(1.0, 2.0)
    y = x * 2
    y.register_hook(lambda g: g * 100)
    (y * y).sum().backward()
    assert x.grad.tolist() == [800.0, 1600.0]


def test_removed_hook_is_not_called():
    x = leaf(1.0)
    calls = []
    first = x.register_hook(lambda _: calls.append(1))
    second = x.register_hook(lambda _: calls.append(2))
    assert first.id != second.id
    first.remove()
    first.remove()
    x.sum().backward()
    with second:
        pass
    x.sum().backward()
    assert calls == [2]


@pytest.mark.parametrize(
    ("result", "kind", "message"),
    [
        (
            lambda g: g[:1],
            RuntimeError,
            r"hook '<lambda>': expected a gradient of shape \(2,\).*got \(1,\) and float64",
        ),
        (lambda g: g.float(), RuntimeError, r"dtype float64.*got \(2,\) and float32"),
        (lambda _: 3, TypeError, "expected a tensor or None to be returned, got int"),
    ],
)
@pytest.mark.parametrize("on_result", [True, False])
def test_bad_hook_is_refused_and_nothing_is_written(result, kind, message, on_result):
    x, other = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = x * other
    (y if on_result else x).register_hook(result)
    with pytest.raises(kind, match=message):
        y.sum().backward()
    assert x.grad is None
    assert other.grad is None


def test_hook_that_raises_leaves_every_gradient():
    x, other = leaf(1.0), leaf(2.0)
    (x + other).sum().backward()

    def broken(_):
        raise ZeroDivisionError

    other.register_hook(broken)
    with pytest.raises(ZeroDivisionError):
        (x * other).sum().backward()
    assert x.grad.tolist() == other.grad.tolist() == [1.0]


def test_gradient_given_to_a_hook_may_be_kept():
    x = leaf(1.0, 2.0)
    kept = []
    x.register_hook(kept.append)
    (x * x).sum().backward()
    x.grad.zero_()
    assert kept[0].tolist() == [2.0, 4.0]


def test_hook_is_recorded_with_create_graph_only():
    x = leaf(3.0)
    modes = []

    def hook(g):
        modes.append(tg.is_grad_enabled())
        return g * g

    y = x * x
    y.register_hook(hook)
    y.sum().backward(retain_graph=True)
    (g,) = autograd.grad(y, x, tg.tensor([2.0], dtype=tg.float64), create_graph=True)
    assert modes == [False, True]
    assert g.item() == 24.0  # 2² · 2x
    assert autograd.grad(g, x)[0].item() == 8.0


def test_hooks_run_for_the_inputs_of_grad():
    x = leaf(1.0)
    y = x * 2
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g * 100)
    z = (y * 3).sum()
    assert autograd.grad(z, y, retain_graph=True)[0].item() == 30.0
    assert [one.item() for one in autograd.grad(z, (x, y))] == [6000.0, 30.0]


def test_retained_gradient_is_the_last_hooks_and_accumulates():
    x = leaf(1.0, 2.0)
    y = x * 2
    assert not y.retains_grad
    y.retain_grad()
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    assert y.retains_grad
    loss = (y * 3).sum()
    loss.backward(retain_graph=True)
    assert y.grad.tolist() == [30.0, 30.0]
    assert not np.shares_memory(y.grad.numpy(), x.grad.numpy())
    loss.backward()
    assert y.grad.tolist() == [60.0, 60.0]


def test_retained_gradient_follows_a_change_in_place():
    x = leaf(1.0)
    y = x * 2
    y.retain_grad()
    y.mul_(5)
    (y * 3).sum().backward()
    assert y.grad.item() == 3.0
    assert x.grad.item() == 30.0


def test_retain_grad_of_a_leaf_changes_nothing():
    x = leaf(1.0)
    x.retain_grad()
    assert not x.retains_grad
    x.sum().backward()
    assert x.grad.item() == 1.0


def test_post_accumulate_hook_sees_the_written_gradient():
    x = leaf(1.0)
    seen = []
    handle = x.register_post_accumulate_grad_hook(lambda leaf: seen.append(leaf.grad.item()))
    (x * 2).sum().backward()
    (x * 2).sum().backward()
    handle.remove()
    (x * 2).sum().backward()
    assert seen == [2.0, 4.0]


@pytest.mark.parametrize("method", ["retain_grad", "register_hook", "register_post_accumulate_grad_hook"])
def test_what_needs_a_gradient_says_so(method):
    args = () if method == "retain_grad" else (print,)
    with pytest.raises(RuntimeError, match=rf"{method}: the tensor, of shape \(2,\), does not require a gradient"):
        getattr(tg.ones(2), method)(*args)


def test_post_accumulate_hook_of_a_result_is_refused():
    with pytest.raises(RuntimeError, match="expected a leaf.*use register_hook"):
        (leaf(1.0) * 2).register_post_accumulate_grad_hook(print)


def test_a_handle_is_a_context_manager_that_removes_its_hook():
    x = leaf(1.0)
    calls = []
    with x.register_hook(lambda _: calls.append(1)) as handle:
        (x * 2).sum().backward()
        assert isinstance(handle.id, int)
    (x * 2).sum().backward()
    assert calls == [1]


@pytest.mark.parametrize("register", [tg.Tensor.register_hook, tg.Tensor.register_post_accumulate_grad_hook])
def test_the_first_hook_of_any_leaf_is_called(register, monkeypatch):
    monkeypatch.setattr(hooks, "_of_leaves", [])
    x, other = leaf(1.0), leaf(1.0)
    calls = []
    assert not hooks.leaves_have_hooks()
    register(x, lambda _: calls.append(1))
    assert hooks.leaves_have_hooks()
    (x * 2 + other).sum().backward()
    assert calls == [1]
    assert hooks.hooks_of(other) is None


def test_a_handle_outlives_its_tensor():
    handle = (leaf(1.0) * 2).register_hook(lambda _: None)
    handle.remove()


def test_a_tensor_retains_its_gradient_once_however_often_it_is_asked():
    y = leaf(1.0) * 2
    assert not y.retains_grad
    for _ in range(2):
        y.retain_grad()
    assert y.retains_grad
    assert len(y.grad_fn.hooks.retained) == 1
    y.sum().backward()
    assert y.grad.tolist() == [1.0]


def test_a_hook_of_a_view_runs_though_its_base_was_changed_in_place_before():
    seen = []
    x = leaf(1.0, 2.0)
    base = x * 1
    view = base[:1]
    base.mul_(3)
    view.register_hook(lambda g: seen.append(g.tolist()))
    view.sum().backward()
    assert seen == [[1.0]]
    assert x.grad.tolist() == [3.0, 0.0]


def test_a_tensor_that_was_saved_stands_for_the_leaf_it_came_from():
    class Identity(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 1

    x = leaf(1.0)
    y = Identity.apply(x)
    (saved,) = y.grad_fn.aux["ctx"].saved_tensors
    assert saved is not x
    assert hooks.owner_of(saved) is x


def test_a_change_in_place_retains_no_gradient_that_was_not_asked_for():
    y = leaf(1.0) * 2
    y.register_hook(lambda g: None)
    y.mul_(3)
    assert not y.retains_grad
    y.sum().backward()
    assert y._grad is None
