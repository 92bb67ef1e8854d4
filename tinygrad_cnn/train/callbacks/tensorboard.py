"""`TensorBoard`: losses and metrics for TensorBoard."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygrad_cnn.train.callbacks.callback import Callback

if TYPE_CHECKING:
    from tinygrad_cnn.train.trainer import Trainer


class TensorBoard(Callback):
    """Write the loss of every step and the row of every epoch as scalars, against the step.

    Args:
        log_dir: the folder that ``tensorboard --logdir`` is given; made if missing.

    Raises:
        ModuleNotFoundError: tensorboardX is not installed; the message names the extra.
    """

    def __init__(self, log_dir: str | os.PathLike[str]) -> None:
        try:
            import tensorboardX
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                'TensorBoard needs tensorboardX: pip install "tinygrad-cnn[tensorboard]"'
            ) from error
        self._library: Any = tensorboardX
        self.log_dir = Path(log_dir)
        self._writer: Any = None

    def on_fit_start(self, trainer: Trainer) -> None:
        """Open a file; what an earlier part of the run wrote after its last checkpoint is hidden."""
        self._writer = self._library.SummaryWriter(str(self.log_dir), purge_step=trainer.step + 1)

    def on_step_end(self, trainer: Trainer) -> None:
        """Write the loss."""
        self._writer.add_scalar("step/loss", trainer.loss, trainer.step)

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Write the row."""
        for name, value in trainer.history.rows[-1].items():
            if name not in ("epoch", "step"):
                self._writer.add_scalar(f"epoch/{name}", value, trainer.step)

    def on_fit_end(self, trainer: Trainer, error: BaseException | None) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
