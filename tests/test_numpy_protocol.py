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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: np.cbrt(x), r"numpy\.cbrt.*not recorded.*an operation.*detach"),
        (lambda x: np.add(x, 1, out=np.zeros((2, 3))), r"numpy\.add.*out.*tinygrad_cnn\.add"),
        (lambda x: np.add.reduce(x), r"numpy\.add"),
        (lambda x: np.median(x), r"numpy\.median.*use tinygrad_cnn\.median"),
        (lambda x: np.linalg.inv(x), r"numpy\.inv"),
        (lambda x: np.sum(x, where=np.ones((2, 3), bool)), r"numpy\.sum.*where"),
        (lambda x: np.concatenate([x, x], out=np.zeros((4, 3))), r"numpy\.concatenate.*out"),
        (lambda x: np.dot(x.reshape(1, 2, 3), x.t()), r"numpy\.dot.*axes"),
        (lambda x: np.allclose(x, 1), r"numpy\.allclose.*use tinygrad_cnn\.allclose"),
    ],
)
def test_what_has_no_operation_is_refused(call, message):
    with pytest.raises(TypeError, match=message):
        call(leaf())


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.allclose(x, x),
        lambda x: np.unique(x),
        lambda x: np.unique(x, return_counts=True)[1],
        lambda x: np.histogram(x, bins=3)[0],
        lambda x: np.median(x, axis=1),
        lambda x: np.percentile(x, [25, 50]),
        lambda x: np.cbrt(x),
        lambda x: np.add.reduce(x),
        lambda x: np.linalg.norm(x),
        lambda x: np.isin(x, [x[0, 0]]),
        lambda x: np.hstack([x, x]),
        lambda x: np.add(x, 1, out=np.zeros((2, 3))),
    ],
)
def test_what_has_no_operation_is_computed_where_no_gradient_is_lost(call):
    x = leaf()
    with tg.no_grad():
        again = call(x)
    np.testing.assert_array_equal(call(x.detach()), call(x.detach().numpy()))
    np.testing.assert_array_equal(again, call(x.detach().numpy()))


def test_tensors_are_saved_as_arrays(tmp_path):
    np.save(tmp_path / "x.npy", leaf().detach())
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), leaf().array)
    with pytest.raises(TypeError, match=r"numpy\.save.*detach"):
        np.save(tmp_path / "x.npy", leaf())


def test_numpy_does_not_write_into_tensors():
    x = tg.zeros(2, 3)
    for write in (
        lambda: np.copyto(x, np.ones((2, 3))),
        lambda: np.add(np.ones((2, 3)), 1, out=x),
        lambda: np.sum(np.ones((2, 2, 3)), axis=0, out=x),
        lambda: np.fill_diagonal(x, 1),
    ):
        with pytest.raises(TypeError, match="would write into a tensor"):
            write()
    assert not x.any()


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
