"""The dtypes: names, the default one, and PyTorch's promotion by rank and category."""

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn._dtypes import as_dtype, check_real, get_default_dtype, is_floating, result_type, set_default_dtype


def test_a_dtype_is_numpys():
    for name in ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8"):
        assert getattr(tg, name) == np.dtype(name)
        assert as_dtype(name) is as_dtype(getattr(np, name))
    for dtype in (float, "f8", tg.double):
        assert as_dtype(dtype) == np.float64
    assert as_dtype(bool) == np.dtype("?")
    assert (tg.half, tg.float, tg.double) == (tg.float16, tg.float32, tg.float64)
    assert (tg.short, tg.int, tg.long) == (tg.int16, tg.int32, tg.int64)


@pytest.mark.parametrize("given", ["uint32", "uint16", complex, "complex64", "U4", object, "f16"])
def test_dtypes_that_are_not_supported_are_refused_with_a_list(given):
    with pytest.raises(TypeError, match="not supported; expected one of bool, uint8, int8, .*, float64"):
        as_dtype(given)


def test_what_is_no_dtype_is_refused():
    with pytest.raises(TypeError, match=r"expected a dtype such as tinygrad_cnn\.float32, got 'float99'"):
        as_dtype("float99")


def test_only_floating_dtypes_can_be_the_default():
    assert get_default_dtype() == tg.float32
    set_default_dtype("float64")
    assert get_default_dtype() == tg.float64
    with pytest.raises(TypeError, match="expected a floating-point dtype, got int64"):
        set_default_dtype(int)
    assert get_default_dtype() == tg.float64


def test_gradients_flow_through_floats_only():
    assert [is_floating(np.dtype(one)) for one in ("f2", "f4", "f8", "i8", "u1", "?")] == [True] * 3 + [False] * 3


@pytest.mark.parametrize(
    ("value", "what"),
    [(1j, "the complex number 1j"), (np.zeros(2, "c8"), "an array of complex64"), (np.complex64(1), "")],
)
def test_complex_numbers_are_refused(value, what):
    with pytest.raises(TypeError, match=f"mul: expected real numbers, got {what}.*two tensors"):
        check_real("mul", value)


@pytest.mark.parametrize("value", [1, 1.0, True, np.zeros(2), None, "a"])
def test_what_is_not_complex_passes(value):
    check_real("mul", value)


def array(dtype, *shape):
    return np.zeros(shape, dtype)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((array("f4", 2), array("f8")), "f4"),  # an array with axes outranks one without
        ((array("i4", 2), array("f8")), "f8"),  # but not one of a higher category
        ((array("i1", 2), array("i8")), "i1"),
        ((array("i8", 2), array("f2")), "f2"),
        ((array("f2", 2), 1e9), "f2"),
        ((array("u1", 2), -1), "u1"),
        ((array("u1", 2), 0.5), "f4"),
        ((array("?", 2), 3), "i8"),
        ((array("?", 2), True), "?"),
        ((array("u1", 2), array("i1", 2)), "i2"),
        ((array("f2", 2), array("i8", 2)), "f2"),  # an integer beside a float has no say
        ((array("f2", 2), array("f8", 0)), "f8"),
        ((array("f4"), 2), "f4"),
        ((array("i2"), 2.0), "f4"),
        ((True, 2), "i8"),
        ((True,), "?"),
        ((1, 2.0), "f4"),
    ],
)
def test_higher_ranks_decide_unless_a_lower_one_is_of_a_higher_category(values, expected):
    assert result_type(values) == expected
    assert result_type(values[::-1]) == expected


def test_python_floats_give_the_default_dtype():
    set_default_dtype(tg.float64)
    assert result_type([array("i8", 2), 0.5]) == result_type([0.5]) == tg.float64
    assert result_type([array("f4", 2), 0.5]) == tg.float32
    assert tg.tensor(1.5).dtype == tg.float64


def test_nothing_has_no_dtype():
    with pytest.raises(TypeError, match="expected at least one value"):
        result_type([])
