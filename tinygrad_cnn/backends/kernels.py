"""Which kernels run: the readable NumPy ones, or faster ones if a provider has registered them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

MODES = ("auto", "compiled", "numpy")
_VARIABLE = "TINYGRAD_CNN_KERNELS"


class Unavailable(Exception):  # noqa: N818 - a state of the machine, not a mistake
    """This machine cannot run the faster kernels, for instance because there is no compiler."""


class Provider(Protocol):
    """A module that can replace the NumPy kernels (`autograd.Op.kernel`) by faster ones."""

    def wait(self) -> None:
        """Call `choose` as soon as a kernel is needed."""

    def use(self) -> None:
        """Put the faster kernels in place; this may compile and load them first.

        Raises:
            Unavailable, RuntimeError, OSError: that failed; nothing has changed.
        """

    def leave(self) -> None:
        """Put the NumPy kernels back."""


_provider: Provider | None = None
_mode: str | None = None
_running: str | None = None


def provide(provider: Provider) -> None:
    """Register `provider` for faster kernels. Which kernels run is decided when one is first needed."""
    global _provider
    _provider = provider
    reset()


def reset(mode: str | None = None) -> None:
    """Decide anew which kernels run when one is next needed: by `mode`, or else by the environment variable."""
    global _mode, _running
    _mode, _running = mode, None
    if _provider is not None:
        _provider.wait()


def choose() -> str:
    """Put the kernels of the current mode in place, and return which they are: "compiled" or "numpy".

    Raises:
        RuntimeError: the mode is "compiled", and there are no compiled kernels.
    """
    global _mode, _running
    mode = _mode or _from_environment()
    running = "numpy"
    if mode != "numpy":
        try:
            if _provider is None:
                raise Unavailable("this installation has none")
            _provider.use()
            running = "compiled"
        except (Unavailable, RuntimeError, OSError) as error:
            if mode == "compiled":
                raise RuntimeError(f"compiled kernels: {error}") from error
            if not isinstance(error, Unavailable):
                warnings.warn(f"compiled kernels: {error}; the NumPy ones are used", RuntimeWarning, stacklevel=2)
    if running == "numpy" and _provider is not None:
        _provider.leave()
    _mode, _running = mode, running
    return running


def _from_environment() -> str:
    mode = os.environ.get(_VARIABLE) or "auto"
    if mode in MODES:
        return mode
    warnings.warn(f"{_VARIABLE}: expected one of {', '.join(MODES)}, got {mode!r}", stacklevel=3)
    return "auto"


def kernel_mode() -> str:
    """Return which kernels are in use: "compiled" or "numpy"."""
    return _running or choose()


def set_kernel_mode(mode: str) -> None:
    """Choose the kernels for everything that runs from now on.

    Args:
        mode: "auto" for compiled kernels where there is a C compiler, as at the start; "compiled" to insist on them;
            "numpy" for the NumPy kernels only. The environment variable ``TINYGRAD_CNN_KERNELS`` sets the mode at the
            start.

    Raises:
        ValueError: `mode` is none of these.
        RuntimeError: "compiled", and there is no compiler or it failed; says what to install. Nothing has changed.
    """
    global _mode
    if mode not in MODES:
        raise ValueError(f"set_kernel_mode: expected one of {', '.join(MODES)}, got {mode!r}")
    before, _mode = _mode, mode
    try:
        choose()
    except RuntimeError:
        _mode = before
        raise


@contextmanager
def kernels_of(mode: str) -> Iterator[None]:
    """Use the kernels that `set_kernel_mode` would choose inside the ``with`` block, in all threads."""
    before, chosen = _mode, _running is not None
    set_kernel_mode(mode)
    try:
        yield
    finally:
        if chosen and before is not None:
            set_kernel_mode(before)
        else:
            reset(before)
