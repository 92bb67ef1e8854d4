"""Loading a state_dict: everything is checked before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import no_grad, wrap
from tinygrad_cnn.tensor import Tensor


class IncompatibleKeys(NamedTuple):
    """The keys that one of the two sides lacked."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def load_state(kind: str, own: Mapping[str, Tensor], given: Mapping[str, Any], strict: bool) -> IncompatibleKeys:
    """Copy `given` into the tensors `own`, both by key.

    Raises:
        RuntimeError: names every missing, unexpected and mismatched key of a module of this `kind`.
    """
    if not isinstance(given, Mapping):
        raise TypeError(f"load_state_dict: expected a dict of tensors, got {type(given).__name__}")
    missing = [key for key in own if key not in given]
    unexpected = [key for key in given if key not in own]
    arrays = {key: _as_array(given[key]) for key in own if key in given}
    complaints: list[str] = []
    if strict and missing:
        complaints.append(f"missing keys: {', '.join(missing)}")
    if strict and unexpected:
        complaints.append(f"unexpected keys: {', '.join(str(key) for key in unexpected)}")
    for key, array in arrays.items():
        if array is None:
            complaints.append(f"{key}: expected a tensor, got {type(given[key]).__name__}")
        elif array.shape != own[key].shape:
            complaints.append(f"{key}: expected shape {own[key].shape}, got {array.shape}")
    if complaints:
        raise RuntimeError(f"load_state_dict: cannot load into {kind}:\n\t" + "\n\t".join(complaints))
    with no_grad():
        for key, array in arrays.items():
            if array is not None:
                own[key].copy_(cast(Tensor, wrap(array)))
    return IncompatibleKeys(missing, unexpected)


def _as_array(value: object) -> Array | None:
    """Return the values of a tensor or of an array of numbers; None for anything else."""
    if isinstance(value, Tensor):
        return value.array
    return value if isinstance(value, np.ndarray) and value.dtype.kind in "biuf" else None
