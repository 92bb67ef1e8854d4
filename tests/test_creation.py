"""Functions that make tensors."""

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn.creation import empty_like, eye, full_like, linspace, ones_like, zeros_like
from tinygrad_cnn.drawing import rand_like, randint_like, randn_like


def test_sizes_one_by_one_or_as_a_sequence():
    for make in (tg.zeros, tg.ones, tg.empty, tg.randn, tg.rand):
        assert make(2, 3).shape == make((2, 3)).shape == make([2, 3]).shape == (2, 3)
        assert make(()).shape == ()
        assert make(2, dtype=tg.float64, requires_grad=True).requires_grad
    with pytest.raises(TypeError, match="zeros: expected sizes as ints, got"):
        tg.zeros(2.5)


def test_values():
    assert tg.zeros(2).tolist() == [0, 0]
    assert tg.ones(2).tolist() == [1, 1]
    assert tg.full((2,), 7).tolist() == [7, 7]
    assert (tg.full((2,), 7).dtype, tg.full((2,), 7.0).dtype) == (tg.int64, tg.float32)
    assert tg.zeros_like(tg.tensor([1, 2])).dtype == tg.int64
    assert tg.ones_like(tg.tensor([1, 2]), dtype=tg.float64).tolist() == [1.0, 1.0]


def test_arange():
    assert tg.arange(3).tolist() == [0, 1, 2]
    assert tg.arange(1, 7, 2).tolist() == [1, 3, 5]
    assert tg.arange(5, 0, -2).tolist() == [5, 3, 1]
    assert tg.arange(0, 1, 0.25).tolist() == [0, 0.25, 0.5, 0.75]
    assert tg.arange(0, 1, 0.3, dtype=tg.float64).tolist() == [0, 0.3, 0.6, 0.3 * 3]
    assert tg.arange(2, 2).shape == (0,)
    assert (tg.arange(3).dtype, tg.arange(3.0).dtype, tg.arange(0, 3, 1.0).dtype) == (tg.int64, tg.float32, tg.float32)
    assert tg.arange(end=2).tolist() == tg.arange(tg.tensor(2)).tolist() == [0, 1]
    assert tg.arange(2.0, requires_grad=True).requires_grad


def test_arange_of_integers_truncates_its_arguments():
    assert tg.arange(0, 5, 2.5, dtype=tg.int64).tolist() == [0, 2, 4]
    assert tg.arange(0.5, 2.9, dtype=tg.int64).tolist() == [0, 1]
    assert tg.arange(3.1, dtype=tg.uint8).tolist() == [0, 1, 2, 3]  # PyTorch's exception, for all but int64


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ((0, 1, 0), RuntimeError, "arange: expected a step other than 0, got 0"),
        ((1, 0), RuntimeError, "arange: expected a step that leads from 1 to 0, got 1"),
        ((0, 5, -1), RuntimeError, "arange: expected a step that leads from 0 to 5, got -1"),
        ((float("inf"),), RuntimeError, "arange: expected finite limits, got 0 and inf"),
        ((0, float("nan")), RuntimeError, "arange: expected finite limits, got 0 and nan"),
        (("a",), TypeError, "arange: expected end as a number, got str"),
    ],
)
def test_arange_refuses(arguments, kind, message):
    with pytest.raises(kind, match=message):
        tg.arange(*arguments)


def test_linspace():
    assert linspace(0, 1, 5).tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert linspace(3, -3, 4, dtype=tg.int64).tolist() == [3, 1, -1, -3]
    assert linspace(-5, 5, 4, dtype=tg.int64).tolist() == [-5, -1, 1, 5]
    assert linspace(2, 9, 1).tolist() == [2]
    assert linspace(2, 9, 0).shape == (0,)
    x = linspace(0.1, 0.7, 1001, dtype=tg.float64, requires_grad=True)
    assert (x[0].item(), x[-1].item(), x.requires_grad) == (0.1, 0.7, True)
    with pytest.raises(RuntimeError, match=r"linspace: expected sizes of at least 0, got \(-1,\)"):
        linspace(0, 1, -1)
    with pytest.raises(TypeError, match="linspace: expected end as a number, got list"):
        linspace(0, [1], 3)


