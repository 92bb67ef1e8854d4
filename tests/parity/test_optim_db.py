"""The optimizers over PyTorch's own configurations (`optim_db`): 30 steps each equal, and its error inputs refused.

PyTorch lists what an optimizer is made with, by device. All of it is gone through, and what has no meaning here is
declined with the reason; a reason that nothing meets, and a count that changes, fail. The error inputs are those for
the CPU: the others are of `fused=` and need a GPU to be made.
"""

from __future__ import annotations

import warnings
from collections import Counter

import numpy as np
import pytest

pytest.importorskip("torch", reason="parity needs PyTorch: make parity installs torch and expecttest")
pytest.importorskip("expecttest", reason="PyTorch's configurations need expecttest: make parity installs it")

import torch
from op_db.convert import Converter

import tinygrad_cnn as tc
from tinygrad_cnn import optim

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.testing._internal.common_optimizers import OptimizerErrorEnum, optim_db

OFFERED = ("Adadelta", "Adagrad", "Adam", "AdamW", "RMSprop", "SGD")
INFOS = {info.name: info for info in optim_db if info.name in OFFERED}
DECLINED = {
    "capturable": "there it takes a step on a GPU only",
    "foreach": "a setting that is a tensor counts as its number, however a step is taken",
}
"""argument -> why a configuration that gives it is declined."""

EXPECTED = {
    "Adadelta": {"steps": 6, "errors": 7, "capturable": 3},
    "Adagrad": {"steps": 7, "errors": 7},
    "Adam": {"steps": 6, "errors": 10, "capturable": 5, "foreach": 2},
    "AdamW": {"steps": 6, "errors": 10, "capturable": 5, "foreach": 2},
    "RMSprop": {"steps": 8, "errors": 7, "capturable": 3},
    "SGD": {"steps": 9, "errors": 7},
}
"""How many configurations are compared, how many errors, and how many are declined for which argument."""


def reason(kwargs):
    """Return the argument for which a configuration is declined, or None."""
    return next((name for name in DECLINED if name in kwargs), None)


def configurations(info):
    """Return PyTorch's configurations on any of its devices, each once."""
    found = {}
    for device in ("cpu", "cuda", "mps"):
        for one in info.optim_inputs_func(device=device):
            found.setdefault(str(one.kwargs), one)
    return list(found.values())


def refusals(info):
    return info.optim_error_inputs_func("cpu", torch.float64)


def tolerances(info, one):
    """Return the dtypes to compare a configuration in; one of Apple's GPUs alone is made for float32 only."""
    elsewhere = [str(other.kwargs) for device in ("cpu", "cuda") for other in info.optim_inputs_func(device=device)]
    return {"float64": 1e-9, "float32": 1e-5} if str(one.kwargs) in elsewhere else {"float32": 1e-5}


COMPARED = [
    pytest.param(name, one.kwargs, dtype, rtol, id=f"{name}-{one.desc}-{dtype}")
    for name, info in INFOS.items()
    for one in configurations(info)
    if reason(one.kwargs) is None
    for dtype, rtol in tolerances(info, one).items()
]
REFUSED = [
    pytest.param(name, one, id=f"{name}-{one.optimizer_error_input.desc}")
    for name, info in INFOS.items()
    for one in refusals(info)
    if reason(one.optimizer_error_input.kwargs) is None
]


def starts(dtype):
    rng = np.random.default_rng(0)
    return [torch.tensor(rng.normal(size=shape).astype(dtype), requires_grad=True) for shape in [(4, 3), (4,), ()]]


def loss(x, w, b, scale):
    """Return a loss that reaches every parameter, in either framework."""
    return ((x @ w.T + b) * scale).pow(2).mean() + (w * w * w).mean()


def assert_state_equal(own, other, rtol):
    assert own["state"].keys() == other["state"].keys()
    for i, entry in other["state"].items():
        assert own["state"][i].keys() == {key for key, value in entry.items() if value is not None}
        for key, value in own["state"][i].items():
            np.testing.assert_allclose(np.asarray(value), entry[key].numpy(), rtol=rtol, atol=rtol, err_msg=key)


@pytest.mark.parametrize(("name", "kwargs", "dtype", "rtol"), COMPARED)
def test_thirty_steps_are_equal(name, kwargs, dtype, rtol):
    theirs = starts(dtype)
    ours = Converter()(theirs)
    x = np.random.default_rng(1).normal(size=(6, 3)).astype(dtype)
    mine = getattr(optim, name)(ours, **Converter()(kwargs))
    reference = INFOS[name].optim_cls(theirs, **kwargs)
    begin = [p.tolist() for p in ours]
    for _ in range(30):
        for optimizer, parameters, data in ((mine, ours, tc.tensor(x)), (reference, theirs, torch.tensor(x))):
            optimizer.zero_grad()
            loss(data, *parameters).backward()
            optimizer.step()
        for p, q in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=rtol, atol=rtol)
    assert all(p.tolist() != before for p, before in zip(ours, begin, strict=True))
    assert_state_equal(mine.state_dict(), reference.state_dict(), rtol)


@pytest.mark.parametrize(("name", "one"), REFUSED)
def test_what_pytorch_refuses_is_refused_alike(name, one):
    assert one.error_on is OptimizerErrorEnum.CONSTRUCTION_ERROR
    given = one.optimizer_error_input
    params = [torch.nn.Parameter(torch.randn(1, 1))] if given.params is None else given.params
    convert = Converter()
    for make, p, kwargs in (
        (INFOS[name].optim_cls, params, given.kwargs),
        (getattr(optim, name), convert(params), convert(given.kwargs)),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(one.error_type, match=one.error_regex) as caught:
                make(p, **kwargs)
        assert caught.type is one.error_type


def test_nothing_is_left_out_in_silence():
    counts = {name: Counter() for name in OFFERED}
    for name, info in INFOS.items():
        for kind, given in (
            ("steps", [one.kwargs for one in configurations(info)]),
            ("errors", [one.optimizer_error_input.kwargs for one in refusals(info)]),
        ):
            counts[name].update(reason(kwargs) or kind for kwargs in given)
    assert counts == EXPECTED
    assert set(DECLINED) <= {kind for count in counts.values() for kind in count}
