"""Views: tensors that look at the memory of another, their *base*.

When the base is changed in place as an operation of the graph (see `ops.inplace`), its place in the graph moves. A view
notices the next time it is used, and is read from the base again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd.grad_mode import enable_grad
from tinygrad_cnn.autograd.node import Node
from tinygrad_cnn.autograd.variable import Variable, wrap

if TYPE_CHECKING:
    from tinygrad_cnn.autograd.primitive import Op

Step = tuple["Op", dict[str, Any]]
"""One view operation and its static arguments."""


class View:
    """How a tensor looks at the memory of another.

    Attributes:
        base: the tensor that owns the memory.
        steps: the view operations that lead from the base to the view.
        seen: the node of the base when the view was last read from it.
    """

    __slots__ = ("base", "seen", "steps")

    def __init__(self, base: Variable, steps: tuple[Step, ...]) -> None:
        self.base = base
        self.steps = steps
        self.seen = base._node

    def stale(self) -> bool:
        """Tell whether the base has been changed in place, as an operation of the graph, since `seen`."""
        node = self.base._node
        return node is not self.seen and isinstance(node, Node)


def view_of(source: Variable, op: Op, attrs: dict[str, Any]) -> View:
    """Return how the result of `op` looks at the memory of `source`, or of what `source` is itself a view of."""
    view = source._view
    return View(source, ((op, attrs),)) if view is None else View(view.base, (*view.steps, (op, attrs)))


def refresh(tensor: Variable) -> None:
    """Read a view from its base again, if the base was changed in place since."""
    view = tensor._view
    if view is not None and view.stale():
        current = view.base
        fresh: Any = stand_in(current)
        with enable_grad():  # the change was recorded, so the reading is, even if the view is now used under no_grad
            for op, attrs in view.steps:
                fresh = op(fresh, **attrs)
        tensor._node = fresh._node
        tensor._requires_grad = fresh._requires_grad
        view.seen = current._node


def stand_in(tensor: Variable, array: Array | None = None) -> Variable:
    """Return another tensor at the same place in the graph, with the same values or those of `array`."""
    node = tensor._node
    proxy = wrap(tensor.array if array is None else array)
    proxy._requires_grad = tensor._requires_grad
    proxy._node = tensor if tensor._requires_grad and not isinstance(node, Node | Variable) else node
    return proxy
