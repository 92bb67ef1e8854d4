"""Methods of tensors: each family is part of `Tensor`, and each method that names an operation is that operation."""

import inspect

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import ops
from tinygrad_cnn.methods import Methods

X = tg.tensor([[0.5, 2.0], [1.5, 3.0]])
ONE = sorted(
    name
    for name in dir(Methods)
    if hasattr(ops, name)
    and callable(getattr(Methods, name))
    and not name.startswith("_")
    and list(inspect.signature(inspect.unwrap(getattr(Methods, name))).parameters) == ["self"]
)


def test_there_are_methods_without_arguments():
    assert {"exp", "relu", "neg", "t", "ravel", "logical_not"} <= set(ONE)


@pytest.mark.parametrize("name", ONE)
def test_a_method_without_arguments_is_the_operation_of_its_name(name):
    x = X > 1 if name == "bitwise_not" else X
    found, expected = getattr(x, name)(), getattr(ops, name)(x)
    assert isinstance(found, tg.Tensor)
    np.testing.assert_array_equal(found.array, expected.array)


def test_every_family_adds_methods_and_none_hides_another():
    seen = {}
    for family in Methods.__bases__:
        for name in vars(family):
            if not name.startswith("__"):
                assert name not in seen, f"{name} is in {family.__name__} and {seen.get(name)}"
                seen[name] = family.__name__
    assert len(set(seen.values())) == len(Methods.__bases__)
    assert all(hasattr(tg.Tensor, name) for name in seen)


def test_families_hold_no_values_of_their_own():
    assert all(family.__slots__ == () for family in (Methods, *Methods.__bases__))
    assert not hasattr(X, "__dict__")
