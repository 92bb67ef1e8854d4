"""Copies, and how the elements lie in memory, as methods."""

import numpy as np
import pytest

import tinygrad_cnn as tg


def test_channels_last_changes_the_layout_and_no_value():
    x = tg.arange(24.0).reshape(1, 2, 3, 4).requires_grad_()
    for y in (x.contiguous(memory_format=tg.channels_last), x.to(memory_format=tg.channels_last),
              x.clone(memory_format=tg.channels_last)):  # fmt: skip
        assert y.is_contiguous(memory_format=tg.channels_last)
        assert not y.is_contiguous()
        assert y.stride() == (24, 1, 8, 2)
        assert y.tolist() == x.tolist()
    y.sum().backward()
    assert (x.grad == 1).all()
    assert y.contiguous().is_contiguous()
    assert repr(tg.channels_last) == "torch.channels_last"
    with pytest.raises(RuntimeError, match=r"channels_last.*N, C, H, W"):
        tg.ones(2).contiguous(memory_format=tg.channels_last)
    with pytest.raises(TypeError, match="memory_format"):
        tg.clone(x, memory_format="channels_last")


def test_how_it_lies_in_memory():
    x = tg.zeros(2, 3, dtype=tg.float64)
    assert (x.stride(), x.stride(1), x.t().stride()) == ((3, 1), 1, (1, 3))
    assert (x.element_size(), x.nelement(), x.numel(), tg.numel(x)) == (8, 6, 6, 6)
    assert (x.is_contiguous(), x.t().is_contiguous(), x.t().contiguous().is_contiguous()) == (True, False, True)


def test_a_copy_has_memory_of_its_own_and_passes_gradients():
    x = tg.ones(2, requires_grad=True)
    y = x.clone()
    assert not np.shares_memory(x.array, y.array)
    (y * 3).sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_steps_are_counted_in_elements_and_may_be_zero_or_negative():
    x = tg.zeros(2, 3, dtype=tg.int16)
    assert x[:, :1].expand(2, 4).stride() == (3, 0)
    assert x[:, ::-1].stride(axis=1) == -1
    assert (tg.tensor(1.0).stride(), tg.tensor(1.0).numel(), tg.zeros(0, 3).numel()) == ((), 1, 0)
