"""Views: tensors that share the memory of another, their *base*.

A change in place of the base is an operation of the graph (see `ops.inplace`), so afterwards another node has made the
base. A view of it is read from the base again the next time it is used.
"""

from __future__ import annotations

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd.grad_mode import enable_grad
from tinygrad_cnn.autograd.node import Node
from tinygrad_cnn.autograd.operation import Attrs, Operation
from tinygrad_cnn.autograd.variable import Variable, View, wrap


def view_of(source: Variable, op: Operation, attrs: Attrs) -> View:
    """Return how the result of `op` is a view of `source`, or of the base of `source` if that is a view itself."""
    view = source._view
    return View(source, ((op, attrs),)) if view is None else View(view.base, (*view.steps, (op, attrs)))


def refresh(tensor: Variable) -> None:
    """Read a view from its base again if the base was changed in place in the meantime."""
    view = tensor._view
    if view is not None and view.base._node is not view.seen and isinstance(view.base._node, Node):
        current = view.base
        fresh = stand_in(current)
        with enable_grad():  # the change was recorded, so this is too, even if the view is now used under no_grad
            for op, attrs in view.steps:
                fresh = op(fresh, **attrs)
        tensor._node = fresh._node
        tensor._requires_grad = fresh._requires_grad
        view.seen = current._node


def stand_in(tensor: Variable, array: Array | None = None) -> Variable:
    """Return another tensor that comes from the same node or leaf, with the same values or those of `array`."""
    node = tensor._node
    proxy = wrap(tensor.array if array is None else array)
    proxy._requires_grad = tensor._requires_grad
    proxy._node = tensor if tensor._requires_grad and not isinstance(node, Node | Variable) else node
    return proxy
