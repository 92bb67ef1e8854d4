"""`winograd`: whether 3×3 convolutions may be computed by Winograd's transforms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["winograd"]


class _Winograd:
    """The switch of Winograd's kernel, for the whole process.

    The kernel needs a quarter of the multiplications of the direct sums, and rounds a little worse; docs/performance.md
    has figures. It is used for float32 convolutions with 3×3 windows, stride 1 and enough channels.
    """

    def __init__(self) -> None:
        self._enabled = True
        self._listeners: list[Callable[[], object]] = []

    @property
    def enabled(self) -> bool:
        """Whether the kernel may be used; if False, the direct kernel computes all convolutions."""
        return self._enabled

    @enabled.setter
    def enabled(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise TypeError(f"winograd.enabled: expected a bool, got {type(value).__name__}")
        self._enabled = value
        for listener in self._listeners:
            listener()

    @contextmanager
    def flags(self, enabled: bool = False) -> Iterator[None]:
        """Set `enabled` inside the ``with`` block, in all threads."""
        before = self._enabled
        self.enabled = enabled
        try:
            yield
        finally:
            self.enabled = before

    def on_change(self, listener: Callable[[], object]) -> None:
        """Call ``listener()`` whenever `enabled` is set."""
        self._listeners.append(listener)


winograd = _Winograd()
