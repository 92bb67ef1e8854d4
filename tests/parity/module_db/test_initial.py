"""The initial parameters of every module come from PyTorch's distributions."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="parity needs PyTorch: make parity installs torch and expecttest")
pytest.importorskip("expecttest", reason="PyTorch's samples need expecttest: make parity installs it")

import torch
from op_db.compare import distance

import tinygrad_cnn as ours
from module_db.names import names

LIMIT = 1.95  # exceeded by one in 1000 pairs of samples from one distribution

MODULES = {
    "Linear": [((30, 300), {}), ((300, 30), {"bias": False}), ((1, 200), {})],
    "LazyLinear": [((300,), {})],
    "Embedding": [((200, 30), {}), ((40, 30), {"padding_idx": 3})],
    "Conv1d": [((6, 300, 5), {}), ((6, 300, 5), {"groups": 3})],
    "Conv2d": [((6, 300, (3, 2)), {}), ((6, 300, 3), {"groups": 6}), ((2, 500, 1), {})],
    "LazyConv2d": [((300, 3), {})],
    "ConvTranspose2d": [((6, 300, (3, 2)), {}), ((40, 6, 3), {"groups": 2})],
    "BatchNorm1d": [((20,), {})],
    "BatchNorm2d": [((20,), {})],
    "LayerNorm": [(((4, 5),), {})],
    "GroupNorm": [((2, 20), {})],
    "InstanceNorm1d": [((20,), {"affine": True, "track_running_stats": True})],
    "InstanceNorm2d": [((20,), {"affine": True})],
    "LazyBatchNorm2d": [((), {})],
    "PReLU": [((3,), {}), ((2, 0.5), {})],
}
CALLS = {"LazyLinear": (2, 40), "LazyConv2d": (1, 6, 5, 5), "LazyBatchNorm2d": (2, 6, 5, 5)}
CASES = [(name, args, kwargs) for name, made in MODULES.items() for args, kwargs in made]


def state(framework, name, args, kwargs):
    module = getattr(framework.nn, name)(*args, **kwargs)
    if name in CALLS:
        module(framework.zeros(*CALLS[name]))
    return {key: value.detach().numpy() for key, value in module.state_dict().items()}


@pytest.mark.parametrize(("name", "args", "kwargs"), CASES, ids=lambda value: str(value))
def test_initial_parameters_are_distributed_as_pytorchs(name, args, kwargs):
    torch.manual_seed(2)
    mine, theirs = state(ours, name, args, kwargs), state(torch, name, args, kwargs)
    assert list(mine) == list(theirs)
    for key, value in theirs.items():
        assert mine[key].dtype == value.dtype
        assert distance(mine[key], value) < LIMIT, key


@pytest.mark.filterwarnings("ignore:Lazy modules")
def test_every_module_with_a_state_is_here():
    made = {"AdaptiveAvgPool2d": (1,), "AdaptiveMaxPool2d": (1,), "Unflatten": (1, (1, 1)), "ZeroPad2d": (1,)}
    made |= dict.fromkeys(("AvgPool1d", "AvgPool2d", "MaxPool1d", "MaxPool2d", "PixelShuffle", "PixelUnshuffle"), (2,))
    made |= dict.fromkeys(("LocalResponseNorm", "ReflectionPad2d", "ReplicationPad2d"), (2,))
    made |= {"ConstantPad2d": (1, 0.0)}
    stateless = {
        name
        for name in names()
        if name not in MODULES and not getattr(torch.nn, name)(*made.get(name, ())).state_dict()
    }
    assert stateless | set(MODULES) == set(names())


def test_two_modules_start_differently():
    for name in ("Linear", "Conv1d", "Conv2d", "ConvTranspose2d", "Embedding"):
        args, kwargs = MODULES[name][0]
        first, second = (state(ours, name, args, kwargs) for _ in range(2))
        assert all((first[key] != second[key]).mean() > 0.9 for key in first)


def test_the_padding_row_of_an_embedding_starts_at_zero():
    table = ours.nn.Embedding(40, 30, padding_idx=3).weight.detach().numpy()
    assert [row for row in range(40) if not table[row].any()] == [3]