def test_eye():
    assert eye(2, 3).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert (eye(2).shape, eye(2, dtype=tg.bool).dtype) == ((2, 2), tg.bool)
    with pytest.raises(RuntimeError, match="eye: expected sizes of at least 0"):
        eye(-1)
    with pytest.raises(TypeError, match="eye: expected sizes as ints"):
        eye(2.0)


def test_sizes_must_not_be_negative_and_may_be_named():
    for make in (tg.zeros, tg.ones, tg.empty, tg.randn, tg.rand):
        assert make(size=(2, 3)).shape == (2, 3)
        with pytest.raises(RuntimeError, match=rf"{make.__name__}: expected sizes of at least 0, got \(2, -1\)"):
            make(2, -1)


def test_full_refuses_what_the_dtype_does_not_hold():
    assert tg.full((2,), True).dtype == tg.bool
    assert tg.full((1,), tg.tensor(2.5)).tolist() == [2.5]
    assert tg.full((1,), 1.9, dtype=tg.int64).tolist() == [1]
    for value in (2**40, float("nan")):
        with pytest.raises(RuntimeError, match="full: expected a value that fits into int8"):
            tg.full((2,), value, dtype=tg.int8)
    with pytest.raises(RuntimeError, match="full: expected a value that fits into float16"):
        tg.full((2,), 1e6, dtype=tg.float16)
    with pytest.raises(RuntimeError, match="only floating-point tensors can require gradients"):
        tg.full((2,), 1, requires_grad=True)


def test_like_another():
    x = tg.zeros(2, 3, dtype=tg.float64)
    makes = {
        zeros_like: (),
        ones_like: (),
        empty_like: (),
        full_like: (2,),
        rand_like: (),
        randn_like: (),
        randint_like: (1, 4),
    }
    for make, arguments in makes.items():
        y = make(x, *arguments)
        assert (y.shape, y.dtype) == ((2, 3), tg.float64)
        other = make(x, *arguments, dtype=tg.float32, requires_grad=True)
        assert (other.dtype, other.requires_grad) == (tg.float32, True)
        with pytest.raises(TypeError, match=f"{make.__name__}: expected input as a tensor, got list"):
            make([1], *arguments)
    assert full_like(tg.tensor([1, 2]), 1.5).tolist() == [1, 1]
    assert set(randint_like(tg.zeros(100), 2).tolist()) == {0, 1}
    with pytest.raises(RuntimeError, match="rand: expected a floating-point dtype, got int64"):
        rand_like(tg.tensor([1, 2]))


def test_from_numpy_shares_memory():
    array = np.zeros(3)
    tensor = tg.from_numpy(array)
    array[0] = 5
    assert tensor.tolist() == [5, 0, 0]
    with pytest.raises(TypeError, match="from_numpy: expected an ndarray, got list"):
        tg.from_numpy([1])
    with pytest.raises(TypeError, match="dtype complex128 is not supported"):
        tg.from_numpy(np.zeros(2, complex))


def test_other_devices_are_refused():
    with pytest.raises(RuntimeError, match="computes on the CPU"):
        tg.zeros(2, device="cuda")
    assert tg.zeros(2, device=tg.device("cpu")).shape == (2,)


@pytest.mark.parametrize("name", ["zeros", "ones", "empty", "rand", "randn"])
def test_like_takes_a_memory_format(name):
    like = getattr(tg, f"{name}_like")
    x = tg.zeros(2, 3, 4, 5)
    assert like(x, memory_format=tg.preserve_format).is_contiguous()
    made = like(x, memory_format=tg.channels_last, requires_grad=True)
    assert made.is_contiguous(memory_format=tg.channels_last)
    assert made.is_leaf
    assert made.requires_grad
