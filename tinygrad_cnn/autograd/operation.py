"""`Operation`: the attributes of an `Op` that the graph uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from tinygrad_cnn._types import Shape
from tinygrad_cnn.autograd.saving import Plan, Reads


class Operation(Protocol):
    """The attributes of an `Op` that nodes, views and observers use; `Op` describes each."""

    name: str
    kernel: Callable[..., Any]
    __wrapped__: Callable[..., Any]
    supplies: tuple[str, ...]
    views: bool
    keeps_half: bool
    vjps: list[Callable[..., Any] | None]
    variadic: Callable[..., Any] | None
    reads: list[Reads]
    fit: Callable[[Any, Shape], Any] | None
    gradients: Callable[[Any, Any, Sequence[bool]], Sequence[Any] | None] | None

    def vjp_of(self, i: int) -> Callable[..., Any]:
        """Return the VJP of input `i`."""

    def _plan(self, tracked: int, count: int) -> Plan:
        """Return what a call with `count` inputs saves."""

    def __call__(self, *args: Any, **attrs: Any) -> Any:
        """Compute the output, and record a node if a gradient may be asked for."""
