"""Logs of a run for other programs: `HistoryFile` writes CSV, `TensorBoard` event files."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING

from tinygrad_cnn._files import replacing
from tinygrad_cnn.train.callbacks.callback import Callback

if TYPE_CHECKING:
    from tensorboardX import SummaryWriter

    from tinygrad_cnn.train.trainer import Trainer


class HistoryFile(Callback):
    """Write the history as CSV after every epoch: a line of names, then one line for each epoch.

    The whole file is written anew each time, so it holds every epoch once, also in a resumed run. Its numbers are
    exact: reading them gives the same bits.

    Args:
        path: the file; missing folders are created.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Write the file."""
        with replacing(self.path) as part, part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, trainer.history.names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(trainer.history.rows)


class TensorBoard(Callback):
    """Write the loss of every step and the row of every epoch as scalars over the steps.

    Args:
        log_dir: the folder to pass to ``tensorboard --logdir``; created if missing.

    Raises:
        ModuleNotFoundError: tensorboardX is not installed; the message names the extra.
    """

    def __init__(self, log_dir: str | os.PathLike[str]) -> None:
        try:
            import tensorboardX
        except ModuleNotFoundError as error:
            extra = 'pip install "tinygrad-cnn[tensorboard]"'
            raise ModuleNotFoundError(f"TensorBoard needs tensorboardX: {extra}") from error
        self._library = tensorboardX
        self.log_dir = Path(log_dir)
        self._writer: SummaryWriter | None = None

    def on_fit_start(self, trainer: Trainer) -> None:
        """Open a new file; TensorBoard then ignores entries of an earlier run after the step to resume from."""
        self._writer = self._library.SummaryWriter(str(self.log_dir), purge_step=trainer.step + 1)

    def on_step_end(self, trainer: Trainer) -> None:
        """Write the loss."""
        if self._writer is not None:
            self._writer.add_scalar("step/loss", trainer.loss, trainer.step)

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Write the row."""
        for name, value in trainer.history.rows[-1].items():
            if name not in ("epoch", "step") and self._writer is not None:
                self._writer.add_scalar(f"epoch/{name}", value, trainer.step)

    def on_fit_end(self, trainer: Trainer, error: BaseException | None) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
