"""Dtype promotion: PyTorch's table, taken from PyTorch 2.13 by `torch.result_type`."""

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


def test_comparisons_promote_and_give_booleans():
    assert ops.lt(tensor([200], dtype="u1"), tensor([-1], dtype="i1")).tolist() == [False]
    assert ops.eq(tensor([1, 2]), 1.5).tolist() == [False, False]
    assert ops.eq(tensor([1, 2]), 2).dtype == "?"


@pytest.mark.parametrize(
    ("x", "other", "expected"), [(1.0, 0.0, "f4"), (1, 0, "i8"), (True, False, "?"), (1, 0.5, "f4")]
)
def test_where_of_two_numbers(x, other, expected):
    assert ops.where(tensor([True, False]), x, other).dtype == expected


def test_where_promotes_its_choices_and_not_the_condition():
    condition = tensor([True, False])
    assert ops.where(condition, ones(2, dtype="f4"), ones(2, dtype="f8")).dtype == "f8"
    assert ops.where(condition, ones(2, dtype="i4"), 0).dtype == "i4"


def test_the_gradient_of_a_promoted_input_has_its_own_dtype():
    x = tensor([1.0, 2.0], requires_grad=True)
    w = tensor([3.0, 4.0], dtype="float64", requires_grad=True)
    y = x * w
    assert y.dtype == np.float64
    ops.sum(y).backward()
    assert (x.grad.dtype, w.grad.dtype) == (np.float32, np.float64)
    assert x.grad.tolist() == [3, 4]


def test_reductions():
    assert ops.sum(ones(2, dtype="i4")).dtype == "i8"
    assert ops.sum(ones(2, dtype="?")).dtype == "i8"
    assert ops.sum(ones(2, dtype="f2")).dtype == "f2"
    assert ops.amax(ones(2, dtype="u1")).dtype == "u1"
    assert ops.argmax(ones(2)).dtype == "i8"
