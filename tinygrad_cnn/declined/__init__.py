"""Names of PyTorch that are left out on purpose: using one raises an error that says why, and what to use instead.

The reasons are in `left_out.txt`. A class that is left out can be imported and used in isinstance, for scripts that
only mention it; making one raises. Any other name raises when it is looked up.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import NoReturn

_ROOT = "tinygrad_cnn"


def read_tables() -> dict[str, dict[str, str]]:
    """Return the sections of `left_out.txt` by title: name, which may be a pattern -> reason."""
    tables: dict[str, dict[str, str]] = {}
    table: dict[str, str] = {}
    reason, finished = "", True
    for line in Path(__file__).with_name("left_out.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            table = tables[line[3:]] = {}
        elif line.startswith("    "):
            table.update(dict.fromkeys(line.split(), reason))
            finished = True
        elif line and not line.startswith("#"):
            reason = line if finished else f"{reason} {line}"
            finished = False
    return tables


_TABLES = read_tables()
_NAMES = {name: why for title, table in _TABLES.items() if not title.startswith("in ") for name, why in table.items()}
_PATTERNS = {name: why for name, why in _NAMES.items() if "*" in name or "[" in name}
_IN_MODULE = {
    module: table for title, table in _TABLES.items() if title.startswith("in ") for module in title[3:].split()
}

_WITH_CLASSES = ("nn", "optim")
"""Modules in which a declined name that begins with a capital letter is a class."""


def reason(module: str, name: str) -> str | None:
    """Return why `name` of `module`, such as "nn.functional", is left out; None if no table has it."""
    if name.startswith("__"):
        return None
    of_module = _matched(name, _IN_MODULE.get(module, {}))
    return of_module or _NAMES.get(name) or _matched(name, _PATTERNS)


def _matched(name: str, patterns: dict[str, str]) -> str | None:
    return next((why for pattern, why in patterns.items() if fnmatchcase(name, pattern)), None)


def sentence(module: str, name: str) -> str | None:
    """Return the text of the error for `name` of `module`; None if it is not left out on purpose."""
    why = reason(module, name)
    full = f"{module}.{name}" if module else name
    return None if why is None else f"{full} is not in tinygrad_cnn: {why}"


class Declined(type):
    """The metaclass of classes that are left out: making an instance or a subclass raises an error."""

    _sentence: str

    def __call__(cls, *args: object, **kwargs: object) -> NoReturn:
        """Raise the error that says why the class is left out."""
        raise NotImplementedError(cls._sentence)


def lookup(module: str, name: str, depth: int = 1) -> object:
    """Answer for ``getattr(module, name)`` where there is none: the ``__getattr__`` of modules.

    Args:
        module: its full name.
        name: what was looked up.
        depth: how many frames above this one the name is looked up.

    Returns:
        A stand-in, if the name is that of a class that is left out.

    Raises:
        AttributeError: the name is unknown or left out.
        ImportError: the name is left out, in ``from module import name``, where Python would replace the text of an
            AttributeError by its own.
    """
    short = module.removeprefix(_ROOT).removeprefix(".")
    text = sentence(short, name)
    if text is None:
        raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name, obj=sys.modules[module])
    if short.split(".")[0] in _WITH_CLASSES and name[0].isupper():
        return Declined(name, (), {"_sentence": text, "__doc__": text, "__init_subclass__": Declined.__call__})
    frame = sys._getframe(depth)
    if dis.opname[frame.f_code.co_code[frame.f_lasti]] == "IMPORT_FROM":
        raise ImportError(text, name=module)
    raise AttributeError(text, name=name)


def answer_in(*modules: ModuleType) -> None:
    """Answer look-ups of names that `modules` do not have with `lookup`."""
    for module in modules:
        own = vars(module).get("__getattr__")
        answer = partial(lookup, module.__name__) if own is None else partial(_own_first, own, module.__name__)
        vars(module)["__getattr__"] = answer


def _own_first(own: Callable[[str], object], module: str, name: str) -> object:
    try:
        return own(name)
    except AttributeError:
        return lookup(module, name, depth=2)


class _DeclinedModules:
    """An importer that finds no module, but says why a module such as ``tinygrad_cnn.distributed`` is left out."""

    @staticmethod
    def find_spec(fullname: str, path: object = None, target: object = None) -> None:  # noqa: ARG004
        """Raise a ModuleNotFoundError with the reason if `fullname` is left out."""
        root, _, rest = fullname.partition(".")
        if root == _ROOT and rest:
            module, _, name = rest.rpartition(".")
            text = sentence(module, name)
            if text is not None:
                raise ModuleNotFoundError(text, name=fullname)


def install_import_hints() -> None:
    """Let the import of a module that is left out say why, after all other importers have failed."""
    if _DeclinedModules not in sys.meta_path:
        sys.meta_path.append(_DeclinedModules)


class _DeclinedMethod:
    """A method that is left out: looking it up raises an AttributeError, so hasattr returns False."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __get__(self, instance: object, owner: type | None = None) -> NoReturn:
        raise AttributeError(self.text)


def refuse_methods(cls: type) -> None:
    """Let the look-up of a method of `cls` that is left out raise an error with the reason.

    A ``__getattr__`` would do the same but slow down the look-up of every attribute that exists.
    """
    for name in _NAMES:
        if name.isidentifier() and not hasattr(cls, name):
            setattr(cls, name, _DeclinedMethod(sentence(cls.__name__, name) or ""))


__all__ = [
    "Declined", "answer_in", "install_import_hints", "lookup", "read_tables", "reason", "refuse_methods", "sentence",
]  # fmt: skip
