"""Which form of a kernel runs: the readable NumPy one, or the compiled one behind the same name.

`accelerated` marks a NumPy kernel that has a compiled form. Every call tries that one first; it answers NotImplemented
for arguments it is not made for (another dtype than float32, no element), and the NumPy form computes.
"""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

MODES = ("auto", "compiled", "numpy")
_VARIABLE = "TINYGRAD_CNN_KERNELS"

_names: set[str] = set()
_forms: dict[str, Callable[..., Any]] | None = None
_mode: str | None = None
_bound: list[tuple[Any, str, str, Any, Any]] = []


def accelerated(kernel: Callable[P, R]) -> Callable[P, R]:
    """Let the compiled form of the decorated kernel, if there is one, compute what it can."""
    name = kernel.__name__
    _names.add(name)

    @functools.wraps(kernel)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        form = (_load() if _forms is None else _forms).get(name)
        if form is not None:
            result = form(*args, **kwargs)
            if result is not NotImplemented:
                return result
        return kernel(*args, **kwargs)

    run.accelerated = name  # type: ignore[attr-defined]
    return run


def bind(owner: Any, attribute: str, name: str, otherwise: Callable[..., Any] | None) -> None:
    """Let ``owner.attribute`` be the compiled form `name` while there is one in use, and else `otherwise`.

    It spares the look-up that `accelerated` makes at every call. Until kernels are first needed, and so loaded, it is a
    function that loads them.
    """

    def load(*args: Any, **kwargs: Any) -> Any:
        _load()
        found = getattr(owner, attribute)
        return None if found is None else found(*args, **kwargs)

    _bound.append((owner, attribute, name, otherwise, load))
    setattr(owner, attribute, load if _forms is None else _forms.get(name, otherwise))


def _use(mode: str | None, forms: dict[str, Callable[..., Any]] | None) -> None:
    global _mode, _forms
    _mode, _forms = mode, forms
    for owner, attribute, name, otherwise, load in _bound:
        setattr(owner, attribute, load if forms is None else forms.get(name, otherwise))


def form_of(name: str) -> Callable[..., Any] | None:
    """Return the compiled form of the kernel `name` while compiled kernels are in use, else None."""
    return (_load() if _forms is None else _forms).get(name)


def kernel_mode() -> str:
    """Return which kernels are in use: "compiled" or "numpy"."""
    return "compiled" if (_load() if _forms is None else _forms) else "numpy"


def set_kernel_mode(mode: str) -> None:
    """Choose the kernels for all that runs from here on.

    Args:
        mode: "auto" for compiled kernels where there is a C compiler, as at the start; "compiled" to insist on them;
            "numpy" for the NumPy forms only. The environment variable ``TINYGRAD_CNN_KERNELS`` sets the start.

    Raises:
        ValueError: `mode` is none of these.
        RuntimeError: "compiled", and there is no compiler or it failed; says what to install. Nothing has changed.
    """
    if mode not in MODES:
        raise ValueError(f"set_kernel_mode: expected one of {', '.join(MODES)}, got {mode!r}")
    before = _mode, _forms
    _use(mode, None)
    try:
        _load()
    except RuntimeError:
        _use(*before)
        raise


@contextmanager
def kernels_of(mode: str) -> Iterator[None]:
    """Use the kernels that `set_kernel_mode` would choose inside the ``with`` block, in all threads."""
    before = _mode, _forms
    set_kernel_mode(mode)
    try:
        yield
    finally:
        _use(*before)


def _load() -> dict[str, Callable[..., Any]]:
    """Return the compiled forms by name, none where there is no compiler."""
    global _mode
    if _mode is None:
        _mode = os.environ.get(_VARIABLE) or "auto"
        if _mode not in MODES:
            wrong, _mode = _mode, "auto"
            warnings.warn(f"{_VARIABLE}: expected one of {', '.join(MODES)}, got {wrong!r}", stacklevel=2)
    found: dict[str, Callable[..., Any]] = {}
    if _mode != "numpy":
        from tinygrad_cnn.kernels.compiled.build import NoCompiler

        try:
            from tinygrad_cnn.kernels.compiled.table import FORMS
        except (NoCompiler, RuntimeError, OSError) as error:
            if _mode == "compiled":
                raise RuntimeError(f"compiled kernels: {error}") from error
            if not isinstance(error, NoCompiler):
                warnings.warn(f"compiled kernels: {error}; the NumPy ones are used", RuntimeWarning, stacklevel=2)
        else:
            found = FORMS
    _use(_mode, found)
    return found
