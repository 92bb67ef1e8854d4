"""`Hooks`: the hooks registered on one node or leaf; see `hooks`."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, TypeAlias

from tinygrad_cnn.autograd.variable import Source, Values, Variable, wrap

Hook: TypeAlias = Callable[[Any], object]
"""Called with a gradient, or with a leaf."""


class Hooks:
    """The hooks of one tensor, in the order of their registration.

    Attributes:
        before: called with the gradient; a returned tensor replaces it.
        after: called with the leaf once its ``.grad`` has been written.
        retained: the tensors made by the node that retain their gradient (`retain_grad`).
    """

    __slots__ = ("__weakref__", "after", "before", "retained")

    def __init__(self) -> None:
        self.before: dict[int, Hook] = {}
        self.after: dict[int, Hook] = {}
        self.retained: list[weakref.ref[Variable]] = []

    def apply(self, gradient: Values, where: Source) -> Values:
        """Call the hooks, and return `gradient`, an array or a tensor, or its replacement by a hook.

        Raises:
            RuntimeError: a hook returned another shape or dtype.
            TypeError: a hook returned neither a tensor nor None.
        """
        for hook in list(self.before.values()):
            given = gradient if isinstance(gradient, Variable) else wrap(gradient)
            found = hook(given)
            if found is None:
                continue
            name = getattr(hook, "__name__", type(hook).__name__)
            if not isinstance(found, Variable):
                raise TypeError(f"hook {name!r}: expected a tensor or None to be returned, got {type(found).__name__}")
            if found.shape != where.shape or found.dtype != given.dtype:
                raise RuntimeError(
                    f"hook {name!r}: expected a gradient of shape {where.shape} and dtype {given.dtype} to be "
                    f"returned, got {found.shape} and {found.dtype}"
                )
            gradient = found if isinstance(gradient, Variable) else found.array
        return gradient

    def keepers(self) -> list[Variable]:
        """Return the tensors that retain the gradient and are still alive."""
        return [tensor for one in self.retained if (tensor := one()) is not None]
