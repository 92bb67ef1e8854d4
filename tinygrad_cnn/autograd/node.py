"""One recorded operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np

from tinygrad_cnn._types import Array, DType, Shape
from tinygrad_cnn.autograd.operation import Attrs, Operation
from tinygrad_cnn.autograd.variable import Source

if TYPE_CHECKING:
    from tinygrad_cnn.autograd.hook_table import Hooks
    from tinygrad_cnn.autograd.scope import Scope
    from tinygrad_cnn.autograd.variable import Variable

clock = count(1)
"""Numbers recorded operations and in-place writes as they happen: an input is always older than its output."""

observers: list[Callable[[Operation, Sequence[Any], Attrs, Array, Node | None], None]] = []
"""Called after every operation on tensors with (op, inputs, static arguments, output, node if recorded)."""


def notify(op: Operation, values: Sequence[object], attrs: Attrs, out: Array, node: Node | None) -> None:
    """Call the observers: `op` computed `out`."""
    for observe in observers:
        observe(op, values, attrs, out, node)


class Node(Source):
    """One recorded operation: what ran, on which inputs, and what its VJPs need.

    Attributes:
        seq: position on the tape; larger than that of every parent.
        op: the operation.
        args: for each argument its array if a VJP reads the values, its parent if VJPs read only the shape, else None.
            The tuple is replaced by None when a backward pass frees it.
        out: the output array if a VJP reads it.
        attrs: the operation's static arguments, such as `stride`.
        aux: the further results of the kernel, such as the argmax of a pooling window.
        parents: for each argument the `Node`, leaf `Variable` or `Constant` it came from; None if the argument is None.
        flows: for each argument, whether a gradient may flow to it.
        saved: whether values were saved, which a backward pass frees.
        shape, dtype: of the output.
        scope: the module that was running, for pictures and messages.
        hooks: the functions to call with the gradient of the output; None if there are none.
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
        attrs: Attrs,
        aux: Attrs | None,
        parents: tuple[Source | None, ...],
        shape: Shape,
        dtype: DType,
        scope: Scope | None,
    ) -> None:
        # `Op.__call__` sets the same attributes without calling this, which is faster.
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
        return "".join([word.capitalize() for word in self.op.name.split("_")]) + "Backward0"

    @property
    def next_functions(self) -> tuple[tuple[Node | AccumulateGrad | None, int], ...]:
        """For each argument the pair (the node that its gradient goes to, 0); the node is None if no gradient flows."""
        found: list[tuple[Node | AccumulateGrad | None, int]] = []
        for parent, flowing in zip(self.parents, self.flows, strict=True):
            to = None if not flowing else parent if isinstance(parent, Node) else AccumulateGrad(cast(Any, parent))
            found.append((to, 0))
        return tuple(found)

    def __repr__(self) -> str:
        return f"<{self.op.name} #{self.seq} {self.shape} {self.dtype}>"


class AccumulateGrad:
    """Stands for a leaf in `Node.next_functions`, for programs that walk the graph as in PyTorch; no node refers to it.

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
