"""From PyTorch's values to ours: tensors with their dtype, memory layout and `requires_grad`; containers; dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

import tinygrad_cnn

DTYPES = {
    torch.bool: np.bool_,
    torch.uint8: np.uint8,
    torch.int8: np.int8,
    torch.int16: np.int16,
    torch.int32: np.int32,
    torch.int64: np.int64,
    torch.float16: np.float16,
    torch.float32: np.float32,
    torch.float64: np.float64,
}


class UnsupportedError(Exception):
    """The value is of a kind that does not exist here; the text says which."""


class Converter:
    """Converts values; the same tensor twice gives the same tensor twice."""

    def __init__(self) -> None:
        self.known: dict[int, tuple[torch.Tensor, tinygrad_cnn.Tensor]] = {}

    def __call__(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            if id(value) not in self.known:
                self.known[id(value)] = (value, tensor(value))
            return self.known[id(value)][1]
        if isinstance(value, tuple | list):
            return (
                type(value)(self(part) for part in value) if type(value) in (tuple, list) else tuple(map(self, value))
            )
        if isinstance(value, dict):
            return {key: self(part) for key, part in value.items()}
        if isinstance(value, torch.dtype):
            return dtype(value)
        if isinstance(value, torch.device):
            return tinygrad_cnn.device(str(value))
        if isinstance(value, slice):
            return slice(self(value.start), self(value.stop), self(value.step))
        if isinstance(value, complex):
            raise UnsupportedError("complex numbers")
        if isinstance(value, torch.memory_format):
            if value is torch.channels_last_3d:
                raise UnsupportedError("memory formats of volumes")
            return getattr(tinygrad_cnn, str(value).removeprefix("torch."))
        if isinstance(value, torch.layout):
            raise UnsupportedError("layouts other than strided")
        return value


def dtype(value: torch.dtype) -> np.dtype[Any]:
    """Return our dtype of the same name."""
    if value not in DTYPES:
        raise UnsupportedError(
            "complex numbers" if value.is_complex else f"the dtype {str(value).removeprefix('torch.')}"
        )
    return np.dtype(DTYPES[value])


def tensor(value: torch.Tensor) -> tinygrad_cnn.Tensor:
    """Return a copy with the same strides (0 for expanded axes), so that layouts are tested as they come."""
    if value.layout is not torch.strided:
        raise UnsupportedError("sparse tensors")
    if value.device.type != "cpu":
        raise UnsupportedError("devices other than the CPU")
    kind = dtype(value.dtype)
    plain = value.detach()
    stored = plain.untyped_storage().nbytes() // kind.itemsize
    memory = torch.as_strided(plain, (stored,), (1,), 0).numpy().copy()
    strides = [step * kind.itemsize for step in plain.stride()]
    offset = plain.storage_offset() * kind.itemsize
    array = np.ndarray(tuple(plain.shape), kind, memory, offset, strides) if plain.numel() else plain.numpy().copy()
    return tinygrad_cnn.from_numpy(array).requires_grad_(value.requires_grad)


def fresh(value: Any, known: dict[int, Any] | None = None) -> Any:
    """Return `value` with every tensor in it replaced by a leaf over the same memory, the same one each time."""
    known = {} if known is None else known
    if isinstance(value, torch.Tensor):
        if id(value) not in known:
            known[id(value)] = value.detach().requires_grad_(value.requires_grad)
        return known[id(value)]
    if type(value) in (tuple, list):
        return type(value)(fresh(part, known) for part in value)
    if isinstance(value, dict):
        return {key: fresh(part, known) for key, part in value.items()}
    return value


def leaves(value: Any) -> list[Any]:
    """Return the tensors in `value`, in order, each once."""
    found: list[Any] = []

    def visit(part: Any) -> None:
        if isinstance(part, torch.Tensor | tinygrad_cnn.Tensor):
            if not any(part is one for one in found):
                found.append(part)
        elif isinstance(part, tuple | list):
            for one in part:
                visit(one)
        elif isinstance(part, dict):
            for one in part.values():
                visit(one)

    visit(value)
    return found
