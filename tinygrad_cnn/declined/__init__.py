"""Names of PyTorch that are left out on purpose: using one says why in a sentence, and what to use instead.

The sentences stand in three tables: operations, layers, machinery. A class that is left out can be imported and asked
for by isinstance, for scripts that only mention it; making one raises. Everything else raises when it is looked up.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import partial
from types import ModuleType
from typing import Any, NoReturn

from tinygrad_cnn.declined.layers import LAYERS
from tinygrad_cnn.declined.machinery import MACHINERY, NO_GPU, NO_MIXED_PRECISION, ONE_PROCESS
from tinygrad_cnn.declined.operations import OPERATIONS
from tinygrad_cnn.declined.vision import VISION

_ROOT = "tinygrad_cnn"
_EXACT = {
    name: why for table in (MACHINERY, LAYERS, OPERATIONS) for why, names in table.items() for name in names.split()
}
_PATTERNS = {name: why for name, why in _EXACT.items() if "*" in name or "[" in name}
_WHOLE = {
    **dict.fromkeys(("accelerator", "cuda", "backends", "backends.cudnn", "backends.mps"), NO_GPU),
    **dict.fromkeys(("amp", "cuda.amp"), NO_MIXED_PRECISION),
    "nn.parallel": ONE_PROCESS,
}
"""Modules of which every name that is not there is left out for the same reason."""

_WITH_CLASSES = ("nn", "optim")
"""Where a declined name that begins with a capital letter is a class."""


def reason(module: str, name: str) -> str | None:
    """Return why `name` of `module`, such as "nn.functional", is left out; None if no table has it."""
    if name.startswith("__"):
        return None
    if module in _WHOLE:
        return _WHOLE[module]
    why = _EXACT.get(name) or next((why for pattern, why in _PATTERNS.items() if fnmatchcase(name, pattern)), None)
    if why is None:
        for other, patterns in VISION.get(module, {}).items():
            if any(fnmatchcase(name, pattern) for pattern in patterns.split()):
                return other
    return why


def sentence(module: str, name: str) -> str | None:
    """Return what to say of `name` of `module`; None if it is not left out on purpose."""
    why = reason(module, name)
    full = f"{module}.{name}" if module else name
    return None if why is None else f"{full} is not in tinygrad_cnn: {why}"


class Declined(type):
    """The class of a class that is left out: nothing is an instance of it; making one or deriving from it raises."""

    _sentence: str

    def __call__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise what says why the class is left out."""
        raise NotImplementedError(cls._sentence)


def _stand_in(name: str, text: str) -> Declined:
    def refuse(cls: type) -> NoReturn:
        raise NotImplementedError(text)

    return Declined(name, (), {"_sentence": text, "__doc__": text, "__init_subclass__": classmethod(refuse)})


def lookup(module: str, name: str, depth: int = 1) -> Any:
    """Answer for ``getattr(module, name)`` where there is none: the ``__getattr__`` of modules.

    Args:
        module: its full name.
        name: what was looked up.
        depth: how many frames above this one the look-up stands.

    Returns:
        The stand-in of a class that is left out.

    Raises:
        AttributeError: the name is unknown or left out. In ``from module import name`` an ImportError in the latter
            case, since Python would put a text of its own in the place of an AttributeError's.
    """
    short = module.removeprefix(_ROOT).removeprefix(".")
    text = sentence(short, name)
    if text is None:
        raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name, obj=sys.modules[module])
    if short.split(".")[0] in _WITH_CLASSES and name[0].isupper():
        return _stand_in(name, text)
    frame = sys._getframe(depth)
    if dis.opname[frame.f_code.co_code[frame.f_lasti]] == "IMPORT_FROM":
        raise ImportError(text, name=module)
    raise AttributeError(text, name=name)


def answer_in(*modules: ModuleType) -> None:
    """Let look-ups of what `modules` do not have go through `lookup`."""
    for module in modules:
        own = vars(module).get("__getattr__")
        answer = partial(lookup, module.__name__) if own is None else partial(_own_first, own, module.__name__)
        module.__getattr__ = answer  # type: ignore[method-assign]


def _own_first(own: Callable[[str], Any], module: str, name: str) -> Any:
    try:
        return own(name)
    except AttributeError:
        return lookup(module, name, depth=2)


class _DeclinedModules:
    """Finds no module: says why one that is left out is not there, for ``import tinygrad_cnn.distributed``."""

    @staticmethod
    def find_spec(fullname: str, path: object = None, target: object = None) -> None:  # noqa: ARG004
        """Raise a ModuleNotFoundError with the sentence if there is one for `fullname`."""
        root, _, rest = fullname.partition(".")
        if root == _ROOT and rest:
            module, _, name = rest.rpartition(".")
            text = sentence(module, name)
            if text is not None:
                raise ModuleNotFoundError(text, name=fullname)


def install_import_hints() -> None:
    """Let imports of modules that are left out say why, after all other ways to find them have failed."""
    if _DeclinedModules not in sys.meta_path:
        sys.meta_path.append(_DeclinedModules)


class _DeclinedMethod:
    """A method that is left out: looking it up raises the sentence, so that hasattr says False."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __get__(self, instance: object, owner: type | None = None) -> NoReturn:
        raise AttributeError(self.text)


def refuse_methods(cls: type) -> None:
    """Let look-ups on `cls` of methods that are left out raise their sentence.

    A ``__getattr__`` would do the same but slow down every look-up of an attribute that is there.
    """
    for name in _EXACT:
        if name.isidentifier() and not hasattr(cls, name):
            setattr(cls, name, _DeclinedMethod(sentence(cls.__name__, name) or ""))


__all__ = ["Declined", "answer_in", "install_import_hints", "lookup", "reason", "refuse_methods", "sentence"]
