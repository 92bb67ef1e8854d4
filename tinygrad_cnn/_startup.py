"""Ctrl-C while the command line is being imported prints one line, not the traceback of an import."""

from __future__ import annotations

import os
import sys

COMMAND = "tinygrad-cnn"

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells give it."""


def say_interrupted() -> int:
    """Print that the command was interrupted; return the exit code."""
    sys.stderr.write(f"{COMMAND}: interrupted\n")
    return INTERRUPTED


def _is_command() -> bool:
    return os.path.splitext(os.path.basename((getattr(sys, "argv", None) or [""])[0]))[0] == COMMAND


if _is_command():
    _usual = sys.excepthook

    def _hook(kind: type[BaseException], error: BaseException, trace: object) -> None:
        if issubclass(kind, KeyboardInterrupt):
            say_interrupted()
        else:
            _usual(kind, error, trace)  # type: ignore[arg-type]

    sys.excepthook = _hook
