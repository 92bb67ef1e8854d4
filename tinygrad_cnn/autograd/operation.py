"""`Operation`: the attributes of an `Op` that the graph uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

from tinygrad_cnn._types import Shape
from tinygrad_cnn.autograd.saving import Plan, Reads

Formula: TypeAlias = Callable[..., Any]
"""A kernel, a VJP or a `backward`; its signature is that of its operation."""

Attrs: TypeAlias = dict[str, Any]
"""Static arguments of an operation, or further results of its kernel, by name."""

Prepare: TypeAlias = Callable[[tuple[Any, ...]], tuple[Any, ...]]
Fit: TypeAlias = Callable[[Any, Shape], Any]
Explain: TypeAlias = Callable[[str, list[Any], Exception], Exception]
"""Options of an `Op`, which describes them."""

JointGradients: TypeAlias = Callable[[Any, Any, Sequence[bool]], Sequence[Any] | None]
"""``gradients(node, g, wanted)``, see `Op.gradients`."""


class Operation(Protocol):
    """The attributes of an `Op` that nodes, views and observers use; `Op` describes each."""

    name: str
    kernel: Formula
    __wrapped__: Formula
    supplies: tuple[str, ...]
    views: bool
    keeps_half: bool
    vjps: list[Formula | None]
    variadic: Formula | None
    reads: list[Reads]
    fit: Fit | None
    gradients: JointGradients | None

    def vjp_of(self, i: int) -> Formula:
        """Return the VJP of input `i`."""

    def _plan(self, tracked: int, count: int) -> Plan:
        """Return what a call with `count` inputs saves."""

    def __call__(self, *args: Any, **attrs: Any) -> Any:
        """Compute the output, and record a node if a gradient may be asked for."""
