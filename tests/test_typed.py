"""The old constructors `Tensor(...)`, `FloatTensor(...)` and the like; and complex numbers, which are refused."""

import numpy as np
import pytest

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn

TYPED = {
    "FloatTensor": tg.float32, "DoubleTensor": tg.float64, "HalfTensor": tg.float16, "LongTensor": tg.int64,
    "IntTensor": tg.int32, "ShortTensor": tg.int16, "CharTensor": tg.int8, "ByteTensor": tg.uint8,
    "BoolTensor": tg.bool,
}  # fmt: skip


@pytest.mark.parametrize(("name", "dtype"), [("Tensor", tg.float32), *TYPED.items()])
def test_integers_are_sizes_and_a_sequence_is_data(name, dtype):
    make = getattr(tg, name)
    for made, shape in (
        (make(2, 3), (2, 3)),
        (make(3), (3,)),
        (make(), (0,)),
        (make([1, 0]), (2,)),
        (make(((1, 1), (0, 1))), (2, 2)),
        (make(np.zeros(2)), (2,)),
        (make([tg.tensor(1), tg.tensor(0)]), (2,)),
        (make([]), (0,)),
        (make(np.int64(4)), (4,)),
        (make(size=(2, 1)), (2, 1)),
        (make(data=[1]), (1,)),
    ):
        assert type(made) is tg.Tensor
        assert made.shape == shape
        assert made.dtype == dtype
        assert not made.requires_grad
    assert make(2, 2).tolist() == [[0, 0], [0, 0]]
    assert make([[1], [0]]).tolist() == [[1], [0]]


def test_data_is_copied_and_a_tensor_shared():
    array = np.ones(2, np.float32)
    x = tg.Tensor(array)
    x.zero_()
    assert array.tolist() == [1, 1]
    assert tg.Tensor(x).array is x.array
    assert tg.Tensor(tg.tensor([1, 2])).dtype == tg.int64
    with pytest.raises(TypeError, match=r"FloatTensor: expected a tensor of float32, got int64; convert it with .to"):
        tg.FloatTensor(tg.tensor([1]))


def test_the_default_dtype_is_that_of_the_class():
    tg.set_default_dtype(tg.float64)
    assert tg.Tensor([1, 2]).dtype == tg.float64
    assert tg.FloatTensor([1, 2]).dtype == tg.float32


@pytest.mark.parametrize("given", [(2.5,), (None,), ("a",), (True,), (2, 2.0), ([1], [2]), (np.float32(3),)])
def test_what_is_neither_sizes_nor_data_is_refused(given):
    with pytest.raises(TypeError, match=r"Tensor: expected one sequence or array .*tensor\(number\)"):
        tg.Tensor(*given)


def test_wrong_sizes_and_sequences_are_refused():
    with pytest.raises(RuntimeError, match="LongTensor: expected sizes of at least 0, got"):
        tg.LongTensor(2, -1)
    with pytest.raises(ValueError, match="equal lengths"):
        tg.Tensor([[1], [2, 3]])
    with pytest.raises(TypeError, match="got both"):
        tg.Tensor(2, data=[1])
    with pytest.raises(TypeError, match="requires_grad"):
        tg.Tensor([1], requires_grad=True)


def test_a_typed_class_tells_its_tensors():
    assert isinstance(tg.ones(1), tg.FloatTensor)
    assert not isinstance(tg.ones(1), tg.LongTensor)
    assert not isinstance(np.ones(1, np.float32), tg.FloatTensor)
    assert tg.LongTensor.dtype == tg.int64


def test_a_parameter_without_data_is_empty():
    assert nn.Parameter().shape == (0,)
    assert nn.Parameter().requires_grad


ONES = np.ones(2, np.complex64)

COMPLEX = {
    "mul": lambda x: x * (1 + 2j),
    "mul reversed": lambda x: (1 + 2j) * x,
    "mul by a NumPy number": lambda x: x * np.complex64(1j),
    "mul by an array": lambda x: x * ONES,
    "array mul": lambda x: ONES * x,
    "ufunc": lambda x: np.add(x, 1j),
    "pow": lambda x: x**1j,
    "eq": lambda x: x == 1j,
    "maximum": lambda x: tg.maximum(x, 1j),
    "clamp": lambda x: x.clamp(1j),
    "where": lambda x: tg.where(x > 0, 1j, x),
    "where of numbers": lambda x: tg.where(x > 0, 1j, 2),
    "masked_fill": lambda x: x.masked_fill(x > 0, 1j),
    "masked_fill_": lambda x: x.masked_fill_(x > 0, np.complex64(1j)),
    "add_": lambda x: x.add_(1j),
    "fill_": lambda x: x.fill_(1j),
    "setitem": lambda x: x.__setitem__(0, 1j),
    "matmul": lambda x: x @ ONES,
    "cat": lambda x: tg.cat([x, ONES]),
    "leaky_relu": lambda x: F.leaky_relu(x, 1j),
    "pad": lambda x: F.pad(x, (1, 1), value=1j),
    "tensor": lambda _: tg.tensor([1j]),
    "tensor of a dtype": lambda _: tg.tensor([1j], dtype=tg.float32),
    "Tensor": lambda _: tg.Tensor([1j]),
    "FloatTensor": lambda _: tg.FloatTensor(ONES),
    "as_tensor": lambda _: tg.as_tensor(1j),
    "from_numpy": lambda _: tg.from_numpy(ONES),
    "full": lambda _: tg.full((2,), 1j),
    "zeros": lambda _: tg.zeros(2, dtype=complex),
    "to": lambda x: x.to(np.complex64),
    "sum": lambda x: x.sum(dtype=complex),
    "Linear": lambda _: nn.Linear(2, 2, dtype=complex),
    "set_default_dtype": lambda _: tg.set_default_dtype(complex),
}


@pytest.mark.parametrize("requires_grad", [False, True])
@pytest.mark.parametrize("name", COMPLEX)
def test_complex_numbers_are_refused_by_name(name, requires_grad):
    x = tg.ones(2, requires_grad=requires_grad) * 1
    with pytest.raises((TypeError, RuntimeError), match="complex"):
        COMPLEX[name](x)
    assert x.tolist() == [1, 1]
