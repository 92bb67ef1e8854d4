"""Arrays from what users pass as data: dtypes, copies, and what is refused."""

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn._arrays import constructed, to_array


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (2.0, "f4"), (2, "i8"), (True, "?"), ([1, 2.5], "f4"), ([], "f4"), ([[1], [2]], "i8"),
        (np.float64(2), "f8"), (np.zeros(2, "u1"), "u1"), (tg.ones(2, dtype=tg.float16), "f2"),
        (np.zeros((0, 3), "f2"), "f2"),
    ],
)  # fmt: skip
def test_python_numbers_get_the_default_dtype_and_arrays_keep_theirs(data, dtype):
    found = to_array(data, copy=True)
    assert type(found) is np.ndarray
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, data)
    assert to_array(data, tg.float16, copy=True).dtype == tg.float16


def test_floats_become_the_default_dtype_of_the_moment():
    tg.set_default_dtype(tg.float64)
    assert to_array([0.1], copy=True).dtype == tg.float64
    assert to_array([1], copy=True).dtype == tg.int64


def test_memory_is_shared_unless_a_copy_is_asked_for_or_needed():
    array = np.arange(3.0)
    assert to_array(array, copy=False) is array
    assert not np.shares_memory(to_array(array, copy=True), array)
    assert not np.shares_memory(to_array(array, tg.float32, copy=False), array)
    x = tg.tensor([1.0])
    assert to_array(x, copy=False) is x.array
    assert not np.shares_memory(to_array(x, copy=True), x.array)


def test_tensors_among_the_parts_of_a_sequence_are_numbers():
    parts = [tg.tensor(1.5, requires_grad=True), 2, tg.tensor(3)]
    assert to_array(parts, copy=True).tolist() == [1.5, 2, 3]
    assert to_array((tg.tensor([1, 2]), [3, 4]), copy=True).tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        ([[1], [2, 3]], ValueError, "expected nested sequences of equal lengths"),
        ([1j], TypeError, "expected real numbers, got an array of complex128"),
        ("text", TypeError, "expected numbers, got str with elements of <U4"),
        ([None], TypeError, "expected numbers, got list with elements of object"),
        (np.zeros(2, "u4"), TypeError, "dtype uint32 is not supported"),
        ({1: 2}, TypeError, "expected numbers, got dict"),
    ],
)
def test_what_holds_no_numbers_is_refused(data, kind, message):
    with pytest.raises(kind, match=message):
        to_array(data, copy=True)


def made(*given, data=None, size=None, dtype=None):
    return constructed("Tensor", given, data, size, dtype)


def test_integers_are_sizes_and_sequences_are_data():
    assert made().shape == (0,)
    assert made(size=()).shape == (0,)
    assert made(2, 3).shape == made(size=[2, 3]).shape == made(np.int64(2), 3).shape == (2, 3)
    assert not made(2, 3).any()
    assert made([2, 3]).tolist() == made(data=(2, 3)).tolist() == [2, 3]
    assert made([2, 3]).dtype == made(2).dtype == tg.float32
    assert made([2.5], dtype=tg.int64).tolist() == [2]
    x = tg.zeros(2, dtype=tg.int64)
    assert made(x) is x.array


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: made(2, data=[1]), TypeError, "Tensor: expected data or sizes, got both"),
        (lambda: made([1], size=(1,)), TypeError, "got both"),
        (lambda: made(2.5), TypeError, "sizes as integers, got float; a number becomes a 0-d tensor by tensor"),
        (lambda: made(True), TypeError, "got bool"),
        (lambda: made("23"), TypeError, "got str"),
        (lambda: made(data=3), TypeError, "got int"),
        (lambda: made(2, -1), RuntimeError, r"expected sizes of at least 0, got \(2, -1\)"),
        (
            lambda: made(tg.zeros(2), dtype=tg.float64),
            TypeError,
            r"expected a tensor of float64, got float32; convert it with \.to\(float64",
        ),
    ],
)
def test_other_arguments_of_a_constructor_are_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
