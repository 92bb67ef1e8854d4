"""Which module is running. Each node refers to it, so graphs can show modules and errors can name them."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token


class Scope:
    """One call of a named part of a program, inside the call of another.

    Attributes:
        name: the part's name within its parent, such as ``conv1`` or ``0``.
        kind: what it is, such as ``Conv2d``.
        parent: the enclosing call.
    """

    __slots__ = ("_owner", "kind", "name", "parent")

    def __init__(self, name: str, kind: str, owner: object, parent: Scope | None) -> None:
        self.name = name
        self.kind = kind
        self.parent = parent
        self._owner = weakref.ref(owner)  # weak: a module that keeps its own output must not become a cycle

    @property
    def owner(self) -> object | None:
        """The module itself while it is alive."""
        return self._owner()

    @property
    def chain(self) -> tuple[Scope, ...]:
        """The calls from the outermost one to this one."""
        scopes: list[Scope] = []
        scope: Scope | None = self
        while scope is not None:
            scopes.append(scope)
            scope = scope.parent
        return tuple(reversed(scopes))

    @property
    def path(self) -> str:
        """The names joined by dots, the outermost module's own name left out: ``features.0``."""
        return ".".join(scope.name for scope in self.chain[1:])

    def __repr__(self) -> str:
        return f"<scope {self.path or self.kind}>"


class GradientScope(Scope):
    """The part of a recorded backward pass that computes the gradients of one call of a module, or of no module.

    Attributes:
        order: 1 in a backward pass of the program, 2 in one of what such a pass recorded, and so on.
    """

    __slots__ = ("order",)

    def __init__(self, around: Scope | None, order: int) -> None:
        self.order = order
        parent = around.parent if isinstance(around, GradientScope) else around
        name = "gradient" if self.order == 1 else f"gradient of order {self.order}"
        super().__init__(name, name, _BACKWARD, parent)


class _Backward:
    """Owns the scopes of backward passes."""


_BACKWARD = _Backward()

_current: ContextVar[Scope | None] = ContextVar("tinygrad_cnn_scope", default=None)

current_scope: Callable[[], Scope | None] = _current.get


push_scope: Callable[[Scope], Token[Scope | None]] = _current.set
"""Begin a scope as `enter_scope` does, faster; the caller must end it with `pop_scope`."""

pop_scope: Callable[[Token[Scope | None]], None] = _current.reset


@contextmanager
def enter_scope(name: str, kind: str, owner: object) -> Iterator[Scope]:
    """Attribute the operations recorded inside to `owner`, whose name in the enclosing scope is `name`."""
    scope = Scope(name, kind, owner, _current.get())
    token = _current.set(scope)
    try:
        yield scope
    finally:
        _current.reset(token)
