"""Names of devices, and that none but the CPU holds anything."""

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import nn
from tinygrad_cnn.device import DeviceError


@pytest.mark.parametrize(
    ("made", "text", "shown"),
    [
        (tg.device("cuda"), "cuda", "device(type='cuda')"),
        (tg.device("cuda:1"), "cuda:1", "device(type='cuda', index=1)"),
        (tg.device("cuda", 1), "cuda:1", "device(type='cuda', index=1)"),
        (tg.device(type="mps"), "mps", "device(type='mps')"),
        (tg.device(tg.device("cpu", 0)), "cpu:0", "device(type='cpu', index=0)"),
    ],
)
def test_any_device_can_be_named(made, text, shown):
    torch = pytest.importorskip("torch")
    assert (str(made), repr(made)) == (text, shown) == (str(torch.device(text)), repr(torch.device(text)))
    assert made.index == torch.device(text).index


def test_devices_are_equal_by_type_and_index():
    assert tg.device("cuda", 1) == tg.device("cuda:1") != tg.device("cuda")
    assert hash(tg.device("cuda", 1)) == hash(tg.device("cuda:1"))
    assert tg.device("cpu") != "cpu"
    assert tg.ones(2, device="cpu:0").device == tg.device("cpu")


@pytest.mark.parametrize("wrong", [("cudda",), ("cuda:x",), ("cuda:1", 1), ("",)])
def test_what_is_no_device_is_refused(wrong):
    with pytest.raises(RuntimeError, match="device: expected"):
        tg.device(*wrong)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: tg.device(0),
        lambda: tg.zeros(2, device="cuda"),
        lambda: tg.tensor([1.0], device=tg.device("mps")),
        lambda: tg.ones(2).to("cuda:0"),
        lambda: tg.ones(2).to(tg.device("cuda")),
        lambda: nn.Linear(2, 2).to("cuda"),
        lambda: nn.Linear(2, 2).cuda(),
        lambda: nn.Linear(2, 2).cuda(0),
        lambda: nn.Linear(2, 2, device="cuda"),
        lambda: tg.Generator("cuda"),
        tg.cuda.synchronize,
        tg.cuda.current_device,
        tg.cuda.get_device_name,
        tg.cuda.get_device_properties,
        lambda: tg.cuda.set_device(0),
    ],
)
@pytest.mark.parametrize("kind", [RuntimeError, AssertionError, DeviceError])
def test_a_gpu_is_refused_with_the_errors_of_pytorch(ask, kind):
    with pytest.raises(kind, match="CPU|GPU"):
        ask()


def test_a_module_is_on_the_cpu():
    layer = nn.Linear(2, 2)
    assert layer.cpu() is layer is layer.to(tg.device("cpu"))
    assert np.isfinite(layer(tg.ones(1, 2)).detach().numpy()).all()
