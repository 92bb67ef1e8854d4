"""The comparison itself: each way of being different from PyTorch is noticed."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="parity needs PyTorch: make parity installs torch and expecttest")
pytest.importorskip("expecttest", reason="PyTorch's samples need expecttest: make parity installs it")

import numpy as np
import torch

import tinygrad_cnn
from op_db.compare import DifferenceError, check_error, check_forward, check_gradients, check_inplace
from op_db.convert import Converter, UnsupportedError
from op_db.samples import Sample


@pytest.fixture
def sample():
    x = torch.linspace(0.5, 2, 6, dtype=torch.float64).reshape(2, 3).requires_grad_()
    return Sample((x, torch.tensor([2.0, 3.0, 4.0], dtype=torch.float64, requires_grad=True)), {})


def forward(call, op, sample):
    return check_forward(call, op, sample, 1e-9, random=False)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x, y: x * y * (1 + 1e-8), r"output\[0, 0\]: 1.0 there, 1.00000001 here \(6 of 6\)"),
        (lambda x, y: (x * y).float(), "dtype torch.float64 there, float32 here"),
        (lambda x, y: (x * y).reshape(3, 2), r"shape \(2, 3\) there, \(3, 2\) here"),
        (lambda x, y: (x * y).numpy(), "PyTorch gives Tensor, ours ndarray"),
        (lambda x, y: (x * y, x), "outputs: Tensor there, tuple here"),
    ],
    ids=["value", "dtype", "shape", "type", "number"],
)
def test_a_different_output_is_noticed(sample, call, text):
    plain = Sample(tuple(x.detach() for x in sample.args), {})
    assert forward(lambda x, y: x * y, torch.mul, plain)
    with pytest.raises(DifferenceError, match=text):
        forward(call, torch.mul, plain)


def test_a_different_gradient_is_noticed(sample):
    assert check_gradients(lambda x, y: x * y, torch.mul, sample, second=False)
    with pytest.raises(DifferenceError, match=r"gradient of input 1\[0\]"):
        check_gradients(lambda x, y: x * y.detach() + 0 * y, torch.mul, sample, second=False)
    with pytest.raises(DifferenceError, match="requires a gradient there and none here"):
        check_gradients(lambda x, y: (x * y).detach(), torch.mul, sample, second=False)


def test_a_different_second_order_gradient_is_noticed(sample):
    def straight_through(x, y):  # the right value and gradient, and a gradient that forgets where it came from
        slope = (3 * x * x).detach()
        return slope * x + (x * x * x).detach() - (slope * x).detach() + 0 * y

    def cube(x, y):
        return x * x * x + 0 * y

    assert check_gradients(cube, cube, sample, second=True)
    assert check_gradients(straight_through, cube, sample, second=False)
    with pytest.raises(DifferenceError, match="second-order gradient of input 0"):
        check_gradients(straight_through, cube, sample, second=True)


def test_a_method_that_changes_nothing_is_noticed(sample):
    check_inplace(tinygrad_cnn.Tensor.mul_, torch.Tensor.mul_, sample)
    with pytest.raises(DifferenceError, match="does not return its tensor"):
        check_inplace(tinygrad_cnn.Tensor.mul, torch.Tensor.mul_, sample)
    with pytest.raises(DifferenceError, match="output"):
        check_inplace(lambda x, y: x, torch.Tensor.mul_, sample)


def test_a_missing_error_and_one_of_another_kind_are_noticed(sample):
    def refuse(x, y):
        raise IndexError("no")

    assert check_error("mul", refuse, IndexError, sample)
    with pytest.raises(DifferenceError, match="ValueError there, IndexError here: no"):
        check_error("mul", refuse, ValueError, sample)
    with pytest.raises(DifferenceError, match="ValueError there, no error here"):
        check_error("mul", lambda x, y: x, ValueError, sample)


def test_conversion_keeps_layout_gradients_and_identity():
    x = torch.arange(12.0).reshape(3, 4).T[1:].expand(2, 3, 3).requires_grad_()
    mine, again, flags = Converter()([x, x, torch.tensor([True])])
    assert mine is again
    assert mine.requires_grad
    assert mine.tolist() == x.tolist()
    assert tuple(step // 4 for step in mine.array.strides) == x.stride()
    assert flags.dtype == np.bool_


@pytest.mark.parametrize(
    "value", [torch.zeros(2, dtype=torch.bfloat16), 1j, torch.zeros(2).to_sparse(), torch.complex64]
)
def test_conversion_names_what_it_cannot_carry_over(value):
    with pytest.raises(UnsupportedError, match="bfloat16|complex|sparse"):
        Converter()(value)
