"""Scopes: the path of the module that runs, which nodes and errors name."""

import gc

import tinygrad_cnn as tg
from tinygrad_cnn import nn


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
