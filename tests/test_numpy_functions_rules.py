"""The tables of NumPy's functions: every entry exists on both sides and takes NumPy's names of arguments."""

import inspect

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import ops
from tinygrad_cnn.numpy_functions import FUNCTIONS, UFUNCS, Refused


@pytest.mark.parametrize(("theirs", "ours"), UFUNCS.items())
def test_every_universal_function_is_an_operation(theirs, ours):
    assert isinstance(getattr(np, theirs), np.ufunc)
    assert callable(getattr(ops, ours))


OF_LATER_VERSIONS = {"descending"}
"""Arguments that `numpy.sort` has in some versions only."""


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.__name__)
def test_every_meaning_takes_names_that_the_function_of_numpy_has(function):
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    theirs = set(inspect.signature(function).parameters)
    meant = inspect.signature(FUNCTIONS[function]).parameters.values()
    names = {one.name for one in meant if one.kind not in kinds} - OF_LATER_VERSIONS
    assert names <= theirs or any(one.kind in kinds for one in inspect.signature(function).parameters.values())


X = tg.tensor([[3.0, 1.0, 2.0], [0.5, -1.0, 4.0]])


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.all(x > 0, axis=(0, 1)), lambda x: np.argmax(x, axis=1, keepdims=True), lambda x: np.argmin(x),
        lambda x: np.broadcast_to(x[:1], (4, 3)), lambda x: np.clip(x, 0, None), lambda x: np.clip(x, None, None),
        lambda x: np.concatenate([x, x], axis=None), lambda x: np.cumsum(x), lambda x: np.cumprod(x, axis=1),
        lambda x: np.dot(x, x[0]), lambda x: np.expand_dims(x, (0, 3)), lambda x: np.flip(x), lambda x: np.flip(x, 1),
        lambda x: np.max(x, axis=(0, 1), keepdims=True), lambda x: np.einsum("ij,kj->ik", x, x),
    ],
)  # fmt: skip
def test_values_and_shapes_are_those_of_numpy(call):
    found = call(X)
    assert isinstance(found, tg.Tensor)
    np.testing.assert_allclose(found.array, call(X.array), rtol=1e-6)


def test_limits_come_in_one_spelling():
    with pytest.raises(ValueError, match="clip: expected a_min and a_max or min and max, got some of both"):
        np.clip(X, 0, max=1)


def test_a_meaning_says_what_it_cannot_do():
    with pytest.raises(Refused, match="of more than two axes"):
        FUNCTIONS[np.dot](tg.ones(2, 2, 2), tg.ones(2, 2))
