"""Views: tensors that look at the memory of another, their *base*.

When the base is changed in place as an operation of the graph (see `ops.inplace`), its place in the graph moves. A view
notices the next time it is used, and is read from the base again.
"""

from __future__ import annotations

from typing import Any

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd.grad_mode import enable_grad
from tinygrad_cnn.autograd.node import Node
from tinygrad_cnn.autograd.operation import Operation
from tinygrad_cnn.autograd.variable import Variable, View, wrap


def view_of(source: Variable, op: Operation, attrs: dict[str, Any]) -> View:
    """Return how the result of `op` looks at the memory of `source`, or of what `source` is itself a view of."""
    view = source._view
    return View(source, ((op, attrs),)) if view is None else View(view.base, (*view.steps, (op, attrs)))


def refresh(tensor: Variable) -> None:
    """Read a view from its base again, if the base was changed in place since."""
    view = tensor._view
    if view is not None and view.base._node is not view.seen and isinstance(view.base._node, Node):
        current = view.base
        fresh = stand_in(current)
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
