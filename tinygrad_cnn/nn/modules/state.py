"""Loading a state_dict: all keys and shapes are checked before a value changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, cast

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import no_grad, wrap
from tinygrad_cnn.nn.modules.registry import Registry
from tinygrad_cnn.nn.parameter import Parameter
from tinygrad_cnn.nn.uninitialized import Uninitialized
from tinygrad_cnn.tensor import Tensor


class IncompatibleKeys(NamedTuple):
    """The keys that only the module has, and those that only the state_dict has."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class Slot(NamedTuple):
    """A parameter or buffer with the module and the attribute that hold it."""

    module: Registry
    name: str
    tensor: Tensor


def load_state(
    kind: str, own: Mapping[str, Slot], given: Mapping[str, object], strict: bool, assign: bool
) -> IncompatibleKeys:
    """Copy the values of `given` into the tensors of `own` with the same keys, or with `assign` replace those tensors.

    Raises:
        RuntimeError: the message lists every missing, unexpected and mismatched key of a module of this `kind`.
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
        tensor = own[key].tensor
        if array is None:
            complaints.append(f"{key}: expected a tensor, got {type(given[key]).__name__}")
        elif not isinstance(tensor, Uninitialized) and array.shape != tensor.shape:
            complaints.append(f"{key}: expected shape {tensor.shape}, got {array.shape}")
        elif assign and tensor.requires_grad and array.dtype.kind != "f":
            complaints.append(f"{key}: expected a floating-point dtype to assign, got {array.dtype}")
    if complaints:
        raise RuntimeError(f"load_state_dict: cannot load into {kind}:\n\t" + "\n\t".join(complaints))
    for key, array in arrays.items():
        if array is None:
            continue
        if assign:
            _assign(own[key], given[key], array)
        else:
            target = own[key].tensor
            if isinstance(target, Uninitialized):
                target.materialize(array.shape)
            with no_grad():
                target.copy_(cast(Tensor, wrap(array)))
    return IncompatibleKeys(missing, unexpected)


def _assign(slot: Slot, value: object, array: Array) -> None:
    """Replace the tensor in `slot` by `value` without copying; whether it is trained stays the same."""
    old = slot.tensor
    tensor = value if isinstance(value, Tensor) else cast(Tensor, wrap(array))
    if isinstance(old, Parameter):
        tensor = tensor if isinstance(tensor, Parameter) else Parameter(tensor, requires_grad=False)
        tensor.requires_grad = old.requires_grad
    setattr(slot.module, slot.name, tensor)


def _as_array(value: object) -> Array | None:
    """Return the values of a tensor or of an array of numbers, PyTorch's included; None for anything else."""
    if isinstance(value, Tensor):
        return value.array
    array = np.asarray(value) if hasattr(value, "__array__") else None
    return array if array is not None and array.dtype.kind in "biuf" else None
