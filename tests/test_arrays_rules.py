"""Arrays from what users pass as data: dtypes, sharing, nested tensors, and the old constructor's forms."""

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn._arrays import constructed, to_array


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.5, "float32"), (3, "int64"), (True, "bool"), ([[1, 2.5]], "float32"), ([], "float32"),
        (np.float64(1), "float64"), (np.ones(2, "int8"), "int8"), (tg.ones(2, dtype=tg.float16), "float16"),
        ([tg.tensor(1), 2], "int64"), ((tg.tensor([1.0]), [2.0]), "float32"),
    ],
)  # fmt: skip
def test_python_floats_become_the_default_dtype_and_arrays_keep_theirs(data, dtype):
    assert to_array(data, copy=True).dtype == dtype
    assert to_array(data, "float64", copy=True).dtype == np.float64


def test_memory_is_shared_unless_a_copy_is_asked_for():
    x = np.ones(2)
    assert to_array(x, copy=False) is x
    assert not np.shares_memory(to_array(x, copy=True), x)
    assert not np.shares_memory(to_array(x, "float32", copy=False), x)
    assert np.shares_memory(to_array(tg.from_numpy(x), copy=False), x)


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        ("abc", TypeError, "tensor: expected numbers, got str"),
        ([[1, 2], [3]], ValueError, "tensor: expected nested sequences of equal lengths"),
        ([1j], TypeError, "tensor: expected real numbers, got an array of complex128"),
        ({1: 2}, TypeError, "tensor: expected numbers, got dict"),
        (np.ones(2, np.uint16), TypeError, "dtype uint16 is not supported"),
    ],
)
def test_other_data_is_refused(data, kind, message):
    with pytest.raises(kind, match=message):
        to_array(data, copy=True)


@pytest.mark.parametrize(
    ("given", "data", "size", "expected"),
    [
        ((), None, None, []),
        ((2, 1), None, None, [[0], [0]]),
        (([2, 1],), None, None, [2, 1]),
        ((), [2, 1], None, [2, 1]),
        ((), None, [2, 1], [[0], [0]]),
        ((), None, (), []),
    ],
)
def test_sizes_or_data(given, data, size, expected):
    found = constructed("Tensor", given, data, size, None)
    assert (found.tolist(), found.dtype) == (expected, np.float32)


def test_a_tensor_is_itself():
    x = tg.ones(2, dtype=tg.int32)
    assert constructed("IntTensor", (x,), None, None, np.dtype("int32")) is x.array
    with pytest.raises(
        TypeError, match=r"LongTensor: expected a tensor of int64, got int32; convert it with \.to\(int64"
    ):
        constructed("LongTensor", (x,), None, None, np.dtype("int64"))


@pytest.mark.parametrize(
    ("given", "data", "size", "kind", "message"),
    [
        ((2,), [1], None, TypeError, "expected data or sizes, got both"),
        ((2.5,), None, None, TypeError, ".* or sizes as integers, got float"),
        ((True,), None, None, TypeError, ".* or sizes as integers, got bool"),
        ((2, -1), None, None, RuntimeError, r"expected sizes of at least 0, got \(2, -1\)"),
    ],
)
def test_what_is_neither_sizes_nor_data_is_refused(given, data, size, kind, message):
    with pytest.raises(kind, match=f"Tensor: {message}"):
        constructed("Tensor", given, data, size, None)
