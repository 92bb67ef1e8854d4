"""The command line: ``tinygrad-cnn``."""

from __future__ import annotations

import sys
import warnings

from tinygrad_cnn._output import make_printable
from tinygrad_cnn._startup import INTERRUPTED, say_interrupted


def main() -> None:
    """Run the command line.

    An error prints one line on standard error and exits with code 2, an interruption with code 130.
    """
    for stream in (sys.stdout, sys.stderr):
        make_printable(stream)
    warnings.showwarning = _show_warning
    try:
        code = _run()
        # Typer turns Ctrl-C into this code silently. A command that has already printed a line raises SystemExit.
        sys.exit(say_interrupted() if code == INTERRUPTED else code)
    except (OSError, ValueError, RuntimeError, ModuleNotFoundError, ArithmeticError, MemoryError) as error:
        sys.exit(_fail("; ".join([_told(error), *getattr(error, "__notes__", [])])))
    except KeyboardInterrupt:
        sys.exit(say_interrupted())
    except Exception as error:
        if type(error).__name__ == "Abort":  # typer's, from a prompt
            sys.exit(say_interrupted())
        message = _usage(error)
        if message is None:
            raise
        sys.exit(_fail(message))


def _run() -> int:
    """Import the commands, which takes a moment, run one and return the exit code."""
    try:
        from tinygrad_cnn.cli.app import app
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("tinygrad_cnn"):
            raise
        return _fail(f'the command line needs {error.name}: pip install "tinygrad-cnn[cli]"')
    return app(prog_name="tinygrad-cnn", standalone_mode=False)


def _show_warning(message: Warning | str, *_place: object, **_more: object) -> None:
    """Print a warning as one line, without the source line that raised it."""
    print(f"tinygrad-cnn: warning: {' '.join(str(message).split())}", file=sys.stderr)


def _told(error: Exception) -> str:
    """Return the message of an error: the file first for those of the system, and words for a lack of memory."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError):
        return f"there is not enough memory for this: {error}".removesuffix(": ")
    return str(error) or type(error).__name__


def _usage(error: Exception) -> str | None:
    """Return the message of a mistake on the command line, or None if `error` is not one of typer's."""
    format_message = getattr(error, "format_message", None)
    if format_message is None:
        return None
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help
        print(format_message())
        sys.exit(0)
    return f"{format_message()}{f' See {context.command_path} --help' if context else ''}"


def _fail(message: str) -> int:
    print(f"tinygrad-cnn: {' '.join(message.split())}", file=sys.stderr)
    return 2


__all__ = ["main"]
