"""What a configuration may say: names with the nearest known one, arguments that a constructor takes, types."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from tinygrad_cnn._checks import nearest, shown

REFUSALS = (TypeError, ValueError, ArithmeticError, LookupError)
"""What a constructor or transform raises of arguments that cannot be."""


class ConfigError(ValueError):
    """A configuration, or what the command line asks for, says something that cannot be."""


def check_known(place: str, what: str, given: Iterable[str], known: Collection[str]) -> None:
    """Raise a ConfigError for the first of `given` that is not among `known`: lists these, and the nearest one."""
    for name in given:
        if name not in known:
            raise ConfigError(
                f"{place}: expected {what} among {', '.join(known) or 'none'}, got {shown(name)}{nearest(name, known)}"
            )


_SIMPLE = (bool, int, float, str, type(None))


def check_type(place: str, value: Any, hint: Any) -> Any:
    """Return `value` as a type hint wants it: an int may stand for a float, and a list for a tuple.

    Hints other than bool, int, float, str, None, literals, tuples, lists and unions of these are not looked at.

    Raises:
        ConfigError: it is of another type, or a list of another length.
    """
    kinds = typing.get_args(hint) if typing.get_origin(hint) in (types.UnionType, typing.Union) else (hint,)
    if not all(_is_known(kind) for kind in kinds):
        return value
    for kind in kinds:
        found = _as_type(value, kind)
        if found is not _UNFIT:
            return found
    names = " or ".join([_name(kind) for kind in kinds if kind is not type(None)])
    raise ConfigError(f"{place}: expected {names}, got {shown(value)}")


_UNFIT: Any = object()


def _is_known(hint: Any) -> bool:
    """Return whether `_as_type` can tell what fits `hint`."""
    lists = (tuple, list, Sequence, Iterable)
    return hint in _SIMPLE or hint in (tuple, list) or typing.get_origin(hint) in (*lists, typing.Literal)


def _as_type(value: Any, hint: Any) -> Any:
    """Return `value` as `hint` wants it, or `_UNFIT`."""
    origin, arguments = typing.get_origin(hint) or hint, typing.get_args(hint)
    if hint in _SIMPLE:
        return value if type(value) is hint or (hint is float and type(value) is int) else _UNFIT
    if origin is typing.Literal:
        return value if value in arguments else _UNFIT
    if not isinstance(value, list):
        return _UNFIT
    if origin is tuple and arguments and arguments[-1] is not Ellipsis:
        inner = arguments
    else:
        inner = (arguments[0] if arguments else Any,) * len(value)
    if len(inner) != len(value):
        return _UNFIT
    try:
        found = [check_type("", part, kind) for part, kind in zip(value, inner, strict=True)]
    except ConfigError:
        return _UNFIT
    return tuple(found) if origin is tuple else found


def _name(hint: Any) -> str:
    """Return a type in words: "list of 2 float" for ``tuple[float, float]``."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return " or ".join(map(repr, arguments))
    if origin is None:
        return "list" if hint is tuple else str(hint.__name__)
    inner = list(dict.fromkeys(_name(kind) for kind in arguments if isinstance(kind, type)))
    count = f"{len(arguments)} " if origin is tuple and arguments[-1] is not Ellipsis else ""
    return f"list of {count}{' or '.join(inner)}" if inner else "list"


def check_arguments(
    place: str, function: Callable[..., Any], given: Mapping[str, Any], leave_out: Collection[str] = ()
) -> dict[str, Any]:
    """Return `given` as arguments of `function`.

    Args:
        place: what to call the place in messages.
        function: a function or class.
        given: arguments by name.
        leave_out: parameters that are not for the configuration to set.

    Raises:
        ConfigError: one is unknown, missing, or of another type; the message names what there is.
    """
    parameters = {
        name: parameter
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in leave_out and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }
    check_known(place, "settings", given, list(parameters))
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in given:
            raise ConfigError(f"{place}: expected the setting {name!r}, which has no default")
    hints = _hints(function)
    return {name: check_type(f"{place}.{name}", value, hints.get(name, Any)) for name, value in given.items()}


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    target = function.__init__ if isinstance(function, type) else function  # type: ignore[misc]
    try:
        return typing.get_type_hints(target)
    except (NameError, TypeError):  # a name that is imported for type checkers only
        return {}
