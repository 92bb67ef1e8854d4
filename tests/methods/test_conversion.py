"""Another dtype, another device."""

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
