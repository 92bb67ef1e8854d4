"""PyTorch's older names of `amp` for CUDA: the classes of `amp`, with the device given."""

import inspect
import warnings

import pytest

import tinygrad_cnn as tg


def test_they_are_the_classes_of_amp():
    with pytest.warns(UserWarning, match=r"autocast\('cuda'\)"):
        context = tg.cuda.amp.autocast(dtype=tg.float16)
    assert isinstance(context, tg.amp.autocast)
    assert (context.device, context.fast_dtype) == ("cuda", tg.float16)
    with pytest.warns(UserWarning, match=r"GradScaler\('cuda'\)"):
        assert isinstance(tg.cuda.amp.GradScaler(), tg.amp.GradScaler)


def test_nothing_is_said_where_it_is_not_enabled():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tg.cuda.amp.autocast(False)
        tg.cuda.amp.GradScaler(enabled=False)


@pytest.mark.parametrize("name", ["autocast", "GradScaler"])
def test_arguments_are_those_of_pytorch(name):
    torch = pytest.importorskip("torch")
    ours, theirs = (inspect.signature(getattr(module.cuda.amp, name)).parameters for module in (tg, torch))
    assert list(ours) == list(theirs)
