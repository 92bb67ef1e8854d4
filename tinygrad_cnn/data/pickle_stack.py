"""Stack items of the pickle machine that are not values yet: marks, names, and unfinished dtypes and arrays."""

from __future__ import annotations

from tinygrad_cnn._types import Array


class Mark:
    """Where the items of a list or tuple begin on the stack."""


class Global:
    """A name that the pickle refers to; the machine knows it."""

    def __init__(self, module: str, name: str) -> None:
        self.key = (module, name)


class RawDtype:
    """An unfinished dtype: its letter and size are known, the byte order is set later."""

    def __init__(self, letters: str) -> None:
        self.letters = letters
        self.order: object = "="


class RawArray:
    """An unfinished array; `value` is set once its state is known."""

    def __init__(self) -> None:
        self.value: Array | None = None


class UnfinishedTuple(tuple[object, ...]):
    """A tuple with unfinished items: the arguments of a call or the state of an array, never a result."""
