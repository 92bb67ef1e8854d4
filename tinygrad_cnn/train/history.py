"""`History`: what a training run measured."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class History:
    """What a training run measured.

    Attributes:
        loss: the loss of every step, before its update.
        rows: for each finished epoch its "epoch" (from 1), "step" (of the whole run), training "loss" and metrics (over
            the epoch, as the model changed), those of the validation sets, "lr" (of its last step) and "seconds" (of
            the whole run).
        interrupted: whether Ctrl-C ended the run.
        stopped: why the run ended before its last epoch, or "".
    """

    loss: list[float] = field(default_factory=list)
    rows: list[dict[str, float]] = field(default_factory=list)
    interrupted: bool = False
    stopped: str = ""

    def column(self, name: str) -> list[float]:
        """Return what the epochs measured under `name`.

        Raises:
            KeyError: no epoch did; the message lists the names there are.
        """
        found = [row[name] for row in self.rows if name in row]
        if not found:
            known = ", ".join(self.names) or "none, for no epoch was finished"
            raise KeyError(f"History: expected one of the measured names ({known}), got {name!r}")
        return found

    @property
    def names(self) -> list[str]:
        """The names measured, in the order in which they came up."""
        return list(dict.fromkeys(name for row in self.rows for name in row))
