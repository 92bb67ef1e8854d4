"""The types of operations say what an `Op` takes, no more and no less."""

import inspect

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn.autograd import Op, primitive, registry
from tinygrad_cnn.autograd.signatures import Binary, Options, Ternary, Unary


def test_the_options_are_those_of_an_op():
    parameters = inspect.signature(Op.__init__).parameters.values()
    assert Options.__annotations__.keys() == {one.name for one in parameters if one.kind is one.KEYWORD_ONLY}
    assert Options.__required_keys__ == frozenset()


@pytest.mark.parametrize("option", Options.__annotations__)
def test_primitive_hands_every_option_on(option):
    value = object()

    @primitive(name="optional", **{option: value})
    def optional(x):
        return x

    try:
        kept = getattr(optional, option)
        assert kept is value or option == "keeps_half"  # which other options imply
        assert bool(kept)
    finally:
        del registry["optional"]


@pytest.mark.parametrize(
    ("signature", "name", "inputs"), [(Unary, "relu", 1), (Binary, "add", 2), (Ternary, "where", 3)]
)
def test_an_operation_takes_as_many_inputs_as_its_signature_names(signature, name, inputs):
    overloads = getattr(signature.__call__, "__wrapped__", signature.__call__)
    named = [
        one
        for one in inspect.signature(overloads).parameters.values()
        if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
    ]
    kernel = registry[name].__wrapped__
    assert kernel.__code__.co_argcount == inputs
    if signature is Unary:  # the others are overloads, of which nothing is left when a program runs
        assert len(named) - 1 == inputs
    x = tg.ones(2) > 0 if name == "where" else tg.ones(2)
    assert registry[name](x, *[1.0] * (inputs - 1)).tolist() == [2.0 if name == "add" else 1.0] * 2
