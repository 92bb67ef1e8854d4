"""Checks of a configuration: names, the arguments of a constructor, types."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from tinygrad_cnn._checks import nearest, shown

REFUSALS = (TypeError, ValueError, ArithmeticError, LookupError)
"""The errors that a constructor or transform raises for bad arguments."""

Settings: TypeAlias = dict[str, Any]
"""Names and values of a TOML table."""


class ConfigError(ValueError):
    """A configuration or a command line is wrong."""


@contextmanager
def refusing(place: str) -> Iterator[None]:
    """Turn an error about arguments within the block into a `ConfigError` that names their `place`."""
    try:
        yield
    except REFUSALS as error:
        raise ConfigError(f"{place}: {error}") from error


def check_known(place: str, what: str, given: Iterable[str], known: Collection[str]) -> None:
    """Raise a ConfigError for the first of `given` that is not in `known`; it lists these, and the nearest one."""
    for name in given:
        if name not in known:
            raise ConfigError(
                f"{place}: expected {what} among {', '.join(known) or 'none'}, got {shown(name)}{nearest(name, known)}"
            )


_SIMPLE = (bool, int, float, str, type(None))


def check_type(place: str, value: object, hint: object) -> Any:
    """Return `value` as the type `hint`: an int may stand for a float, and a list for a tuple.

    Only bool, int, float, str, None, literals, tuples, lists and unions of these are checked.

    Raises:
        ConfigError: `value` has another type, or is a list of another length.
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


_UNFIT = object()


def _is_known(hint: object) -> bool:
    """Return whether `_as_type` can check values against `hint`."""
    lists = (tuple, list, Sequence, Iterable)
    return hint in _SIMPLE or hint in (tuple, list) or typing.get_origin(hint) in (*lists, typing.Literal)


def _as_type(value: object, hint: object) -> object:
    """Return `value` as the type `hint`, or `_UNFIT`."""
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
        inner = (arguments[0] if arguments else object,) * len(value)
    if len(inner) != len(value):
        return _UNFIT
    try:
        found = [check_type("", part, kind) for part, kind in zip(value, inner, strict=True)]
    except ConfigError:
        return _UNFIT
    return tuple(found) if origin is tuple else found


def _name(hint: object) -> str:
    """Return a type in words: "list of 2 float" for ``tuple[float, float]``."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return " or ".join(map(repr, arguments))
    if origin is None:
        return "list" if hint is tuple else str(getattr(hint, "__name__", hint))
    inner = list(dict.fromkeys(_name(kind) for kind in arguments if isinstance(kind, type)))
    count = f"{len(arguments)} " if origin is tuple and arguments[-1] is not Ellipsis else ""
    return f"list of {count}{' or '.join(inner)}" if inner else "list"


def check_arguments(
    place: str, function: Callable[..., object], given: Mapping[str, object], leave_out: Collection[str] = ()
) -> Settings:
    """Return `given` as arguments of `function`.

    Args:
        place: where they stand, for messages.
        function: a function or class.
        given: arguments by name.
        leave_out: parameters that a configuration must not set.

    Raises:
        ConfigError: one is unknown, missing, or of another type; the message lists the parameters.
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
    return {name: check_type(f"{place}.{name}", value, hints.get(name, object)) for name, value in given.items()}


def _hints(function: Callable[..., object]) -> Mapping[str, object]:
    target = getattr(function, "__init__") if isinstance(function, type) else function  # noqa: B009
    try:
        return typing.get_type_hints(target)
    except (NameError, TypeError):  # a name imported under TYPE_CHECKING
        return {}
