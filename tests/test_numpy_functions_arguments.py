"""What each of NumPy's functions is here, and which of its arguments the operation has."""

import inspect

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import numpy_functions, ops


def leaf():
    return tg.tensor([[0.5, 1.5, 2.5], [1.0, 2.0, 0.25]], dtype=tg.float64, requires_grad=True)


def test_every_ufunc_named_is_numpys_and_every_operation_exists():
    for theirs, ours in numpy_functions.UFUNCS.items():
        assert isinstance(getattr(np, theirs), np.ufunc)
        assert callable(getattr(ops, ours))


FUNCTIONS = {
    "concatenate": lambda x: np.concatenate([x, np.ones((1, 3))], axis=0),
    "stack": lambda x: np.stack([x, x.detach().numpy() if hasattr(x, "detach") else x], axis=1),
    "sum": lambda x: np.sum(x, axis=1, keepdims=True),
    "sum of all": np.sum,
    "mean": lambda x: np.mean(x, axis=(0, 1)),
    "prod": lambda x: np.prod(x, axis=0),
    "max": lambda x: np.max(x, axis=1),
    "min": np.min,
    "var": lambda x: np.var(x, axis=1, ddof=1),
    "std": np.std,
    "cumsum": lambda x: np.cumsum(x, axis=1),
    "argmax": lambda x: np.argmax(x, axis=1),
    "any": np.any,
    "all": lambda x: np.all(x, axis=0),
    "reshape": lambda x: np.reshape(x, (3, 2)),
    "reshape flat": lambda x: np.reshape(x, -1),
    "transpose": np.transpose,
    "swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "expand_dims": lambda x: np.expand_dims(x, 1),
    "squeeze": lambda x: np.squeeze(np.expand_dims(x, 0), 0),
    "broadcast_to": lambda x: np.broadcast_to(x, (2, 2, 3)),
    "flip": np.flip,
    "flip one": lambda x: np.flip(x, 1),
    "roll": lambda x: np.roll(x, 1),
    "clip": lambda x: np.clip(x, 0.75, 2),
    "where": lambda x: np.where(np.array([True, False, True]), x, 0.0),
    "where alone": lambda x: np.where(x > 1)[0],
    "where of numbers": lambda x: np.where(x > 1, x, x * 2),
    "tril": np.tril,
    "triu": lambda x: np.triu(x, 1),
    "dot": lambda x: np.dot(x, np.ones(3)),
    "outer": lambda x: np.outer(x, np.arange(2.0)),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, np.ones((4, 3))),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    x = leaf()
    y, expected = FUNCTIONS[name](x), np.asarray(FUNCTIONS[name](x.detach().numpy()))
    assert isinstance(y, tg.Tensor)
    assert y.requires_grad == (expected.dtype.kind == "f")
    assert y.shape == expected.shape
    np.testing.assert_allclose(y.detach().numpy(), expected)


PLAIN = (
    "all", "any", "argmax", "argmin", "cumprod", "cumsum", "flip", "max", "mean", "min", "prod", "ravel", "round",
    "sort", "std", "sum", "transpose", "tril", "triu", "var",
)  # fmt: skip


BASE = {name: ((leaf,), {}) for name in PLAIN}
BASE |= {
    "broadcast_to": ((leaf,), {"shape": (2, 2, 3)}),
    "clip": ((leaf, 0.75, 2), {}),
    "concatenate": ((lambda: [leaf(), np.ones((2, 3))],), {}),
    "dot": ((leaf, np.arange(3.0)), {}),
    "einsum": (("ij,kj->ik", leaf, np.ones((4, 3))), {}),
    "expand_dims": ((leaf,), {"axis": 1}),
    "moveaxis": ((leaf, 0, 1), {}),
    "outer": ((leaf, np.arange(2.0)), {}),
    "reshape": ((leaf, (3, 2)), {}),
    "roll": ((leaf,), {"shift": 1}),
    "squeeze": ((lambda: leaf()[None, :, None],), {}),
    "stack": ((lambda: [leaf(), np.ones((2, 3))],), {}),
    "swapaxes": ((leaf, 0, 1), {}),
    "where": ((np.array([True, False, True]), leaf, 0.5), {}),
}  # fmt: skip
"""For each function a call: positional and named arguments, tensors by what makes them."""


