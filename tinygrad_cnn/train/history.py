"""`History`: the measurements of a training run."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

from tinygrad_cnn._checks import nearest

_SHOWN = {"epoch": ".0f", "step": ",.0f", "lr": ".3g", "seconds": ".1f"}
"""Formats of the values of a row by name; other values have four digits."""


@dataclass(repr=False)
class History:
    """The measurements of a training run.

    Attributes:
        loss: the loss of every step, before its update.
        rows: for each finished epoch the "epoch" (from 1), the "step" and "seconds" since the start of the run, the
            training "loss" and metrics (over the epoch, while the model changed), those of the validation sets, and the
            "lr" of the last step.
        interrupted: whether Ctrl-C ended the run.
        stopped: why the run ended before its last epoch, or "".
        changes: the settings that changed when the run was resumed, each with the first step that used it.
    """

    loss: list[float] = field(default_factory=list)
    rows: list[dict[str, float]] = field(default_factory=list)
    interrupted: bool = False
    stopped: str = ""
    changes: list[str] = field(default_factory=list)

    def column(self, name: str) -> list[float]:
        """Return the values of `name`, one for each epoch that measured it.

        Raises:
            KeyError: no epoch measured it; the message lists the measured names.
        """
        found = [row[name] for row in self.rows if name in row]
        if not found:
            known = ", ".join(self.names) or "none, for no epoch was finished"
            raise KeyError(
                f"History: expected one of the measured names ({known}), got {name!r}{nearest(name, self.names)}"
            )
        return found

    @property
    def names(self) -> list[str]:
        """The measured names, in order of first appearance."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def __repr__(self) -> str:
        """Return one line: the length of the run, how it ended, and the values of the last epoch."""
        counts = ", ".join(
            f"{number:,} {name}{'' if number == 1 else 's'}"
            for number, name in ((len(self.rows), "epoch"), (len(self.loss), "step"))
        )
        row = self.rows[-1] if self.rows else {}
        last = [f"{name} {_text(name, row)}" for name in row if name not in ("epoch", "step", "seconds")]
        ended = [f"stopped: {self.stopped}"] if self.stopped else []
        return f"History({'; '.join([counts, *ended, ', '.join(last) or 'nothing measured'])})"

    def _repr_html_(self) -> str:
        """Return the rows as a table, for notebooks."""
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.names)
        body = "".join(
            f"<tr>{''.join(f'<td>{_text(name, row)}</td>' for name in self.names)}</tr>" for row in self.rows
        )
        return (
            f"<table><caption>{html.escape(repr(self))}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
            "</table>"
        )


def _text(name: str, row: dict[str, float]) -> str:
    return format(row[name], _SHOWN.get(name, ".4f")) if name in row else ""
