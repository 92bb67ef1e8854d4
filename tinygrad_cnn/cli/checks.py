"""What a configuration may say: names with the nearest known one, arguments that a constructor takes, types."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from tinygrad_cnn._checks import nearest


class ConfigError(ValueError):
    """A configuration, or what the command line asks for, says something that cannot be."""


def check_known(place: str, what: str, given: Iterable[str], known: Collection[str]) -> None:
    """Raise a ConfigError for the first of `given` that is not among `known`: lists these, and the nearest one."""
    for name in given:
        if name not in known:
            raise ConfigError(
                f"{place}: expected {what} among {', '.join(known) or 'none'}, got {name!r}{nearest(name, known)}"
            )


def check_type(place: str, value: Any, hint: Any) -> Any:
    """Return `value` as a type hint wants it: an int may stand for a float, and a list for a tuple.

    Hints other than bool, int, float, str, None, tuples, lists and unions of these are not looked at.

    Raises:
        ConfigError: it is of another type.
    """
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union else (
        hint,
    )  # fmt: skip
    checked = (bool, int, float, str, type(None))
    bare = [typing.get_origin(kind) or kind for kind in kinds]
    if not all(kind in checked or kind in (tuple, list) for kind in bare):
        return value
    if isinstance(value, list):
        if tuple in bare:
            return tuple(value)
        fits = list in bare
    else:
        fits = type(value) in bare or (type(value) is int and float in bare)
    if not fits:
        names = " or ".join(kind.__name__ for kind in bare if kind is not type(None))
        raise ConfigError(f"{place}: expected {names}, got {value!r}")
    return value


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
