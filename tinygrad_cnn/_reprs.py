"""What an object was made with, for one-line reprs and for telling two of a kind apart."""

from __future__ import annotations

import inspect


def settings_of(value: object, leave_out: tuple[str, ...] = ()) -> dict[str, object]:
    """Return the arguments of the constructor of `value` that it kept under their names."""
    names = inspect.signature(type(value)).parameters
    return {name: getattr(value, name) for name in names if name not in leave_out and hasattr(value, name)}


def settings_repr(value: object, leave_out: tuple[str, ...] = (), **more: object) -> str:
    """Return ``Kind(argument=value, …)``: the arguments that `value` kept, then `more` about it."""
    shown = {**settings_of(value, leave_out), **more}
    return f"{type(value).__name__}({', '.join(f'{name}={one!r}' for name, one in shown.items())})"
