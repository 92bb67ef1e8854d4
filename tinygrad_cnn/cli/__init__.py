"""The command line: ``tinygrad-cnn``."""

from __future__ import annotations

import sys
import warnings
from typing import Any

from tinygrad_cnn._output import make_printable
from tinygrad_cnn._startup import INTERRUPTED, say_interrupted


def main() -> None:
    """Run the command line; an error is one line on standard error and exit code 2, an interruption exit code 130."""
    for stream in (sys.stdout, sys.stderr):
        make_printable(stream)
    warnings.showwarning = _show_warning
    try:
        code = _run()
        # Typer turns Ctrl-C into this code without a word. A command that has said it already raises SystemExit.
        sys.exit(say_interrupted() if code == INTERRUPTED else code)
    except (OSError, ValueError, RuntimeError, ModuleNotFoundError, ArithmeticError, MemoryError) as error:
        sys.exit(_fail("; ".join([_told(error), *getattr(error, "__notes__", [])])))
    except KeyboardInterrupt:
        sys.exit(say_interrupted())
    except Exception as error:
        if type(error).__name__ == "Abort":  # typer's, of a prompt
            sys.exit(say_interrupted())
        message = _usage(error)
        if message is None:
            raise
        sys.exit(_fail(message))


def _run() -> Any:
    """Import the commands, which takes a moment, and run one; return the exit code."""
    try:
        from tinygrad_cnn.cli.app import app
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("tinygrad_cnn"):
            raise
        return _fail(f'the command line needs {error.name}: pip install "tinygrad-cnn[cli]"')
    return app(prog_name="tinygrad-cnn", standalone_mode=False)


def _show_warning(message: Warning | str, *_place: Any, **_more: Any) -> None:
    """Print a warning as one line, without the line of code that raised it."""
    print(f"tinygrad-cnn: warning: {' '.join(str(message).split())}", file=sys.stderr)


def _told(error: Exception) -> str:
    """Return what an error says: the system's own with the file first, a lack of memory in words."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError):
        return f"there is not enough memory for this: {error}".removesuffix(": ")
    return str(error) or type(error).__name__


def _usage(error: Any) -> str | None:
    """Return what a mistake on the command line is, or None if `error` is none of typer's."""
    if not hasattr(error, "format_message"):
        return None
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help
        print(error.format_message())
        sys.exit(0)
    return f"{error.format_message()}{f' See {context.command_path} --help' if context else ''}"


def _fail(message: str) -> int:
    print(f"tinygrad-cnn: {' '.join(message.split())}", file=sys.stderr)
    return 2


__all__ = ["main"]
