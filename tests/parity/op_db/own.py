"""Samples in PyTorch's own form for the operations that PyTorch keeps none for."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch.testing import make_tensor
from torch.testing._internal.common_dtype import all_types_and, floating_types
from torch.testing._internal.opinfo.core import ErrorInput, OpInfo, SampleInput


def _samples_fold(info: Any, device: str, dtype: Any, requires_grad: bool, **_: Any) -> Iterator[SampleInput]:
    make = partial(make_tensor, device=device, dtype=dtype, requires_grad=requires_grad)
    geometries = itertools.product(((2, 2), (2, 3)), (1, (1, 2)), (0, (1, 2)), (1, (2, 1)))
    for (kernel, dilation, padding, stride), batch in itertools.product(geometries, ((), (2,))):
        size = (6, 5)
        sides = [size, *(one if isinstance(one, tuple) else (one, one) for one in (kernel, dilation, padding, stride))]
        blocks = 1
        for length, k, d, p, s in zip(*sides, strict=True):
            blocks *= (length + 2 * p - d * (k - 1) - 1) // s + 1
        columns = make((*batch, 3 * kernel[0] * kernel[1], blocks))
        yield SampleInput(
            columns, args=(size, kernel), kwargs={"dilation": dilation, "padding": padding, "stride": stride}
        )


def _errors_fold(info: Any, device: str, **_: Any) -> Iterator[ErrorInput]:
    x = torch.rand(2, 12, 9, device=device)
    yield ErrorInput(SampleInput(x, args=((5, 4), (2, 2))), error_regex="number of blocks")
    yield ErrorInput(SampleInput(x[:, :11], args=((4, 4), (2, 2))), error_regex="divisible")
    yield ErrorInput(SampleInput(x[0, 0], args=((4, 4), (2, 2))), error_regex="dimension")


def _samples_rand(info: Any, device: str, dtype: Any, requires_grad: bool, **_: Any) -> Iterator[SampleInput]:
    for size in ((), (3,), (2, 0, 3), (4, 5)):
        yield SampleInput(size, kwargs={"dtype": dtype, "device": device})


def _samples_randperm(info: Any, device: str, dtype: Any, requires_grad: bool, **_: Any) -> Iterator[SampleInput]:
    for n in (0, 1, 7):
        yield SampleInput(n)
        yield SampleInput(n, kwargs={"dtype": dtype, "device": device})


def _samples_data(info: Any, device: str, dtype: Any, requires_grad: bool, **_: Any) -> Iterator[SampleInput]:
    for data in (1, 2.5, True, [], [1, 2], [1, 2.5], [[True, False]], (), ((1, 2), (3, 4)), [[], []]):
        yield SampleInput(data)
        yield SampleInput(data, kwargs={"dtype": dtype, "device": device})


def _errors_data(info: Any, device: str, **_: Any) -> Iterator[ErrorInput]:
    yield ErrorInput(SampleInput([[1, 2], [3]]), error_type=ValueError, error_regex="expected sequence of length")
    yield ErrorInput(SampleInput("text"), error_type=TypeError, error_regex="new")
    yield ErrorInput(SampleInput(None), error_type=RuntimeError, error_regex="infer dtype")


_factory = partial(OpInfo, supports_autograd=False, supports_out=False, method_variant=None)

OPS = [
    OpInfo(
        "nn.functional.fold",
        dtypes=floating_types(),
        sample_inputs_func=_samples_fold,
        error_inputs_func=_errors_fold,
        supports_out=False,
    ),
    _factory("rand", op=torch.rand, dtypes=floating_types(), sample_inputs_func=_samples_rand),
    _factory("randperm", op=torch.randperm, dtypes=all_types_and(), sample_inputs_func=_samples_randperm),
    _factory(
        "tensor",
        op=torch.tensor,
        dtypes=all_types_and(torch.bool),
        sample_inputs_func=_samples_data,
        error_inputs_func=_errors_data,
    ),
    _factory("as_tensor", op=torch.as_tensor, dtypes=all_types_and(torch.bool), sample_inputs_func=_samples_data),
]
