"""Whether operations are recorded: a setting of each thread and each asyncio task."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from contextvars import ContextVar
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast, overload

P = ParamSpec("P")
R = TypeVar("R")
Y = TypeVar("Y")
S = TypeVar("S")

recording: ContextVar[bool] = ContextVar("tinygrad_cnn_grad_enabled", default=True)

is_grad_enabled: Callable[[], bool] = recording.get


class _GradMode:
    """A context manager and decorator that sets the recording mode and restores the previous one."""

    __slots__ = ("_mode", "_previous")

    def __init__(self, mode: bool) -> None:
        self._mode = mode
        self._previous: list[bool] = []

    def __enter__(self) -> Self:
        self._previous.append(recording.get())
        recording.set(self._mode)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        recording.set(self._previous.pop())

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        return _decorated(function, self._mode)


def _decorated(function: Callable[P, R], mode: bool) -> Callable[P, R]:
    """Return `function` running in `mode`; a generator has the mode while it runs, its caller does not."""
    import inspect  # here, because it takes longer to import than all of `autograd`

    run: Any
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> object:
            return _generate(function(*args, **kwargs), mode)

    elif inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def run(*args: P.args, **kwargs: P.kwargs) -> object:
            with _GradMode(mode):
                return await function(*args, **kwargs)

    else:

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            with _GradMode(mode):
                return function(*args, **kwargs)

    return cast(Callable[P, R], run)


def _generate(generator: Generator[Y, S, R], mode: bool) -> Generator[Y, S, R]:
    """Yield from `generator`, and send to it, in `mode` each time it runs."""
    resume: Callable[[], Y] = functools.partial(next, generator)
    while True:
        try:
            with _GradMode(mode):
                value = resume()
        except StopIteration as stop:
            return stop.value
        try:
            sent = yield value
        except GeneratorExit:
            with _GradMode(mode):
                generator.close()
            raise
        except BaseException as error:
            resume = functools.partial(generator.throw, error)
        else:
            resume = functools.partial(generator.send, sent)


class _FixedMode(_GradMode):
    """A mode that its class fixes, so that the decorator works with and without parentheses."""

    __slots__ = ()

    @overload
    def __new__(cls) -> Self: ...
    @overload
    def __new__(cls, function: Callable[P, R]) -> Callable[P, R]: ...  # type: ignore[misc]  # decorates
    def __new__(cls, function: Callable[..., object] | None = None) -> Any:
        return super().__new__(cls) if function is None else cls()(function)


class no_grad(_FixedMode):  # noqa: N801 - PyTorch's name
    """Record nothing inside: ``with no_grad():``, ``@no_grad()`` or ``@no_grad``.

    Results of operations do not require gradients, and leaves may be changed in place. A decorated generator function
    does not record while it runs; its caller does, between two values.
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(mode=False)


class enable_grad(_FixedMode):  # noqa: N801 - PyTorch's name
    """Record inside, also within `no_grad`: ``with enable_grad():``, ``@enable_grad()`` or ``@enable_grad``."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(mode=True)


class set_grad_enabled(_GradMode):  # noqa: N801 - PyTorch's name
    """Switch recording on or off: from the call on, or within a block or function as a context manager or decorator.

    Args:
        mode: whether to record.
    """

    __slots__ = ()

    def __init__(self, mode: bool) -> None:
        super().__init__(mode)
        self._previous.append(recording.get())
        recording.set(mode)

    def __enter__(self) -> Self:
        recording.set(self._mode)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        recording.set(self._previous[0])

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:  # noqa: D102 - of the base class
        recording.set(self._previous[0])
        return super().__call__(function)


class inference_mode(_GradMode):  # noqa: N801 - PyTorch's name
    """Record nothing inside, as `no_grad` does; ``inference_mode(False)`` records.

    Args:
        mode: True to record nothing.
    """

    __slots__ = ()

    @overload
    def __new__(cls, mode: bool = True) -> Self: ...
    @overload
    def __new__(cls, mode: Callable[P, R]) -> Callable[P, R]: ...  # type: ignore[misc]  # decorates
    def __new__(cls, mode: bool | Callable[..., object] = True) -> Any:  # noqa: D102 - see the class
        return super().__new__(cls) if isinstance(mode, bool) else cls()(mode)

    def __init__(self, mode: bool = True) -> None:
        super().__init__(not mode)
