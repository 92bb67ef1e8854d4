"""Dtypes: the supported ones, the default, and PyTorch's rule for mixed operands."""

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn._dtypes import as_dtype, check_real, is_floating, result_type


@pytest.fixture(autouse=True)
def _same_default_afterwards():
    before = tg.get_default_dtype()
    yield
    tg.set_default_dtype(before)


def test_names_stand_for_numpys_dtypes():
    assert (tg.float, tg.double, tg.half) == (np.float32, np.float64, np.float16)
    assert (tg.short, tg.int, tg.long) == (np.int16, np.int32, np.int64)
    for dtype in (float, "f8", np.float64, tg.double):
        assert as_dtype(dtype) == np.float64


@pytest.mark.parametrize("dtype", ["complex64", "uint16", "S3", object])
def test_other_dtypes_are_refused_with_the_list_of_those_that_are_not(dtype):
    with pytest.raises(TypeError, match=r"is not supported; expected one of bool, uint8, .*, float64"):
        as_dtype(dtype)
    with pytest.raises(TypeError, match=r"expected a dtype such as tinygrad_cnn\.float32, got 'nonsense'"):
        as_dtype("nonsense")


def test_the_default_is_what_python_floats_become():
    tg.set_default_dtype("float64")
    assert tg.tensor(1.5).dtype == np.float64
    assert result_type([np.arange(2), 1.5]) == np.float64
    with pytest.raises(TypeError, match="set_default_dtype: expected a floating-point dtype, got int64"):
        tg.set_default_dtype("int64")
    assert tg.get_default_dtype() == np.float64


AXES, NONE = np.ones(2), np.ones(())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([AXES.astype("f4"), NONE], "f4"),  # axes outrank a 0-d array of the same category
        ([AXES.astype("i1"), NONE.astype("i8")], "i1"),
        ([AXES.astype("i8"), NONE.astype("f2")], "f2"),  # unless that is of a higher one
        ([AXES.astype("f2"), 1e300], "f2"),
        ([AXES.astype("u1"), AXES.astype("i1")], "i2"),
        ([AXES.astype("i8"), AXES.astype("f2")], "f2"),
        ([NONE.astype("?"), 2], "i8"),
        ([True, 2.5], "f4"),
        ([True, False], "?"),
    ],
)
def test_the_rule_for_mixed_operands(values, expected):
    assert result_type(values) == expected
    assert result_type(values[::-1]) == expected


def test_nothing_has_no_dtype():
    with pytest.raises(TypeError, match="result_type: expected at least one value"):
        result_type([])


def test_gradients_flow_through_floating_point_only():
    assert [is_floating(np.dtype(one)) for one in ("f2", "f8", "i8", "?")] == [True, True, False, False]


@pytest.mark.parametrize(
    ("value", "shown"), [(1j, "the complex number 1j"), (np.ones(1, "c8"), "an array of complex64")]
)
def test_complex_numbers_are_refused(value, shown):
    with pytest.raises(TypeError, match=f"op: expected real numbers, got {shown}"):
        check_real("op", value)
    check_real("op", 1.0)
