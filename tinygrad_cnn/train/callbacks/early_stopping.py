"""`EarlyStopping`: an end when nothing gets better any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tinygrad_cnn.train.callbacks.best import Best
from tinygrad_cnn.train.callbacks.callback import Callback, check_keys

if TYPE_CHECKING:
    from tinygrad_cnn.train.trainer import Trainer


class EarlyStopping(Callback):
    """Stop when a measured name has not improved for `patience` epochs in a row.

    The weights stay those of the last epoch; `Checkpoints` with the same `monitor` keeps the best ones.

    Args:
        monitor: a name in the rows of the history.
        patience: how many epochs without improvement end the run, at least 1.
        mode: "min" if lower is better, "max" if higher is.
        min_delta: by how much a value must be better to count.

    Raises:
        ValueError: an argument out of range; or, after the first epoch, a name that is not measured.
    """

    def __init__(
        self, monitor: str = "validation_loss", patience: int = 3, mode: str = "min", min_delta: float = 0.0
    ) -> None:
        if patience < 1:
            raise ValueError(f"EarlyStopping: expected patience of at least 1 epoch, got {patience}")
        self.best = Best("EarlyStopping", monitor, mode, min_delta)
        self.patience = patience
        self.bad_epochs = 0

    def on_fit_start(self, trainer: Trainer) -> None:
        """Stop at once if a resumed run had come to its end."""
        self._stop_if_due(trainer)

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Count the epoch, and stop if it is time to."""
        self.bad_epochs = 0 if self.best.improved(trainer.history) else self.bad_epochs + 1
        self._stop_if_due(trainer)

    def _stop_if_due(self, trainer: Trainer) -> None:
        if self.bad_epochs >= self.patience:
            trainer.stop(f"{self.best.monitor} has not improved for {self.bad_epochs} epochs")

    def state_dict(self) -> dict[str, Any]:
        """Return the best value and the epochs since it."""
        return {"best": self.best.state_dict(), "bad_epochs": self.bad_epochs}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the best value and the epochs since it."""
        check_keys("EarlyStopping", state_dict, ("best", "bad_epochs"))
        self.best.load_state_dict(state_dict["best"])
        self.bad_epochs = int(state_dict["bad_epochs"])
