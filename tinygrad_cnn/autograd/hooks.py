"""Hooks: functions to call with the gradient of a tensor when a backward pass has summed it up.

The hooks of a result belong to the node that made it, those of a leaf to the leaf. Tensors without hooks pay nothing.
"""

from __future__ import annotations

import weakref
from itertools import count

from tinygrad_cnn.autograd.hook_table import Hook, Hooks
from tinygrad_cnn.autograd.node import Node
from tinygrad_cnn.autograd.variable import Variable
from tinygrad_cnn.autograd.views import refresh

_ids = count()
_of_leaves: list[bool] = []  # empty until a leaf has had a hook


class RemovableHandle:
    """The registration of one hook: call `remove`, or use the handle as a context manager that calls it.

    Attributes:
        id: a unique number.
    """

    __slots__ = ("_table", "id")

    def __init__(self, hooks: object, table: str, hook: Hook) -> None:
        self.id = next(_ids)
        functions: dict[int, Hook] = getattr(hooks, table)
        functions[self.id] = hook
        self._table = weakref.ref(hooks), table

    def remove(self) -> None:
        """Stop calling the hook; a second call does nothing."""
        hooks = self._table[0]()
        if hooks is not None:
            getattr(hooks, self._table[1]).pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


def hooks_of(owner: Node | Variable) -> Hooks | None:
    """Return the hooks of a node or a leaf; None if none was ever registered."""
    if owner.__class__ is Node:
        return owner.hooks
    # The slot of a leaf stays empty until it has a hook, so making tensors pays nothing. Reading an empty slot is slow.
    return getattr(owner, "_hooks", None) if _of_leaves else None


def leaves_have_hooks() -> bool:
    """Return whether any leaf has ever had a hook."""
    return bool(_of_leaves)


def _prepare(tensor: Variable) -> Hooks:
    """Return the hooks of `tensor`; the first call makes them."""
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
    """Return the place of `tensor` in the graph: the node that made it, or the leaf itself."""
    if tensor._view is not None:
        refresh(tensor)
    node = tensor._node
    return node if isinstance(node, Node | Variable) else tensor


def register_hook(tensor: Variable, hook: Hook) -> RemovableHandle:
    """Call ``hook(grad)`` in every backward pass that has computed the gradient of `tensor`.

    Hooks run in the order of their registration. If one returns a tensor, of the same shape and dtype, it replaces the
    gradient: for the next hook, for ``.grad``, and for everything `tensor` was made from. A hook must not change its
    argument.

    Returns:
        A handle; its ``remove()`` unregisters the hook.

    Raises:
        RuntimeError: `tensor` requires no gradient.
    """
    if not tensor._requires_grad:
        raise RuntimeError(f"register_hook: the tensor, of shape {tensor.shape}, does not require a gradient")
    return RemovableHandle(_prepare(tensor), "before", hook)


def register_post_accumulate_grad_hook(tensor: Variable, hook: Hook) -> RemovableHandle:
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
    """Keep retaining the gradient of `tensor` after a change in place moved it from the node `old` to a new one."""
    hooks = old.hooks if isinstance(old, Node) else None
    if hooks is not None and any(one() is tensor for one in hooks.retained):
        hooks.retained = [one for one in hooks.retained if one() is not tensor]
        retain_grad(tensor)
