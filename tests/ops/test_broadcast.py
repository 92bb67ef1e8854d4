"""Broadcasting and dtype promotion: PyTorch's table, taken from PyTorch 2.13 by `torch.result_type`."""

import numpy as np
import pytest

from tinygrad_cnn import ops, set_default_dtype
from tinygrad_cnn.creation import ones, tensor

DTYPES = ["?", "u1", "i1", "i2", "i4", "i8", "f2", "f4", "f8"]


BOTH_WITH_AXES = """
    ?  u1 i1 i2 i4 i8 f2 f4 f8
    u1 u1 i2 i2 i4 i8 f2 f4 f8
    i1 i2 i1 i2 i4 i8 f2 f4 f8
    i2 i2 i2 i2 i4 i8 f2 f4 f8
    i4 i4 i4 i4 i4 i8 f2 f4 f8
    i8 i8 i8 i8 i8 i8 f2 f4 f8
    f2 f2 f2 f2 f2 f2 f2 f4 f8
    f4 f4 f4 f4 f4 f4 f4 f4 f8
    f8 f8 f8 f8 f8 f8 f8 f8 f8
"""


AXES_WITH_0D = """
    ?  u1 i1 i2 i4 i8 f2 f4 f8
    u1 u1 u1 u1 u1 u1 f2 f4 f8
    i1 i1 i1 i1 i1 i1 f2 f4 f8
    i2 i2 i2 i2 i2 i2 f2 f4 f8
    i4 i4 i4 i4 i4 i4 f2 f4 f8
    i8 i8 i8 i8 i8 i8 f2 f4 f8
    f2 f2 f2 f2 f2 f2 f2 f2 f2
    f4 f4 f4 f4 f4 f4 f4 f4 f4
    f8 f8 f8 f8 f8 f8 f8 f8 f8
"""


WITH_NUMBERS = """
    ?  i8 f4
    u1 u1 f4
    i1 i1 f4
    i2 i2 f4
    i4 i4 f4
    i8 i8 f4
    f2 f2 f2
    f4 f4 f4
    f8 f8 f8
"""


NUMBERS = [True, 2, 2.5]


def cells(table, columns):
    rows = [line.split() for line in table.split("\n") if line.strip()]
    return [(a, b, rows[i][j]) for i, a in enumerate(DTYPES) for j, b in enumerate(columns)]


@pytest.fixture(params=[ops.add, ops.mul, ops.maximum], ids=lambda op: op.name)
def op(request):
    return request.param


@pytest.mark.parametrize(("a", "b", "expected"), cells(BOTH_WITH_AXES, DTYPES))
def test_two_tensors_of_equal_rank(op, a, b, expected):
    assert op(ones(2, dtype=a), ones(2, dtype=b)).dtype == expected
    assert op(ones((), dtype=a), ones((), dtype=b)).dtype == expected


@pytest.mark.parametrize(("a", "b", "expected"), cells(AXES_WITH_0D, DTYPES))
def test_a_0d_tensor_changes_the_category_only(op, a, b, expected):
    assert op(ones(2, dtype=a), ones((), dtype=b)).dtype == expected
    assert op(ones((), dtype=b), ones(2, dtype=a)).dtype == expected


@pytest.mark.parametrize(("a", "number", "expected"), cells(WITH_NUMBERS, NUMBERS))
def test_a_python_number_changes_the_category_only(op, a, number, expected):
    for shape in ((2,), ()):
        assert op(ones(shape, dtype=a), number).dtype == expected
        assert op(number, ones(shape, dtype=a)).dtype == expected


@pytest.mark.parametrize("number", [np.float64(2.5), np.float32(2.5)])
def test_a_numpy_scalar_counts_as_a_python_number(number):
    assert (ones(2) * number).dtype == np.float32
    assert ops.add(number, ones(2, dtype="f8")).dtype == np.float64


@pytest.mark.parametrize("dtype", ["?", "u1", "i8"])
def test_integers_become_the_default_dtype_where_the_result_is_floating(dtype):
    for default in ("float32", "float64"):
        set_default_dtype(default)
        x = ones(2, dtype=dtype)
        for found in (ops.div(x, x), ops.div(x, 2), ops.div(2, x), ops.exp(x), ops.log(x), ops.sqrt(x), ops.sigmoid(x)):
            assert found.dtype == default
    assert ops.div(ones(2, dtype="i8"), ones(2, dtype="f2")).dtype == "f2"


def test_the_gradient_of_a_promoted_input_has_its_own_dtype():
    x = tensor([1.0, 2.0], requires_grad=True)
    w = tensor([3.0, 4.0], dtype="float64", requires_grad=True)
    y = x * w
    assert y.dtype == np.float64
    ops.sum(y).backward()
    assert (x.grad.dtype, w.grad.dtype) == (np.float32, np.float64)
    assert x.grad.tolist() == [3, 4]


# --- broadcasting ---------------------------------------------------------------------------------------------------


def test_a_broadcast_is_a_read_only_view_and_a_sum_is_its_transpose():
    x = tensor([[1.0], [2.0]], requires_grad=True)
    y = ops.broadcast_to(x, (3, 2, 4))
    assert np.shares_memory(x.array, y.array)
    assert not y.array.flags.writeable
    y.sum().backward()
    assert x.grad.tolist() == [[12], [12]]
    g = np.arange(24.0).reshape(3, 2, 4)
    assert ops.sum_to(g, shape=(2, 1)).tolist() == g.sum((0, 2))[:, None].tolist()
    assert ops.sum_to(g, shape=()).item() == g.sum()
    assert ops.sum_to(np.ones((0, 2)), shape=(1, 2)).tolist() == [[0, 0]]


def test_a_sum_over_no_axis_has_memory_of_its_own():
    x = tensor([1.0, 2.0])
    assert not np.shares_memory(ops.sum_to(x, shape=(2,)).array, x.array)


def test_a_change_of_dtype_truncates_and_its_gradient_changes_back():
    x = tensor([-1.7, 1.7], dtype="float64", requires_grad=True)
    assert ops.cast(x, dtype=np.dtype("int32")).tolist() == [-1, 1]
    y = ops.cast(x, dtype=np.dtype("float16"))
    y.sum().backward()
    assert (y.dtype, x.grad.dtype) == (np.float16, np.float64)
    assert y.grad_fn.saved is False


def test_shapes_broadcast_from_the_last_axis_on():
    assert ops.add(ones(3, 1, 2), ones(4, 1)).shape == (3, 4, 2)
    assert ops.add(ones(0, 1), ones(3)).shape == (0, 3)
    with pytest.raises(RuntimeError, match=r"add: expected shapes that broadcast .* got \(2, 3\) and \(2,\)"):
        ops.add(ones(2, 3), ones(2))
