"""`Operation`: what the graph knows of an `Op` is what every operation has."""

import inspect

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn.autograd import Function, Op, Operation, registry


class Double(Function):
    """2·x."""

    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, g):
        return g * 2


def members():
    """Return the names of the attributes and methods of the protocol."""
    methods = [name for name, one in vars(Operation).items() if inspect.isfunction(one)]
    return sorted({*Operation.__annotations__, *methods} - {"__init__", "__subclasshook__", "_no_init_or_replace_init"})


def test_the_protocol_names_attributes_and_methods():
    assert {"name", "kernel", "vjps", "gradients", "vjp_of", "__call__"} <= set(members())


@pytest.mark.parametrize("member", members())
def test_every_operation_has_what_the_graph_asks_for(member):
    for name, op in registry.items():
        assert hasattr(op, member), f"{name} lacks {member}"
    assert hasattr(Double._op, member)


def test_the_methods_take_the_same_arguments():
    for name, one in vars(Operation).items():
        if inspect.isfunction(one) and name in ("vjp_of", "_plan"):
            assert list(inspect.signature(one).parameters) == list(inspect.signature(getattr(Op, name)).parameters)


def test_nodes_hold_the_operation_whatever_its_kind():
    x = tg.ones(2, requires_grad=True)
    assert (x * 2).grad_fn.op is registry["mul"]
    assert Double.apply(x).grad_fn.op is Double._op
    assert Double._op.name == "Double"
