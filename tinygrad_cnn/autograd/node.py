"""One recorded operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np

from tinygrad_cnn._types import Array, DType, Shape
from tinygrad_cnn.autograd.operation import Operation
from tinygrad_cnn.autograd.variable import Source

if TYPE_CHECKING:
    from tinygrad_cnn.autograd.hook_table import Hooks
    from tinygrad_cnn.autograd.scope import Scope
    from tinygrad_cnn.autograd.variable import Variable

clock = count(1)
"""Stamps recorded operations and in-place writes, in one order: an input is always older than its output."""

observers: list[Callable[[Operation, Sequence[Any], Array, Node | None], None]] = []
"""Debugging modes: each is told of every operation on tensors, as (op, inputs, output, node if recorded)."""


def notify(op: Operation, values: Sequence[Any], out: Array, node: Node | None) -> None:
    """Tell the observers that `op` computed `out`."""
    for observe in observers:
        observe(op, values, out, node)


class Node(Source):
    """One recorded operation: what ran, on what, and what its VJPs need.

    Attributes:
        seq: position on the tape; larger than that of every parent.
        op: the operation.
        args: for each argument its array if some VJP reads it, its parent if one reads only its shape, else None;
            None once freed.
        out: the output array if some VJP reads it.
        attrs: the operation's static arguments, such as `stride`.
        aux: what the kernel supplied beside its output, such as the argmax of a pooling window.
        parents: for each argument the `Node`, leaf `Variable` or `Constant` it came from; None for None.
        flows: for each argument, whether a gradient may flow to it.
        saved: whether values were saved, which a backward pass frees.
        shape, dtype: of the output.
        scope: the module that was running, for pictures and messages.
        hooks: what to call with the gradient of the output, None if nothing.
    """

    __slots__ = (
        "__weakref__", "args", "attrs", "aux", "dtype", "flows", "hooks", "op", "out", "parents", "saved", "scope",
        "seq", "shape",
    )  # fmt: skip

    shape: Shape
    dtype: DType
    requires_grad: ClassVar[bool] = True

    def __init__(
        self,
        op: Operation,
        args: tuple[Any, ...],
        out: Array | None,
        attrs: dict[str, Any],
        aux: dict[str, Any] | None,
        parents: tuple[Source | None, ...],
        shape: Shape,
        dtype: DType,
        scope: Scope | None,
    ) -> None:
        # `Op.__call__` does the same without calling this.
        self.seq = next(clock)
        self.op = op
        self.args: tuple[Any, ...] | None = args
        self.out = out
        self.attrs = attrs
        self.aux = aux
        self.parents = parents
        self.flows = tuple([parent is not None and parent.requires_grad for parent in parents])
        self.saved = out is not None or any(isinstance(arg, np.ndarray) for arg in args)
        self.shape = shape
        self.dtype = dtype
        self.scope = scope
        self.hooks: Hooks | None = None

    @property
    def ndim(self) -> int:
        """Number of axes of the output."""
        return len(self.shape)

    def name(self) -> str:
        """Return what PyTorch would call the node: ``MulBackward0`` for `mul`."""
        return "".join([part.capitalize() for part in self.op.name.split("_")]) + "Backward0"

    @property
    def next_functions(self) -> tuple[tuple[Node | AccumulateGrad | None, int], ...]:
        """For each argument a pair of what its gradient goes to and 0; None where no gradient goes."""
        found: list[tuple[Node | AccumulateGrad | None, int]] = []
        for parent, flowing in zip(self.parents, self.flows, strict=True):
            to = None if not flowing else parent if isinstance(parent, Node) else AccumulateGrad(cast(Any, parent))
            found.append((to, 0))
        return tuple(found)

    def __repr__(self) -> str:
        return f"<{self.op.name} #{self.seq} {self.shape} {self.dtype}>"


class AccumulateGrad:
    """Where the gradient of a leaf ends, for programs that walk `Node.next_functions`; the graph itself has none.

    Attributes:
        variable: the leaf.
        next_functions: nothing.
    """

    __slots__ = ("variable",)

    next_functions: ClassVar[tuple[()]] = ()

    def __init__(self, variable: Variable) -> None:
        self.variable = variable

    def name(self) -> str:
        """Return ``torch::autograd::AccumulateGrad``."""
        return "torch::autograd::AccumulateGrad"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AccumulateGrad) and other.variable is self.variable

    def __hash__(self) -> int:
        return hash((AccumulateGrad, id(self.variable)))

    def __repr__(self) -> str:
        return f"<AccumulateGrad of {self.variable.shape}>"
