"""Scopes: the path of the module that runs, which nodes and errors name."""

import gc
import threading

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import autograd, nn
from tinygrad_cnn.autograd import Scope, collect, current_scope, enter_scope, pop_scope, push_scope


class Outer(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(2, 2), nn.Tanh())

    def forward(self, x):
        return self.inner(x) * 2


def test_a_node_knows_the_modules_that_it_was_made_in_from_the_outermost_on():
    model = Outer()
    node = model(tg.ones(1, 2)).grad_fn
    (tanh, _), *_ = node.next_functions
    assert tanh.scope.path.endswith("inner.1")
    assert [scope.kind for scope in tanh.scope.chain] == ["Outer", "Sequential", "Tanh"]
    assert [scope.kind for scope in node.scope.chain] == ["Outer"]
    assert tanh.scope.owner is model.inner[1]


def test_a_scope_does_not_keep_its_module_alive():
    model = nn.Tanh()
    scope = model(tg.ones(1, requires_grad=True)).grad_fn.scope
    del model
    gc.collect()
    assert scope.owner is None


def test_nothing_is_in_a_scope_outside_of_modules():
    assert (tg.ones(1, requires_grad=True) * 2).grad_fn.scope is None


def test_scopes_are_entered_and_left_in_order():
    owner = nn.Tanh()
    with enter_scope("net", "Net", owner) as outer:
        assert current_scope() is outer
        with enter_scope("features", "Sequential", owner) as middle, enter_scope("0", "Conv2d", owner) as inner:
            assert (inner.parent, middle.parent, outer.parent) == (middle, outer, None)
            assert inner.chain == (outer, middle, inner)
            assert (inner.path, middle.path, outer.path) == ("features.0", "features", "")
            assert (repr(inner), repr(outer)) == ("<scope features.0>", "<scope Net>")
        assert current_scope() is outer
    assert current_scope() is None


def test_a_scope_is_left_after_an_error():
    owner = nn.Tanh()
    with pytest.raises(ZeroDivisionError), enter_scope("net", "Net", owner):
        raise ZeroDivisionError
    assert current_scope() is None


def test_a_scope_pushed_by_hand_ends_with_its_token():
    scope = Scope("net", "Net", nn.Tanh(), None)
    token = push_scope(scope)
    assert current_scope() is scope
    assert (tg.ones(1, requires_grad=True) * 2).grad_fn.scope is scope
    pop_scope(token)
    assert current_scope() is None


def test_every_thread_has_a_scope_of_its_own():
    seen = []
    with enter_scope("net", "Net", nn.Tanh()):
        thread = threading.Thread(target=lambda: seen.append(current_scope()))
        thread.start()
        thread.join()
    assert seen == [None]


def test_the_gradients_of_a_module_are_recorded_in_a_scope_inside_it():
    w = tg.rand(2, requires_grad=True)
    owner = type("Owner", (), {})()
    with enter_scope("layer", "Layer", owner) as scope:
        inside = w.exp()
    outside = inside.sin().sum()
    with enter_scope("caller", "Caller", owner) as caller:
        (first,) = autograd.grad(outside, w, create_graph=True)
        assert current_scope() is caller
    (second,) = autograd.grad(first.sum(), w, create_graph=True)
    nodes = collect([second.grad_fn])
    assert {node.scope.order for node in nodes if node.scope is not scope} == {1, 2}
    gradients = {(node.scope.name, node.scope.order, node.scope.parent) for node in nodes if node.scope is not scope}
    assert gradients <= {
        ("gradient", 1, scope), ("gradient", 1, None), ("gradient of order 2", 2, scope),
        ("gradient of order 2", 2, None),
    }  # fmt: skip
    assert {first.grad_fn.scope.parent, first.grad_fn.scope.order} == {scope, 1}
    assert (second.grad_fn.scope.parent, second.grad_fn.scope.order) == (scope, 2)
    assert current_scope() is None


def test_a_backward_pass_that_raises_leaves_the_scope_as_it_was():
    w = tg.rand(2, requires_grad=True)
    y = w.exp()
    y.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        y.sum().backward(create_graph=True)
    assert current_scope() is None
