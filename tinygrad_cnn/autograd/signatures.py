"""The types of operations: the signature of an `Op` follows from that of its array kernel.

A kernel takes arrays and keyword arguments. Its operation also takes tensors in place of arrays, and then returns a
tensor:

    def softmax(x: Array, *, dim: int) -> Array              softmax(tensor, dim=1) is a tensor
    def add(x: Array, other: Array, *, alpha=1) -> Array     add(tensor, 2.5), add(array, tensor) are tensors
"""

from __future__ import annotations

from typing import ParamSpec, Protocol, TypedDict, overload

from typing_extensions import TypeVar

from tinygrad_cnn._types import Array, Scalar
from tinygrad_cnn.autograd.operation import Explain, Fit, Formula, Prepare
from tinygrad_cnn.autograd.variable import Operand, T, V

P = ParamSpec("P")
"""The keyword arguments of a kernel; its operation has the same."""

F = TypeVar("F", bound=Formula, default=Formula, covariant=True)
"""The signature of an operation."""

VJP = TypeVar("VJP", bound=Formula)

Computed = Array | tuple[Array, ...]
"""The result of a kernel: the output, or a tuple of the output and the values it supplies to the VJPs."""


class Unary(Protocol[P]):
    """An operation of one input."""

    def __call__(self, x: T, /, *args: P.args, **attrs: P.kwargs) -> T:
        """Return a tensor for a tensor, an array for an array."""


class Binary(Protocol[P]):
    """An operation of two inputs, one of which may be a number."""

    @overload
    def __call__(self, x: Array | Scalar, other: V, /, *args: P.args, **attrs: P.kwargs) -> V: ...
    @overload
    def __call__(self, x: T, other: Operand, /, *args: P.args, **attrs: P.kwargs) -> T: ...
    @overload
    def __call__(self, x: Scalar, other: T, /, *args: P.args, **attrs: P.kwargs) -> T: ...


class Ternary(Protocol[P]):
    """An operation of three inputs, some of which may be numbers."""

    @overload
    def __call__(self, x: T, y: Operand, z: Operand, /, *args: P.args, **attrs: P.kwargs) -> T: ...
    @overload
    def __call__(self, x: Scalar, y: T, z: Operand, /, *args: P.args, **attrs: P.kwargs) -> T: ...
    @overload
    def __call__(self, x: Scalar, y: Scalar, z: T, /, *args: P.args, **attrs: P.kwargs) -> T: ...


class Options(TypedDict, total=False):
    """The options of an `Op`; see there."""

    supplies: tuple[str, ...]
    differentiable: bool
    prepare: Prepare
    fit: Fit
    explain: Explain
    views: bool
    keeps_half: bool