VALUES = {
    "axis": [None, 0, 1, -1, np.int64(1), (), (0,), (0, 1), (1, 0), 2, (0, 0)],
    "axes": [None, (0, 1), (1, 0), (-1, 0)],
    "keepdims": [True, False],
    "dtype": [None, np.float64, "float32", int],
    "out": [None, "an array"],
    "initial": [0.0, 7.0],
    "where": [True, np.array([True, False, True])],
    "ddof": [0, 1, 0.5],
    "correction": [0, 1],
    "mean": [np.zeros((2, 1))],
    "subok": [False, True],
    "decimals": [0, 1, -1],
    "order": ["C", "F", None],
    "kind": [None, "stable", "quicksort"],
    "stable": [None, True, False],
    "descending": [None, False, True],
    "casting": ["same_kind", "no"],
    "optimize": [False, True, "greedy"],
    "copy": [None, True],
    "shape": [-1, (6,), [6], (2, 2, 3), (3, -1), (1, 2, 3)],
    "shift": [1, -4, (1, 1)],
    "k": [0, 1, -1],
    "a_min": [None, 0.75], "a_max": [None, 2.0], "min": [0.75], "max": [1.5],
    "b": [2.0, np.float64(2.0), np.arange(3.0), [1.0, 2.0, 3.0]],
    "axis1": [-1], "axis2": [-1], "source": [-1, (0, 1)], "destination": [0, (1, 0)],

}  # fmt: skip


TENSORS = {"a", "m", "array", "arrays", "condition", "operands", "kwargs", "x", "y"}


def arguments():
    """Yield the name of each function with each combination of one or two other values of its parameters."""
    assert {one.__name__ for one in numpy_functions.FUNCTIONS} - {"amax", "amin"} <= set(BASE) | {"max", "min"}
    for name in BASE:
        parameters = inspect.signature(getattr(np, name)).parameters
        missing = set(parameters) - TENSORS - set(VALUES)
        assert not missing, f"numpy.{name} has parameters that VALUES lacks: {missing}"
        yield name, {}
        for parameter, also in [(one, other) for one in parameters for other in (None, "axis", "keepdims")]:
            if parameter in TENSORS or also == parameter or (also and also not in parameters):
                continue
            for value in VALUES[parameter]:
                for second in VALUES[also] if also else [None]:
                    yield name, {parameter: value} | ({also: second} if also else {})


def call(name, changed, make):
    """Call NumPy's function with the changed arguments, tensors as `make` gives them; return the result and `out`."""
    function = getattr(np, name)
    positional, named = BASE[name]
    signature = inspect.signature(function)
    bound = signature.bind_partial(*positional, **named)
    out = np.zeros((2, 3)) if changed.get("out") == "an array" else None
    for key, value in changed.items():
        bound.arguments[key] = out if isinstance(value, str) and value == "an array" else value
    args, kwargs = [], {}
    for key, value in bound.arguments.items():
        kind = signature.parameters[key].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            args.extend(make(one) for one in value)
        elif kind is inspect.Parameter.POSITIONAL_ONLY:
            args.append(make(value))
        else:
            kwargs[key] = make(value)
    return function(*args, **kwargs), out


def as_given(value):
    return value() if callable(value) and not isinstance(value, type) else value


def detached(value):
    given = as_given(value)
    if isinstance(given, list):
        return [detached(one) for one in given]
    return given.detach() if isinstance(given, tg.Tensor) else given


def as_array(value):
    given = detached(value)
    if isinstance(given, list):
        return [as_array(one) for one in given]
    return given.numpy() if isinstance(given, tg.Tensor) else given


ARGUMENTS = list(arguments())


@pytest.mark.parametrize("name", BASE)
def test_every_argument_has_its_effect_or_is_refused_by_name(name):
    honoured, refusals = 0, []
    for _, changed in [one for one in ARGUMENTS if one[0] == name]:
        try:
            expected, _ = call(name, changed, as_array)
        except Exception as error:
            with pytest.raises((type(error), TypeError, ValueError, IndexError, RuntimeError)):
                call(name, changed, as_given)
            continue
        try:
            found, _ = call(name, changed, as_given)
        except TypeError as error:
            refusals.append((changed, str(error)))
            continue
        honoured += 1
        for one, other in zip(*[x if isinstance(x, tuple) else (x,) for x in (found, expected)], strict=True):
            assert isinstance(one, tg.Tensor), (name, changed)
            assert one.shape == np.shape(other), (name, changed)
            np.testing.assert_allclose(one.detach().numpy(), other, err_msg=f"{name} {changed}")
    assert honoured
    assert [one for one in refusals if not any(key in one[1] for key in one[0])] == []


@pytest.mark.parametrize("name", BASE)
def test_without_gradients_every_call_gives_what_numpy_gives(name):
    for _, changed in [one for one in ARGUMENTS if one[0] == name]:
        try:
            expected, _ = call(name, changed, as_array)
        except Exception:
            continue
        found, out = call(name, changed, detached)
        assert (found is out) == (out is not None)
        for one, other in zip(*[x if isinstance(x, tuple) else (x,) for x in (found, expected)], strict=True):
            assert isinstance(one, np.ndarray if out is not None else tg.Tensor), (name, changed)
            np.testing.assert_allclose(np.asarray(one), other, err_msg=f"{name} {changed}")
