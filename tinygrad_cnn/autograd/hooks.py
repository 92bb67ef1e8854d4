"""What to call with the gradient of a tensor when a backward pass has summed it up.

Hooks of a result belong to the node that made it, hooks of a leaf to the leaf; where there are none, there is nothing.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from itertools import count
from typing import Any

from tinygrad_cnn.autograd.hook_table import Hooks
from tinygrad_cnn.autograd.node import Node
from tinygrad_cnn.autograd.variable import Variable
from tinygrad_cnn.autograd.views import refresh

_ids = count()
_of_leaves: list[bool] = []  # empty until a leaf has had a hook


class RemovableHandle:
    """The registration of one hook: `remove` it, or use the handle as a context manager that does.

    Attributes:
        id: unlike that of any other hook.
    """

    __slots__ = ("_table", "id")

    def __init__(self, hooks: object, table: str, hook: Callable[[Any], Any]) -> None:
        self.id = next(_ids)
        functions: dict[int, Callable[[Any], Any]] = getattr(hooks, table)
        functions[self.id] = hook
        self._table = weakref.ref(hooks), table

    def remove(self) -> None:
        """Stop calling the hook; nothing happens if it is gone already."""
        hooks = self._table[0]()
        if hooks is not None:
            getattr(hooks, self._table[1]).pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


def hooks_of(owner: Node | Variable) -> Hooks | None:
    """Return the hooks of a node or a leaf, None if it never had any."""
    if owner.__class__ is Node:
        return owner.hooks
    # The slot stays empty until there is a hook: making tensors costs nothing. Asking an empty slot is slow.
    return getattr(owner, "_hooks", None) if _of_leaves else None


def leaves_have_hooks() -> bool:
    """Return whether any leaf has ever had a hook."""
    return bool(_of_leaves)


def _prepare(tensor: Variable) -> Hooks:
    """Return the hooks of `tensor`, made now if need be."""
    owner = owner_of(tensor)
    hooks = hooks_of(owner)
    if hooks is None:
        hooks = Hooks()
        if isinstance(owner, Node):
            owner.hooks = hooks
        else:
            owner._hooks = hooks
            _of_leaves[:] = [True]
    return hooks


def owner_of(tensor: Variable) -> Node | Variable:
    """Return what stands for `tensor` in the graph: the node that made it, or the leaf."""
    if tensor._view is not None:
        refresh(tensor)
    node = tensor._node
    return node if isinstance(node, Node | Variable) else tensor


def register_hook(tensor: Variable, hook: Callable[[Any], Any]) -> RemovableHandle:
    """Call ``hook(grad)`` in every backward pass that has computed the gradient of `tensor`.

    Hooks run in the order they were registered. A tensor that one returns replaces the gradient, for the next hook, for
    ``.grad`` and for all that lies below; it must have the same shape and dtype. The argument must not be changed.

    Returns:
        A handle whose ``remove()`` ends it.

    Raises:
        RuntimeError: `tensor` requires no gradient.
    """
    if not tensor._requires_grad:
        raise RuntimeError(f"register_hook: the tensor, of shape {tensor.shape}, does not require a gradient")
    return RemovableHandle(_prepare(tensor), "before", hook)


def register_post_accumulate_grad_hook(tensor: Variable, hook: Callable[[Any], Any]) -> RemovableHandle:
    """Call ``hook(tensor)`` after every backward pass that has added to the ``.grad`` of a leaf.

    Raises:
        RuntimeError: `tensor` requires no gradient or is no leaf.
    """
    if not tensor._requires_grad:
        raise RuntimeError(
            f"register_post_accumulate_grad_hook: the tensor, of shape {tensor.shape}, does not require a gradient"
        )
    if owner_of(tensor) is not tensor:
        raise RuntimeError(
            "register_post_accumulate_grad_hook: expected a leaf, got the result of an operation, of shape "
            f"{tensor.shape}; use register_hook"
        )
    return RemovableHandle(_prepare(tensor), "after", hook)


def retain_grad(tensor: Variable) -> None:
    """Let backward passes write the ``.grad`` of a result, as they do for leaves: after all of its other hooks.

    Raises:
        RuntimeError: `tensor` requires no gradient.
    """
    if not tensor._requires_grad:
        raise RuntimeError(f"retain_grad: the tensor, of shape {tensor.shape}, does not require a gradient")
    if owner_of(tensor) is not tensor and not retains_grad(tensor):
        _prepare(tensor).retained.append(weakref.ref(tensor))


def retains_grad(tensor: Variable) -> bool:
    """Return whether `tensor` is a result whose ``.grad`` backward passes write."""
    owner = owner_of(tensor)
    hooks = None if owner is tensor else hooks_of(owner)
    return hooks is not None and any(one() is tensor for one in hooks.retained)


def follow(tensor: Variable, old: object) -> None:
    """Let the gradient of `tensor` be retained at its new place in the graph: a change in place moved it from `old`."""
    hooks = old.hooks if isinstance(old, Node) else None
    if hooks is not None and any(one() is tensor for one in hooks.retained):
        hooks.retained = [one for one in hooks.retained if one() is not tensor]
        retain_grad(tensor)
