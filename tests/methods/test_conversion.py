"""Another dtype, another device, another layout."""

import numpy as np
import pytest

import tinygrad_cnn as tg

TYPES = {
    "torch.FloatTensor": tg.float32, "torch.DoubleTensor": tg.float64, "torch.HalfTensor": tg.float16,
    "torch.ByteTensor": tg.uint8, "torch.CharTensor": tg.int8, "torch.ShortTensor": tg.int16,
    "torch.IntTensor": tg.int32, "torch.LongTensor": tg.int64, "torch.BoolTensor": tg.bool,
}  # fmt: skip


@pytest.mark.parametrize(("name", "dtype"), TYPES.items())
def test_type_names_and_converts(name, dtype):
    x = tg.tensor([0.0, 1.5, 2.0])
    y = x.type(name)
    assert y.dtype == dtype
    assert y.type() == name
    assert x.type(dtype).dtype == dtype
    assert x.type(type(name.split(".")[1], (), {})).dtype == dtype
    assert y.type(name) is y


def test_type_refuses_what_is_none():
    x = tg.ones(2)
    with pytest.raises(ValueError, match=r"torch\.FloatTensor.*torch\.ComplexTensor"):
        x.type("torch.ComplexTensor")
    with pytest.raises(AssertionError, match="computes on the CPU"):
        x.type("torch.cuda.FloatTensor")
    with pytest.raises(TypeError, match=r"bfloat16.*half"):
        x.bfloat16()


def test_type_passes_gradients():
    x = tg.ones(2, requires_grad=True)
    (x.type(tg.float64) * 3).sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_everything_is_on_the_cpu():
    x = tg.ones(2)
    assert x.is_cuda is False
    assert x.is_sparse is False
    assert x.cpu() is x
    with pytest.raises(AssertionError, match="computes on the CPU.*is_available"):
        x.cuda()
    with pytest.raises(AssertionError, match="no GPU"):
        x.cuda(0, non_blocking=True)


@pytest.mark.parametrize(
    ("args", "kwargs", "same", "dtype"),
    [
        ((), {}, True, tg.float32),
        (("cpu",), {"non_blocking": True}, True, tg.float32),
        (("cpu", True), {}, True, tg.float32),
        (("cpu", tg.float64, True, False), {}, False, tg.float64),
        ((tg.float32, False, True), {}, False, tg.float32),
        ((), {"copy": True}, False, tg.float32),
        ((tg.float64,), {"copy": True}, False, tg.float64),
        ((tg.zeros(1, dtype=tg.int64),), {}, False, tg.int64),
        ((), {"memory_format": tg.contiguous_format}, True, tg.float32),
    ],
)
def test_to(args, kwargs, same, dtype):
    x = tg.ones(2)
    y = x.to(*args, **kwargs)
    assert (y is x) == same
    assert y.dtype == dtype
    if not same:
        assert not np.shares_memory(x.numpy(), y.numpy())


def test_to_takes_two_flags():
    with pytest.raises(TypeError, match="non_blocking and copy"):
        tg.ones(2).to("cpu", True, False, True)


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


def test_questions_about_tensors():
    assert tg.is_tensor(tg.ones(1))
    assert not tg.is_tensor(np.ones(1))
    assert tg.is_floating_point(tg.ones(1))
    assert not tg.is_floating_point(tg.arange(2))
    for question in (tg.numel, tg.is_floating_point):
        with pytest.raises(TypeError, match="expected input as a tensor"):
            question(3)


@pytest.mark.parametrize("name", ["zeros", "ones", "empty"])
def test_new_tensors_keep_the_dtype(name):
    x = tg.zeros(1, dtype=tg.int16)
    new = getattr(x, f"new_{name}")
    for made in (new(2, 3), new((2, 3)), new([2, 3]), new(x.new_ones(2, 3).size())):
        assert (made.shape, made.dtype) == ((2, 3), tg.int16)
    made = new(2, dtype=tg.float32, device="cpu", requires_grad=True)
    assert (made.dtype, made.requires_grad) == (tg.float32, True)
    with pytest.raises(RuntimeError, match=f"new_{name}.*at least 0"):
        new(-1)


def test_new_full_and_new_tensor():
    x = tg.zeros(1, dtype=tg.float64)
    assert x.new_full((2,), 3).tolist() == [3.0, 3.0]
    assert x.new_full((1,), tg.tensor(2)).dtype == tg.float64
    data = np.array([1, 2])
    y = x.new_tensor(data, requires_grad=True)
    assert (y.dtype, y.requires_grad, y.tolist()) == (tg.float64, True, [1, 2])
    assert x.new_tensor([1], dtype=tg.int8).dtype == tg.int8
