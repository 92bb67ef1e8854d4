"""PyTorch's samples of a module: how it is made and what it is called with."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from op_db.convert import fresh
from op_db.samples import Sample, quiet

from module_db import own

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.testing._internal.common_modules import ModuleErrorEnum, module_db
    from torch.testing._internal.common_utils import set_rng_seed

KINDS = ("signature", "repr", "state", "train", "eval", "gradients", "float32", "errors")
INFOS = {info.name.removeprefix("nn."): info for info in module_db}


class ModuleSample(NamedTuple):
    """A module made by ``cls(*made.args, **made.kwargs)`` and called with `called`."""

    made: Sample
    called: Sample

    def __str__(self) -> str:
        return f"{self.made}{self.called}"


def samples(name: str, dtype: torch.dtype, *, requires_grad: bool, training: bool) -> list[ModuleSample]:
    """Return PyTorch's samples of a module, and then our own."""
    set_rng_seed(0)
    found: list[Any] = []
    if name in INFOS:
        info = INFOS[name]
        with quiet():
            found = list(info.module_inputs_func(info, "cpu", dtype, requires_grad, training))
    made = [plain(one) for one in found if one.forward_input is not None]
    return made + [ModuleSample(*fresh(tuple(one))) for one in own.samples(name, dtype, requires_grad=requires_grad)]


def plain(one: Any) -> ModuleSample:
    """Return one of PyTorch's samples with its tensors as leaves."""
    parts = [
        ((), {}) if part is None else (tuple(part.args), part.kwargs)
        for part in (one.constructor_input, one.forward_input)
    ]
    made, called = fresh(parts)
    return ModuleSample(Sample(*made), Sample(*called))


def refused(name: str) -> Iterator[tuple[ModuleSample, type[Exception], bool]]:
    """Yield what PyTorch refuses, with its error, and whether it refuses to make the module or to call it."""
    info = INFOS.get(name)
    if info is not None and info.module_error_inputs_func is not None:
        set_rng_seed(0)
        with quiet():
            found = list(info.module_error_inputs_func(info, "cpu", torch.float32, False, True))
        for one in found:
            construction = one.error_on is ModuleErrorEnum.CONSTRUCTION_ERROR
            yield plain(one.module_error_input), one.error_type, construction
    for made, called, error, construction in own.refused(name):
        yield ModuleSample(made, called), error, construction
