"""Comparisons and logic: booleans out of any dtype, NaN, whole tensors, and that no gradient passes."""

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import ops
from tinygrad_cnn.creation import ones, tensor, zeros

INF, NAN = float("inf"), float("nan")


PAIRS = [(ops.eq, "=="), (ops.ne, "!="), (ops.lt, "<"), (ops.le, "<="), (ops.gt, ">"), (ops.ge, ">=")]


@pytest.mark.parametrize(("op", "sign"), PAIRS)
def test_comparisons_are_pythons_element_by_element_and_nan_is_unordered(op, sign):
    x, y = [1.0, 2.0, 3.0, NAN, NAN, INF], [2.0, 2.0, 2.0, 1.0, NAN, INF]
    expected = [eval(f"a {sign} b", {"a": a, "b": b}) for a, b in zip(x, y, strict=True)]
    assert op(tensor(x), tensor(y)).tolist() == expected
    assert not op(tensor(x, requires_grad=True), 1.0).requires_grad


def test_comparisons_promote_and_give_booleans():
    assert ops.lt(tensor([200], dtype="u1"), tensor([-1], dtype="i1")).tolist() == [False]
    assert ops.eq(tensor([1, 2]), 1.5).tolist() == [False, False]
    assert ops.eq(tensor([1, 2]), 2).dtype == "?"


def test_logic_takes_any_dtype_and_gives_booleans():
    x, y = tensor([0.0, 2.0, 0.0, NAN]), tensor([0, 0, 3, 1])
    assert ops.logical_and(x, y).tolist() == [False, False, False, True]
    assert ops.logical_or(x, y).tolist() == [False, True, True, True]
    assert ops.logical_xor(x, y).tolist() == [False, True, True, False]
    assert ops.logical_not(x).tolist() == [True, False, True, False]
    assert ops.isnan(tensor([1])).tolist() == [False]


def test_bits_of_integers_and_logic_of_booleans():
    flags = tensor([True, False])
    assert ops.bitwise_and(tensor([6]), 3).item() == 2
    assert ops.bitwise_not(tensor([0], dtype="u1")).item() == 255
    assert ops.bitwise_not(flags).tolist() == [False, True]
    assert ops.bitwise_xor(flags, True).tolist() == [False, True]


def test_closeness_is_measured_against_the_second():
    x, y = tensor([1.0, 1.1, INF, NAN]), tensor([1.1, 1.0, INF, NAN])
    assert ops.isclose(x, y, rtol=0.095, atol=0.0).tolist() == [True, False, True, False]
    assert ops.isclose(x, y, rtol=0.0, atol=0.11, equal_nan=True).tolist() == [True, True, True, True]
    assert ops.isclose(tensor([True]), tensor([False]), atol=2.0).tolist() == [False]


def test_comparisons_of_whole_tensors():
    x = tg.tensor([1.0, float("nan")])
    assert tg.equal(x[:1], tg.tensor([1]))
    assert not x.equal(x)
    assert not x.equal(x[:1])
    assert x.allclose(x, equal_nan=True)
    assert not tg.allclose(x, x)
    assert tg.allclose(tg.ones(2), tg.ones(2) + 1e-6)
    assert isinstance(tg.allclose(x, x), bool)


def test_tensors_without_elements_are_equal_if_their_shapes_are():
    assert ops.equal(zeros(0, 2), ones(0, 2))
    assert not ops.equal(zeros(0, 2), zeros(2, 0))
    assert ops.allclose(zeros(0), ones(0))


X = ones(2)
REFUSED = {
    "bits": (lambda: ops.bitwise_and(X, X), RuntimeError, "bitwise_and: not defined for float32 and float32"),
    "isclose dtypes": (lambda: ops.isclose(X, X.double()), RuntimeError, "isclose: expected tensors of one dtype, got"),
    "isclose number": (lambda: ops.isclose(X, 1.0), TypeError, "isclose: expected other as a tensor, got float"),
    "isclose negative": (lambda: ops.isclose(X, X, rtol=-1), RuntimeError, "isclose: expected tolerances of at least"),
    "equal number": (lambda: ops.equal(X, 1.0), TypeError, "equal: expected other as a tensor, got float"),
    "shapes": (lambda: ops.lt(X, ones(3)), RuntimeError, r"lt: expected shapes that broadcast .* \(2,\) and \(3,\)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
