"""What is said about mutants: the counts, every survivor, and every entry of `equivalent.py` that no longer holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple, Protocol

from equivalent import EQUIVALENT

CAUGHT, SURVIVED, UNREACHED = "caught", "survived", "unreached"


class Mistake(Protocol):
    """What a report says of a mutant: file and line, the function, the statement as written and with the mistake."""

    before: str
    after: str

    @property
    def place(self) -> str: ...
    @property
    def key(self) -> tuple[str, str]: ...


class Outcome(NamedTuple):
    """A mutant and its verdict: caught, survived, or unreached where no test runs the function at all."""

    mutant: Mistake
    verdict: str


def report(
    kind: str,
    outcomes: list[Outcome],
    complaints: list[str],
    *,
    complete: bool,
    write: Callable[[str], object] = print,
) -> int:
    """Write the counts and a table of what went wrong; return the exit code.

    Args:
        kind: of the mutants.
        outcomes: all of them.
        complaints: what else went wrong.
        complete: whether these are all mutants of the kind, so that a listed one that is missing is gone.
        write: takes the text.
    """
    listed = EQUIVALENT.get(kind, {})
    escaped = [one for one in outcomes if one.verdict != CAUGHT]
    bad = [one for one in escaped if one.mutant.key not in listed]
    made = {one.mutant.key for one in outcomes}
    caught = {one.mutant.key for one in outcomes if one.verdict == CAUGHT} - {one.mutant.key for one in escaped}
    listed_but_caught = sorted(caught & set(listed))
    gone = [key for key in listed if key not in made] if complete else []
    write(
        f"{kind}: {len(outcomes)} mutants: {len(outcomes) - len(escaped)} caught, {len(escaped) - len(bad)} equivalent "
        f"(listed with reasons), {len(bad)} survived"
    )
    unreached: Counter[tuple[str, str]] = Counter()
    for one in sorted(bad, key=lambda one: (one.mutant.place.split(":")[0], _line(one), one.mutant.after)):
        if one.verdict == UNREACHED:
            unreached[one.mutant.place.split(":")[0], one.mutant.key[0]] += 1
        else:
            write(f"\n{one.mutant.place}  {one.mutant.key[0]}\n    written   {one.mutant.before}"
                  f"\n    survived  {one.mutant.after}")  # fmt: skip
    for (file, name), count in unreached.items():
        write(f"\n{file}  {name}: no test reaches it ({count} mutants)")
    for key in listed_but_caught:
        write(f"\nlisted as equivalent, but caught: {key}")
    for key in gone:
        write(f"\nlisted as equivalent, but no longer made: {key}")
    for complaint in complaints:
        write(f"\n{complaint}")
    return 1 if bad or listed_but_caught or gone or complaints else 0


def _line(one: Outcome) -> int:
    return int(one.mutant.place.split(":")[1])
