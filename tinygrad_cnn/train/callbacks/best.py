"""`Best`: the best value so far of a column of the history, and whether an epoch bettered it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tinygrad_cnn.train.callbacks.callback import check_keys
from tinygrad_cnn.train.callbacks.monitor import loss_beside, mode_of, value_of
from tinygrad_cnn.train.history import History


class Best:
    """The best value of a measured name.

    Of equal scores the one with the lower loss of the same set is the better: an accuracy moves in steps of a sample,
    and may stand still while the network improves. With a `min_delta` above 0 equal scores are no improvement.

    Args:
        owner: who asks, for error messages.
        monitor: a name in the rows of the history.
        mode: "min" if lower is better, "max" if higher is; None if the name says so.
        min_delta: by how much a value must be better to count.

    Attributes:
        value, epoch: the best value and the epoch that measured it; None and 0 before the first.

    Raises:
        ValueError: another mode, none and a name that does not say, or a negative `min_delta`.
    """

    def __init__(self, owner: str, monitor: str, mode: str | None, min_delta: float = 0.0) -> None:
        if not min_delta >= 0:
            raise ValueError(f"{owner}: expected min_delta of at least 0, got {min_delta}")
        self.owner = owner
        self.monitor = monitor
        self.mode = mode_of(owner, monitor, mode)
        self.min_delta = min_delta
        self.value: float | None = None
        self.epoch = 0
        self._loss = math.nan

    def improved(self, history: History) -> bool:
        """Take the last epoch into account and return whether it is the best; NaN never is.

        Raises:
            ValueError: the epoch did not measure `monitor`; the message lists what it did.
        """
        row = history.rows[-1]
        value = value_of(self.owner, self.monitor, row)
        loss = loss_beside(self.monitor, row)
        if math.isnan(value) or not self._better(value, loss):
            return False
        self.value, self.epoch, self._loss = value, int(row["epoch"]), loss
        return True

    def _better(self, value: float, loss: float) -> bool:
        if self.value is None:
            return True
        if value == self.value and not self.min_delta:
            return loss < self._loss
        return (value - self.value if self.mode == "max" else self.value - value) > self.min_delta

    def state_dict(self) -> dict[str, Any]:
        """Return the best value, its epoch and the loss beside it."""
        best = {"value": self.value, "epoch": self.epoch, "loss": self._loss}
        return {"monitor": self.monitor, "mode": self.mode, **best}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the best value and its epoch.

        Raises:
            ValueError: they are of another name, or of the other mode.
        """
        check_keys(self.owner, state_dict, tuple(self.state_dict()))
        if (state_dict["monitor"], state_dict["mode"]) != (self.monitor, self.mode):
            raise ValueError(
                f"{self.owner}: expected a state for {self.monitor!r} ({self.mode}), got {state_dict['monitor']!r} "
                f"({state_dict['mode']})"
            )
        value = state_dict["value"]
        self.value = None if value is None else float(value)
        self.epoch, self._loss = int(state_dict["epoch"]), float(state_dict["loss"])


def note_restored(error: BaseException | None, epoch: int, monitor: str) -> None:
    """Say in the error that ended a run which weights it left."""
    if error is not None:
        error.add_note(f"the weights are those of epoch {epoch}, the best by {monitor}")
