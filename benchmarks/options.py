"""Options that the commands share."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.processes import cores


def parser(module: str, description: str, *, seconds: float, rounds: int = 3) -> argparse.ArgumentParser:
    """Return a parser of the options that every command has.

    Args:
        module: the command, as in ``python -m benchmarks.train_step``.
        description: what it measures.
        seconds: default of ``--seconds``.
        rounds: default of ``--rounds``.
    """
    made = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    made.add_argument("--vs", choices=["torch"], help="measure PyTorch too, in alternating processes")
    made.add_argument("--rounds", type=_positive(int), default=rounds, help="processes of each framework (%(default)s)")
    made.add_argument(
        "--seconds", type=_positive(float), default=seconds, help="timed in each process, for each item (%(default)s)"
    )
    made.add_argument("--threads", type=_positive(int), default=cores(), help="threads of each framework (%(default)s)")
    made.add_argument("--json", type=Path, metavar="FILE", help="append the figures to this history, a line a run")
    return made


def choose(made: argparse.ArgumentParser, option: str, known: Sequence[str]) -> None:
    """Add an option that selects some of the names `known`; all by default."""
    made.add_argument(option, nargs="+", choices=known, default=list(known), metavar="NAME", help=", ".join(known))


def plain(arguments: argparse.Namespace) -> dict[str, object]:
    """Return the options for the history, the file itself left out."""
    return {key: value for key, value in vars(arguments).items() if key != "json"}


class _positive:  # noqa: N801 - reads as a function
    """A number above 0."""

    def __init__(self, kind: type[int] | type[float]) -> None:
        self.kind = kind
        self.__name__ = f"positive {kind.__name__}"  # argparse says: invalid positive int value

    def __call__(self, text: str) -> float:
        value = self.kind(text)
        if not value > 0:
            raise ValueError(text)
        return value
