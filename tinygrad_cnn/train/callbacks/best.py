"""`Best`: the best value so far of a column of the history, and whether an epoch bettered it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tinygrad_cnn.train.callbacks.callback import check_keys
from tinygrad_cnn.train.history import History


class Best:
    """The best value of a measured name.

    Args:
        owner: who asks, for error messages.
        monitor: a name in the rows of the history.
        mode: "min" if lower is better, "max" if higher is.
        min_delta: by how much a value must be better to count.

    Raises:
        ValueError: another mode, or a negative `min_delta`.
    """

    def __init__(self, owner: str, monitor: str, mode: str, min_delta: float = 0.0) -> None:
        if mode not in ("min", "max"):
            raise ValueError(f"{owner}: expected mode as 'min' or 'max', got {mode!r}")
        if not min_delta >= 0:
            raise ValueError(f"{owner}: expected min_delta of at least 0, got {min_delta}")
        self.owner = owner
        self.monitor = monitor
        self.sign = 1 if mode == "max" else -1
        self.min_delta = min_delta
        self.value: float | None = None

    def improved(self, history: History) -> bool:
        """Take the last epoch into account and tell whether it is the best; NaN never is.

        Raises:
            ValueError: the epoch did not measure `monitor`; the message lists what it did.
        """
        row = history.rows[-1]
        if self.monitor not in row:
            raise ValueError(f"{self.owner}: expected monitor among {', '.join(row)}, got {self.monitor!r}")
        value = float(row[self.monitor])
        better = self.value is None or self.sign * (value - self.value) > self.min_delta
        if math.isnan(value) or not better:
            return False
        self.value = value
        return True

    def state_dict(self) -> dict[str, Any]:
        """Return the best value, None before the first."""
        return {"monitor": self.monitor, "value": self.value}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the best value.

        Raises:
            ValueError: it is of another name.
        """
        check_keys(self.owner, state_dict, ("monitor", "value"))
        if state_dict["monitor"] != self.monitor:
            raise ValueError(f"{self.owner}: expected a state for {self.monitor!r}, got {state_dict['monitor']!r}")
        value = state_dict["value"]
        self.value = None if value is None else float(value)
