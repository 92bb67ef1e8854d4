"""Anomaly mode: finds the operation that first made a NaN, and where it was called. Switched off, it costs nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from weakref import WeakKeyDictionary

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd.node import Node, observers
from tinygrad_cnn.autograd.pending import Pending
from tinygrad_cnn.autograd.variable import Variable

if TYPE_CHECKING:
    from tinygrad_cnn.autograd.operation import Attrs, Operation

_PACKAGE = __file__.removesuffix("autograd/anomaly.py").removesuffix("autograd\\anomaly.py")


class _Line(NamedTuple):
    """A line of the user's program."""

    file: str
    number: int
    function: str

    def __str__(self) -> str:
        import linecache  # for messages only

        text = linecache.getline(self.file, self.number).strip()
        return f"{self.file}:{self.number}, in {self.function}" + (f": {text}" if text else "")


_lines: WeakKeyDictionary[Node, _Line] = WeakKeyDictionary()
_walking: ContextVar[bool] = ContextVar("tinygrad_cnn_walking", default=False)
_enabled = False
_check_nan = True


def is_anomaly_enabled() -> bool:
    """Return whether anomaly mode is on."""
    return _enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Return whether anomaly mode, when on, looks for NaNs."""
    return _check_nan


def _set(mode: bool, check_nan: bool) -> None:
    global _enabled, _check_nan
    _enabled, _check_nan = mode, check_nan
    if mode and _observe not in observers:
        observers.append(_observe)
    elif not mode and _observe in observers:
        observers.remove(_observe)


class set_detect_anomaly:  # noqa: N801 - PyTorch's name
    """Switch anomaly mode on or off: from the call on, or within a block if used as a context manager.

    While it is on, every recorded operation remembers the line of the program that called it. An operation that makes
    a NaN raises at once. So does a backward pass that makes one; the error names the operation, the input and the line.
    Other errors of the backward pass, such as "was changed in place", name the line too. The mode is slow, and applies
    to all threads.

    Args:
        mode: whether to detect anomalies.
        check_nan: whether to look for NaNs; otherwise only lines are remembered.
    """

    __slots__ = ("_previous",)

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._previous = (_enabled, _check_nan)
        _set(mode, check_nan)

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _set(*self._previous)


class detect_anomaly:  # noqa: N801 - PyTorch's name
    """Find the operation that makes a NaN: ``with detect_anomaly():`` around the forward and the backward pass.

    See `set_detect_anomaly` for what it does.

    Args:
        check_nan: whether to look for NaNs; otherwise only lines are remembered.

    Example:
        >>> with detect_anomaly():
        ...     loss = model(x).log().mean()
        ...     loss.backward()
    """

    __slots__ = ("_check_nan", "_previous")

    def __init__(self, check_nan: bool = True) -> None:
        self._check_nan = check_nan
        self._previous: list[tuple[bool, bool]] = []

    def __enter__(self) -> Self:
        self._previous.append((_enabled, _check_nan))
        _set(True, self._check_nan)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _set(*self._previous.pop())


def _observe(op: Operation, values: Sequence[object], _attrs: Attrs, out: Array, node: Node | None) -> None:
    """Remember the calling line of `node`, and raise if `out` has a NaN."""
    if _walking.get():  # a VJP may compute NaNs that it masks afterwards, so its result is checked instead
        return
    if node is not None:
        _lines[node] = _caller()
    if _check_nan and _has_nan(out):
        came = [i for i, value in enumerate(values) if _has_nan(value)]
        how = f"a NaN came in with input {came[0]}" if came else "the operation made a NaN"
        shapes = ", ".join(str(np.shape(value)) for value in values if isinstance(value, np.ndarray))
        raise RuntimeError(f"{op.name}: {how}, from inputs of shape {shapes}; called at {_caller()}")


def _has_nan(value: object) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "f" and bool(np.isnan(value).any())
    return isinstance(value, float) and value != value


def _caller() -> _Line:
    """Return the innermost running line outside this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return _Line(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


class _Walking:
    """The context manager that `walking` returns while anomaly mode is on."""

    __slots__ = ("_token",)

    def __enter__(self) -> None:
        self._token = _walking.set(True)

    def __exit__(self, *error: object) -> None:
        _walking.reset(self._token)


_nothing = nullcontext()


def walking() -> _Walking | nullcontext[None]:
    """Skip the check of results inside: in a backward pass, `gradient_check` checks the gradients instead."""
    return _Walking() if _enabled else _nothing


def place(node: Node) -> str:
    """Return where `node` was called, as the end of a message; an empty text if the line is unknown."""
    line = _lines.get(node)
    return "" if line is None else f"; called at {line}"


def gradient_check() -> Callable[[Node, int, Any], Any] | None:
    """Return a function that refuses a NaN in the gradient of an input of a node; None while anomaly mode is off."""
    return _refuse_nan if _enabled and _check_nan else None


def _refuse_nan(node: Node, i: int, gradient: Any) -> Any:
    """Return the gradient of input `i`, computed if it was pending.

    Raises:
        RuntimeError: the gradient has a NaN; the message names the operation, the input and the line that called it.
    """
    if isinstance(gradient, Pending):
        gradient = gradient.value()
    array = gradient.array if isinstance(gradient, Variable) else gradient
    if _has_nan(array):
        raise RuntimeError(
            f"{node.op.name}: the backward pass made a NaN in the gradient of input {i}, of shape {array.shape}"
            + (place(node) or "; run the forward pass under detect_anomaly() too to see the line that called it")
        )
    return gradient
