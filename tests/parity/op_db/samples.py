"""PyTorch's samples of an operation, by the kind of comparison they are for."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch

from op_db.convert import fresh
from op_db.names import IN_PLACE, TABLE

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.testing._internal import common_utils
    from torch.testing._internal.common_methods_invocations import op_db
    from torch.testing._internal.common_utils import set_rng_seed
    from torch.testing._internal.opinfo import core

    from op_db import own

# Each iterator of samples looks for a test of unittest on the stack, and finds none: 0.1 s each time under pytest.
common_utils.extract_test_fn = core.extract_test_fn = lambda: None

KINDS = ("forward", "gradients", "second", "inplace", "errors", "dtypes")
OPS = {f"{info.name}.{info.variant_test_name}".rstrip("."): info for info in [*op_db, *own.OPS]}
OTHER_DTYPES = {torch.float32: 1e-5, torch.int64: 1e-5, torch.uint8: 1e-5, torch.bool: 1e-5}
"""dtype -> relative tolerance, of results that may be float32."""


class Sample(NamedTuple):
    """One call: ``op(*args, **kwargs)``, the first of `args` being PyTorch's ``input``."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __str__(self) -> str:
        parts = [show(arg) for arg in self.args] + [f"{key}={show(value)}" for key, value in self.kwargs.items()]
        return f"({', '.join(parts)})"


def show(value: Any) -> str:
    """Return a short text of an argument: dtype and shape of a tensor."""
    if isinstance(value, torch.Tensor):
        layout = "" if value.is_contiguous() else "ᵗ"
        only = f"={value.item()!r}" if value.ndim == 0 else ""
        return f"{str(value.dtype).removeprefix('torch.')}{list(value.shape)}{layout}{only}"
    if isinstance(value, tuple):
        return f"({', '.join(map(show, value))})"
    if isinstance(value, list):
        return f"[{', '.join(map(show, value))}]"
    return str(value) if isinstance(value, torch.dtype | torch.device) else repr(value)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence warnings of either framework: they are asserted elsewhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def samples(info: Any, kind: torch.dtype, *, requires_grad: bool, reference: bool = True) -> list[Sample]:
    """Return PyTorch's samples: `reference_inputs`, which begin with `sample_inputs`, or only the latter."""
    set_rng_seed(0)
    try:
        source = info.reference_inputs if reference else info.sample_inputs
        with quiet():
            return [plain(one) for one in source("cpu", kind, requires_grad=requires_grad, set_seed=False)]
    except ValueError:  # where's reference_inputs cannot be made with requires_grad
        if not reference:
            raise
        return samples(info, kind, requires_grad=requires_grad, reference=False)


def plain(sample: Any) -> Sample:
    """Return one of PyTorch's samples with its tensors as leaves."""
    return Sample(*fresh(((sample.input, *sample.args), sample.kwargs)))


def main_dtype(info: Any) -> torch.dtype:
    """Return float64, or int64 for an operation on integers only."""
    return torch.float64 if torch.float64 in info.dtypes else torch.int64


def applies(info: Any, kind: str) -> bool:
    """Tell whether PyTorch has samples of the kind."""
    name = f"{info.name}.{info.variant_test_name}".rstrip(".")
    if kind == "gradients":
        random = name in TABLE["random"].split()
        return bool(info.supports_autograd) and main_dtype(info).is_floating_point and not random
    if kind == "second":
        return bool(info.supports_gradgrad) and applies(info, "gradients")
    if kind == "inplace":
        return name in IN_PLACE.split()
    if kind == "errors":
        with quiet():
            return info.error_inputs_func is not None and bool(list(info.error_inputs("cpu", set_seed=False)))
    return kind == "forward" or any(other in info.dtypes for other in OTHER_DTYPES if other != main_dtype(info))


def jobs(info: Any, kind: str) -> Iterator[tuple[Sample, Any]]:
    """Yield the samples of one kind, each with what it needs besides: the expected error, or a tolerance."""
    main = main_dtype(info)
    if not applies(info, kind):
        return
    if kind == "errors":
        set_rng_seed(0)
        with quiet():
            refused = list(info.error_inputs("cpu", set_seed=False))
        for one in refused:
            yield plain(one.sample_input), one.error_type
    elif kind == "dtypes":
        for other, rtol in OTHER_DTYPES.items():
            if other in info.dtypes and other != main:
                for sample in samples(info, other, requires_grad=False, reference=False):
                    yield sample, rtol
    else:
        whole = kind in ("forward", "gradients")  # the reference inputs add sizes and extremes
        for sample in samples(info, main, requires_grad=kind != "forward", reference=whole):
            yield sample, 1e-9
