"""`EarlyStopping`: end a run when it no longer improves."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from tinygrad_cnn._reprs import settings_of
from tinygrad_cnn.nn import Module
from tinygrad_cnn.tensor import Tensor
from tinygrad_cnn.train.callbacks.callback import Callback
from tinygrad_cnn.train.callbacks.monitor import Best, note_restored
from tinygrad_cnn.train.checkpoint import State, check_keys

if TYPE_CHECKING:
    from tinygrad_cnn.train.trainer import Trainer


class EarlyStopping(Callback):
    """Stop when a measured value has not improved for `patience` epochs in a row.

    The weights stay those of the last epoch unless `restore_best` is set.

    Args:
        monitor: a name in the rows of the history.
        patience: number of epochs without improvement that end the run, at least 1.
        mode: "min" if lower is better, "max" if higher is; None if the name implies it, as "loss" and "accuracy" do.
        min_delta: the least improvement that counts.
        restore_best: keep a copy of the weights of the best epoch, and load them into the model when `fit` ends, for
            whatever reason: patience, the last epoch, Ctrl-C, an error.

    Raises:
        ValueError: an argument is out of range, or `mode` is None and the name does not imply one; after the first
            epoch, `monitor` was not measured.
    """

    def __init__(
        self,
        monitor: str = "validation_loss",
        patience: int = 3,
        mode: str | None = None,
        min_delta: float = 0.0,
        restore_best: bool = False,
    ) -> None:
        if patience < 1:
            raise ValueError(f"EarlyStopping: expected patience of at least 1 epoch, got {patience}")
        self.best = Best("EarlyStopping", monitor, mode, min_delta)
        self.monitor, self.mode, self.min_delta = monitor, self.best.mode, min_delta
        self.patience = patience
        self.restore_best = restore_best
        self.bad_epochs = 0
        self._weights: dict[str, Tensor] | None = None

    def on_fit_start(self, trainer: Trainer) -> None:
        """Stop at once if the resumed run had already stopped."""
        self._stop_if_due(trainer)

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Count the epoch, and stop if `patience` is used up."""
        improved = self.best.improved(trainer.history)
        self.bad_epochs = 0 if improved else self.bad_epochs + 1
        if improved and self.restore_best:
            self._weights = {key: value.detach().clone() for key, value in trainer.model.state_dict().items()}
        self._stop_if_due(trainer)

    def _stop_if_due(self, trainer: Trainer) -> None:
        if self.bad_epochs >= self.patience:
            trainer.stop(f"{self.monitor} has not improved for {self.bad_epochs} epochs")

    def at_end(self, trainer: Trainer, error: BaseException | None) -> None:
        """Load the best weights if `restore_best` is set and an epoch was measured."""
        if self._weights is not None:
            note_restored(error, self.load_best(trainer.model), self.monitor)

    def load_best(self, model: Module) -> int:
        """Load the weights of the best epoch into `model`, and return the number of that epoch.

        Raises:
            RuntimeError: there are no such weights: no epoch was measured, or `restore_best` is not set.
        """
        if self._weights is None:
            raise RuntimeError(
                "EarlyStopping.load_best: expected weights of a best epoch, got none: they are kept with "
                "restore_best=True, once an epoch was measured"
            )
        model.load_state_dict(self._weights)
        return self.best.epoch

    def training_settings(self) -> dict[str, object]:
        """Return all settings, since all determine when the training ends."""
        return settings_of(self)

    def state_dict(self) -> State:
        """Return the best value, the epochs since it, and with `restore_best` the best weights."""
        state: State = {"best": self.best.state_dict(), "bad_epochs": self.bad_epochs}
        return {**state, "weights": self._weights} if self.restore_best else state

    def load_state_dict(self, state_dict: State) -> None:
        """Load the best value, the epochs since it, and the best weights."""
        check_keys("EarlyStopping", state_dict, self.state_dict())
        self.best.load_state_dict(state_dict["best"])
        self.bad_epochs = int(state_dict["bad_epochs"])
        self._weights = copy.deepcopy(state_dict.get("weights"))
