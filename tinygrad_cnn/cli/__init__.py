"""The command line: ``tinygrad-cnn``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; an error is one line on standard error and exit code 2."""
    try:
        from tinygrad_cnn.cli.app import app
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("tinygrad_cnn"):
            raise
        sys.exit(_fail(f'the command line needs {error.name}: pip install "tinygrad-cnn[cli]"'))
    try:
        app()
    except (OSError, ValueError, ModuleNotFoundError) as error:
        sys.exit(_fail(str(error)))


def _fail(message: str) -> int:
    print(f"tinygrad-cnn: {message}", file=sys.stderr)
    return 2


__all__ = ["main"]
