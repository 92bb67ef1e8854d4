"""NumPy's functions on tensors: recorded, or refused; never a silent constant."""

import numpy as np
import pytest

import tinygrad_cnn as tg


def leaf():
    return tg.tensor([[0.5, 1.5, 2.5], [1.0, 2.0, 0.25]], dtype=tg.float64, requires_grad=True)


UFUNCS = [
    np.absolute, np.negative, np.sign, np.sqrt, np.square, np.exp, np.log, np.sin, np.cos, np.tanh, np.reciprocal,
]  # fmt: skip
BINARY = [
    np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum, np.minimum, np.floor_divide, np.remainder,
    np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal,
]  # fmt: skip


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda one: one.__name__)
def test_unary_functions(ufunc):
    x = leaf()
    y = ufunc(x)
    assert isinstance(y, tg.Tensor)
    assert y.requires_grad
    np.testing.assert_allclose(y.detach().numpy(), ufunc(x.detach().numpy()))


@pytest.mark.parametrize("ufunc", BINARY, ids=lambda one: one.__name__)
def test_binary_functions_with_arrays_on_either_side(ufunc):
    x, a = leaf(), np.array([1.0, 2.0, 3.0])
    for first, second in [(x, a), (a, x), (2.0, x), (x, 2.0)]:
        y = ufunc(first, second)
        expected = ufunc(*[one.array if one is x else one for one in (first, second)])
        assert isinstance(y, tg.Tensor)
        assert y.requires_grad == (expected.dtype.kind == "f")
        np.testing.assert_allclose(y.detach().numpy(), expected)


def test_operators_with_arrays_on_the_left():
    x, a = leaf(), np.array([1.0, 2.0, 3.0])
    for y, expected in [(a * x, a * x.array), (a - x, a - x.array), (a / x, a / x.array), (a @ x.T, a @ x.array.T)]:
        assert y.requires_grad
        np.testing.assert_allclose(y.detach().numpy(), expected)


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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: np.arctan(x), r"numpy\.arctan.*not recorded.*detach"),
        (lambda x: np.add(x, 1, out=np.zeros((2, 3))), r"numpy\.add"),
        (lambda x: np.add.reduce(x), r"numpy\.add"),
        (lambda x: np.median(x), r"numpy\.median"),
        (lambda x: np.linalg.inv(x), r"numpy\.inv"),
        (lambda x: np.sum(x, where=np.ones((2, 3), bool)), r"numpy\.sum.*where"),
        (lambda x: np.concatenate([x, x], out=np.zeros((4, 3))), r"numpy\.concatenate"),
        (lambda x: np.dot(x.reshape(1, 2, 3), x.t()), r"numpy\.dot"),
    ],
)
def test_what_has_no_operation_is_refused(call, message):
    with pytest.raises(TypeError, match=message):
        call(leaf())


def test_arrays_are_made_of_constants_only():
    with pytest.raises(RuntimeError, match=r"would become a constant.*detach"):
        np.asarray(leaf())
    with pytest.raises(RuntimeError, match="would become a constant"):
        np.array([leaf()[0, 0]])
    x = tg.ones(2)
    assert np.asarray(x) is x.numpy()
    assert np.array(x) is not x.numpy()
    assert np.asarray(x, dtype=np.float64).dtype == np.float64


def test_dlpack_shares_memory():
    x = tg.arange(3)
    y = np.from_dlpack(x)
    y_shared = np.shares_memory(y, x.numpy())
    assert y_shared
    with pytest.raises(RuntimeError, match="requires a gradient"):
        np.from_dlpack(leaf())


def test_arrays_cannot_take_a_recorded_value_in_silence():
    a = np.zeros((2, 3))
    with pytest.raises(RuntimeError, match="would become a constant"):
        a[...] = leaf()
