"""Whether operations are recorded: per thread and per asyncio task."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar, Token
from types import TracebackType
from typing import ClassVar, ParamSpec, Self, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_enabled: ContextVar[bool] = ContextVar("tinygrad_cnn_grad_enabled", default=True)

is_grad_enabled: Callable[[], bool] = _enabled.get


class _GradMode:
    """A context manager and decorator that sets the recording mode and puts the old one back."""

    _mode: ClassVar[bool]
    __slots__ = ("_tokens",)

    def __init__(self) -> None:
        self._tokens: list[Token[bool]] = []

    def __enter__(self) -> Self:
        self._tokens.append(_enabled.set(self._mode))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _enabled.reset(self._tokens.pop())

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            with type(self)():
                return function(*args, **kwargs)

        return run


class no_grad(_GradMode):  # noqa: N801 - PyTorch's name
    """Record nothing inside: ``with no_grad():`` or ``@no_grad()``.

    Results of operations do not require gradients, and leaves may be changed in place.
    """

    __slots__ = ()
    _mode = False


class enable_grad(_GradMode):  # noqa: N801 - PyTorch's name
    """Record inside, also within `no_grad`: ``with enable_grad():`` or ``@enable_grad()``."""

    __slots__ = ()
    _mode = True
