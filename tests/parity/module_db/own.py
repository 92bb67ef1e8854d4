"""Samples in PyTorch's form of modules for which PyTorch keeps none, or too few."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from op_db.samples import Sample
from torch.testing import make_tensor


def _call(*args: Any, **kwargs: Any) -> Sample:
    return Sample(args, kwargs)


def samples(name: str, dtype: torch.dtype, *, requires_grad: bool) -> Iterator[tuple[Sample, Sample]]:
    """Yield (how the module is made, what it is called with)."""
    tensor = partial(make_tensor, device="cpu", dtype=dtype, requires_grad=requires_grad)

    def called(*shape: int) -> Sample:
        return Sample((tensor(shape),), {})

    if name == "LazyLinear":
        yield _call(8), called(4, 10)
        yield _call(8, bias=False), called(10)
        yield _call(3), called(2, 5, 7)
    elif name == "Identity":
        yield _call(), called(2, 3)
        yield _call(54, unused_argument=0.1), called()
    elif name == "Embedding":
        rows = make_tensor((5, 3), device="cpu", dtype=dtype, requires_grad=False)
        index = torch.tensor([[1, 2, 0], [2, 2, 4]])
        yield _call(5, 3, padding_idx=2), Sample((index,), {})
        yield _call(5, 3, padding_idx=-1, _weight=rows), Sample((index,), {})
        yield _call(5, 3, _weight=rows, _freeze=True), Sample((index,), {})
    elif name == "LazyConv2d":
        yield _call(4, (3, 2), (1, 2), (1, 0), (2, 1), 2, False), called(2, 6, 7, 6)
        yield _call(4, 3, padding=2, padding_mode="reflect"), called(2, 3, 5, 6)
    elif name == "Conv1d":
        yield _call(4, 6, 2, bias=False), called(4, 9)
        yield _call(4, 6, 3, stride=2, padding=1, dilation=2, groups=2), called(2, 4, 9)
        yield _call(2, 3, 3, padding=1, padding_mode="reflect"), called(2, 2, 7)
        yield _call(2, 3, 3, padding=1, padding_mode="circular"), called(2, 2, 7)
        yield _call(4, 2, 4, padding="same", dilation=2, bias=False), called(2, 4, 9)
    elif name == "Conv2d":
        yield _call(2, 3, (3, 4), padding=(1, 2), padding_mode="replicate"), called(1, 2, 5, 6)
        yield _call(2, 3, (3, 4), padding="same", padding_mode="reflect"), called(1, 2, 5, 6)
        yield _call(2, 3, 3, padding=1, padding_mode="circular"), called(1, 2, 5, 6)
        yield _call(2, 6, (3, 1), stride=(1, 2), padding=(2, 0), groups=2), called(2, 2, 5, 7)
        yield _call(3, 2, 3, padding="same", dilation=2, bias=False), called(1, 3, 6, 5)
        yield _call(4, 6, (3, 2), (2, 1), (1, 2), (1, 2), 2), called(2, 4, 7, 6)
        yield _call(4, 3, (3, 2), stride=2, padding=(2, 1), padding_mode="reflect"), called(2, 4, 7, 6)
        yield _call(4, 3, 3, padding=1, padding_mode="replicate", bias=False), called(4, 5, 7)
    elif name == "ConvTranspose2d":
        yield _call(4, 6, (3, 2), stride=(2, 3), padding=(1, 0), output_padding=(1, 2), groups=2), called(2, 4, 3, 5)
        yield _call(3, 2, (2, 3), dilation=(2, 1), bias=False), called(3, 4, 5)
        for size in ((13, 15), (14, 14), [2, 6, 14, 16]):  # that a convolution turns into (7, 6)
            enlarged = Sample((tensor((2, 4, 7, 6)),), {"output_size": size})
            yield _call(4, 6, 3, stride=(2, 3), padding=(1, 2), output_padding=1), enlarged
    elif name == "MaxPool1d":
        yield _call(3, 2, 1, 2, ceil_mode=True), called(2, 3, 8)
        yield _call(2, return_indices=True), called(4, 7)
    elif name == "AvgPool1d":
        yield _call(3, 2, 1, True, False), called(2, 3, 8)
    elif name == "AdaptiveMaxPool2d":
        yield _call((3, None), return_indices=True), called(2, 3, 7, 4)
        yield _call((3, 4)), called(2, 3, 7, 6)
    elif name == "MaxPool2d":
        yield _call((3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), ceil_mode=True), called(2, 3, 7, 6)
        yield _call(2, return_indices=True), called(2, 3, 6, 8)
    elif name == "AvgPool2d":
        yield _call((3, 2), stride=2, padding=(1, 0), count_include_pad=False, ceil_mode=True), called(2, 3, 6, 7)
        yield _call((3, 2), stride=2, padding=1, divisor_override=5), called(2, 4, 7, 6)
        yield _call(2, divisor_override=3), called(3, 4, 6)
    elif name in ("BatchNorm1d", "BatchNorm2d"):
        shape = (4, 3, 5) if name == "BatchNorm1d" else (4, 3, 5, 2)
        yield _call(3, momentum=None), called(*shape)
        yield _call(3, eps=0.1, momentum=0.7), called(*shape)
        yield _call(3, affine=False, track_running_stats=False), called(*shape)
        yield _call(3, affine=True, track_running_stats=False), called(*shape)
        yield _call(3, bias=False, track_running_stats=False), called(*shape)
    elif name == "GroupNorm":
        yield _call(2, 4, eps=0.1), called(2, 4, 7, 6)
        yield _call(4, 4, affine=False), called(2, 4, 7, 6)
        yield _call(1, 4, bias=False), called(2, 4, 9)
    elif name == "LayerNorm":
        yield _call((5, 2), bias=False), called(3, 5, 2)
        yield _call(4, eps=0.1, elementwise_affine=False), called(2, 3, 4)
    elif name == "Flatten":
        yield _call(), called(2, 3, 4, 5)
        yield _call(0, 1), called(2, 3, 4)
        yield _call(start_dim=-2), called(2, 3, 4)
    elif name == "Unflatten":
        yield _call(1, (2, 3)), called(4, 6)
        yield _call(-2, (2, -1, 2)), called(3, 8, 5)
    elif name == "GELU":
        yield _call("tanh"), called(4, 5)
    elif name == "Hardtanh":
        yield _call(-2.5, 0.5), called(4, 5)
    elif name in ("LeakyReLU", "ELU"):
        yield _call(1.5), called(5, 6)
    elif name == "Softplus":
        yield _call(beta=2.0, threshold=1.0), called(5, 6)
    elif name in ("SmoothL1Loss", "HuberLoss"):
        option = "beta" if name == "SmoothL1Loss" else "delta"
        for size in (0.3, 7.0):
            yield _call(reduction="sum", **{option: size}), Sample((tensor((4, 5)), tensor((4, 5))), {})
    elif name == "BCEWithLogitsLoss":
        chances = make_tensor((4, 5), device="cpu", dtype=dtype, low=0, high=1)
        factors = make_tensor((5,), device="cpu", dtype=dtype, low=0.5, high=4)
        yield _call(pos_weight=factors), Sample((tensor((4, 5)), chances), {})
        yield _call(weight=factors, reduction="none", pos_weight=factors), Sample((tensor((4, 5)), chances), {})
    elif name == "Upsample":
        yield _call(scale_factor=2), called(2, 3, 4, 5)
        yield _call((7, 9)), called(2, 3, 4, 5)
        yield _call(scale_factor=(1.5, 2), mode="nearest"), called(1, 2, 4, 3)
        yield _call(scale_factor=1.7, recompute_scale_factor=True), called(1, 2, 4, 5)
        yield _call(scale_factor=(1.5, 0.7)), called(2, 4, 7, 6)
        yield _call(5), called(2, 3, 7)
        yield _call(scale_factor=2, mode="bilinear"), called(1, 2, 4, 3)
        yield _call(scale_factor=(1.3, 2.7), mode="bilinear"), called(1, 2, 4, 3)
        yield _call((3, 7), mode="bilinear", align_corners=True), called(2, 1, 6, 4)
        yield _call(scale_factor=1.7, mode="bilinear", recompute_scale_factor=True), called(1, 1, 4, 3)
        yield _call(9, mode="linear", align_corners=True), called(2, 3, 5)
    elif name in ("PixelShuffle", "PixelUnshuffle"):
        yield _call(2), called(2, 8, 4, 6)
        yield _call(3), called(9, 6, 3)
    elif name == "ZeroPad2d":
        yield _call((1, 2, 0, -3)), called(2, 4, 7, 6)
    elif name == "ConstantPad2d":
        yield _call((1, 2, 0, 3), 1.5), called(2, 3, 4, 5)
        yield _call(2, -0.5), called(3, 4, 5)
    elif name in ("ReflectionPad2d", "ReplicationPad2d"):
        yield _call((1, 2, 0, 3)), called(2, 3, 4, 5)
        yield _call(2), called(3, 4, 5)
    elif name in ("InstanceNorm1d", "InstanceNorm2d"):
        shape = (4, 3, 5) if name == "InstanceNorm1d" else (4, 3, 5, 2)
        yield _call(3), called(*shape)
        yield _call(3, affine=True), called(*shape[1:])
        yield _call(3, eps=0.1, momentum=0.7, affine=True, track_running_stats=True), called(*shape)
        yield _call(3, affine=True, bias=False), called(*shape)
    elif name == "LocalResponseNorm":
        yield _call(2), called(2, 5, 3)
        yield _call(3, 0.2, 0.5, 2.0), called(2, 5, 3, 2)
    elif name == "LazyBatchNorm2d":
        yield _call(), called(4, 3, 5, 2)
        yield _call(0.1, 0.7, bias=False), called(4, 3, 5, 2)
        yield _call(affine=False), called(4, 3, 5, 2)
        yield _call(track_running_stats=False), called(4, 3, 5, 2)
    elif name == "PReLU":
        yield _call(3, 0.1), called(2, 3, 4)
    elif name == "KLDivLoss":
        chances = make_tensor((4, 5), device="cpu", dtype=dtype, low=0, high=1)
        yield _call(reduction="batchmean", log_target=True), Sample((tensor((4, 5)), chances), {})
    elif name in ("Dropout", "Dropout2d"):  # with chances that leave nothing to chance
        yield _call(0.0), called(2, 3, 4, 5)
        yield _call(1.0), called(2, 3, 4, 5)
        yield _call(p=0.0, inplace=True), called(3, 4, 5)
    if name.endswith("Loss") and name != "HuberLoss":
        chances = make_tensor((4, 5), device="cpu", dtype=dtype, low=0.1, high=0.9, requires_grad=requires_grad)
        classes = torch.tensor([0, 4, 2, 2])
        target = classes if name in ("NLLLoss", "CrossEntropyLoss") else chances.detach() / 2
        yield _call(size_average=False), Sample((chances, target), {})
        yield _call(reduce=False), Sample((chances, target), {})
    in_place = ("ReLU", "ReLU6", "LeakyReLU", "ELU", "SiLU", "Hardtanh", "SELU", "Mish", "Hardsigmoid", "Hardswish")
    if name in in_place and not requires_grad:
        yield _call(inplace=True), called(2, 3)


def refused(name: str) -> Iterator[tuple[Sample, Sample, type[Exception], bool]]:
    """Yield what PyTorch refuses: as `samples`, its error, and whether the module cannot even be made."""
    for made, error in _not_call(name):
        yield made, _call(), error, True
    for made, argument, error in _not_called(name):
        yield made, _call(argument), error, False
    for made, scores, target, error in _no_loss(name):
        yield made, _call(scores, target), error, False


def _not_call(name: str) -> Iterator[tuple[Sample, type[Exception]]]:
    if name in ("Conv1d", "Conv2d", "ConvTranspose2d"):
        yield _call(3, 4, 3, groups=2), ValueError
        yield _call(4, 3, 3, groups=2), ValueError
        yield _call(4, 4, 3, groups=0), ValueError
        yield _call(4, 4, 3, padding_mode="mirror"), ValueError
    if name in ("Conv1d", "Conv2d"):
        yield _call(4, 4, 3, padding="full"), ValueError
        yield _call(4, 4, 3, stride=2, padding="same"), ValueError
    if name == "ConvTranspose2d":
        yield _call(4, 4, 3, padding_mode="reflect"), ValueError
    if name in ("Dropout", "Dropout2d"):
        yield _call(-0.1), ValueError
        yield _call(1.1), ValueError
    if name == "Embedding":
        yield _call(5, 3, padding_idx=5), AssertionError
        yield _call(5, 3, padding_idx=-6), AssertionError
    if name == "Hardtanh":
        yield _call(1.0, 1.0), AssertionError
    if name == "Unflatten":
        yield _call(1, 6), TypeError


def _not_called(name: str) -> Iterator[tuple[Sample, torch.Tensor, type[Exception]]]:
    x = torch.zeros
    if name == "Linear":
        yield _call(4, 3), x(2, 5), RuntimeError
    if name in ("Conv2d", "ConvTranspose2d"):
        yield _call(3, 4, 3), x(2, 4, 5, 5), RuntimeError
        yield _call(3, 4, 3), x(3, 5), RuntimeError
    if name == "Conv2d":
        yield _call(3, 4, 5), x(2, 3, 4, 9), RuntimeError
    if name == "Conv1d":
        yield _call(3, 4, 3), x(2, 4, 5), RuntimeError
        yield _call(3, 4, 3), x(2, 3, 5, 5), RuntimeError
    if name == "BatchNorm1d":
        yield _call(3), x(3), ValueError
        yield _call(3), x(2, 3, 4, 4), ValueError
        yield _call(3), x(2, 4), RuntimeError
        yield _call(3), x(1, 3), ValueError
    if name == "BatchNorm2d":
        yield _call(3), x(2, 3, 4), ValueError
        yield _call(3), x(2, 4, 2, 2), RuntimeError
        yield _call(3), x(1, 3, 1, 1), ValueError
    if name == "LayerNorm":
        yield _call(3), x(2, 4), RuntimeError
        yield _call((2, 3)), x(3), RuntimeError
    if name == "GroupNorm":
        yield _call(2, 4), x(2, 6, 3), RuntimeError
    if name == "Embedding":
        yield _call(5, 3), torch.tensor([5]), IndexError
        yield _call(5, 3), torch.tensor([-1]), IndexError
        yield _call(5, 3), x(2), RuntimeError
    if name == "MaxPool2d":
        yield _call(2, padding=2), x(2, 3, 4, 4), RuntimeError
        yield _call(5), x(2, 3, 4, 4), RuntimeError
    if name == "AvgPool2d":
        yield _call(2, divisor_override=0), x(2, 3, 4, 4), RuntimeError
    if name == "Unflatten":
        yield _call(1, (2, 4)), x(3, 6), RuntimeError
    if name == "LazyConv2d":
        yield _call(4, 3), x(3, 5), RuntimeError
        yield _call(4, 3, groups=2), x(2, 3, 5, 5), ValueError
    if name in ("MaxPool1d", "AvgPool1d"):
        yield _call(2), x(4), RuntimeError
        yield _call(3), x(2, 2), RuntimeError
        yield _call(2, padding=2), x(2, 4), RuntimeError
    if name in ("AdaptiveAvgPool2d", "AdaptiveMaxPool2d"):
        yield _call((2, 3)), x(4, 4), ValueError
    if name == "Upsample":
        yield _call(), x(1, 1, 4, 4), ValueError
        yield _call(4, 2), x(1, 1, 4, 4), ValueError
        yield _call(scale_factor=(2, 2, 2)), x(1, 1, 4, 4), ValueError
    if name == "ZeroPad2d":
        yield _call((-3, -2, 0, 0)), x(1, 1, 4, 4), RuntimeError
    if name in ("ReflectionPad2d", "ReplicationPad2d"):
        yield _call((-3, -2, 0, 0)), x(1, 1, 4, 4), RuntimeError
        yield _call(1), x(4, 4), NotImplementedError
    if name == "ReflectionPad2d":
        yield _call(4), x(1, 1, 4, 4), RuntimeError
    if name == "PixelShuffle":
        yield _call(2), x(1, 3, 4, 4), RuntimeError
        yield _call(2), x(4, 4), RuntimeError
    if name == "PixelUnshuffle":
        yield _call(2), x(1, 3, 4, 5), RuntimeError
    if name == "PReLU":
        yield _call(3), x(2, 4), RuntimeError
    if name == "InstanceNorm1d":
        yield _call(3), x(3), ValueError
        yield _call(3), x(2, 3, 1), ValueError
        yield _call(3, affine=True), x(2, 4, 5), ValueError
    if name == "InstanceNorm2d":
        yield _call(3), x(2, 3), ValueError
        yield _call(3), x(2, 3, 1, 1), ValueError
    if name == "LocalResponseNorm":
        yield _call(2), x(3, 4), ValueError
    if name == "LazyBatchNorm2d":
        yield _call(), x(2, 3, 4), ValueError
    if name in ("Softmax", "LogSoftmax"):
        yield _call(2), x(3, 4), IndexError
    if name == "Flatten":
        yield _call(2), x(3, 6), IndexError


def _no_loss(name: str) -> Iterator[tuple[Sample, torch.Tensor, torch.Tensor, type[Exception]]]:
    x = torch.zeros
    classes = torch.tensor
    if name.endswith("Loss"):
        usual = (x(2, 3), classes([0, 1])) if name in ("CrossEntropyLoss", "NLLLoss") else (x(2, 3), x(2, 3))
        yield _call(reduction="average"), *usual, ValueError
    if name in ("CrossEntropyLoss", "NLLLoss"):
        yield _call(), x(2, 3), classes([0, 3]), IndexError
        yield _call(), x(2, 3), classes([0, -1]), IndexError
        yield _call(), x(2, 3), classes([0, 1, 2]), ValueError
        yield _call(weight=x(4)), x(2, 3), classes([0, 1]), RuntimeError
    if name in ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "KLDivLoss"):
        yield _call(), x(2, 3), x(2, 4), RuntimeError
    if name in ("BCELoss", "BCEWithLogitsLoss"):
        yield _call(), x(2, 3), x(2, 4), ValueError
    if name == "BCELoss":
        yield _call(), x(2) + 1.5, x(2), RuntimeError
