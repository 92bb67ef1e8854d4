"""What the pickle machine has on its stack in the making: marks, names, dtypes and arrays that are no values yet."""

from __future__ import annotations

from typing import Any

from tinygrad_cnn._types import Array


class Mark:
    """Where the items of a list or tuple begin on the stack."""


class Global:
    """A name that the pickle refers to, of those that the machine knows."""

    def __init__(self, module: str, name: str) -> None:
        self.key = (module, name)


class RawDtype:
    """A dtype in the making: its letter and size, and then its byte order."""

    def __init__(self, letters: str) -> None:
        self.letters, self.order = letters, "="


class RawArray:
    """An array in the making; `value` once its state is known."""

    def __init__(self) -> None:
        self.value: Array | None = None


class UnfinishedTuple(tuple[Any, ...]):
    """A tuple with something in the making: arguments of a call or the state of an array, never a value."""
