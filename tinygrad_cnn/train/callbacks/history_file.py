"""`HistoryFile`: the rows of the history as CSV."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING

from tinygrad_cnn._files import replacing
from tinygrad_cnn.train.callbacks.callback import Callback

if TYPE_CHECKING:
    from tinygrad_cnn.train.trainer import Trainer


class HistoryFile(Callback):
    """Write the history after every epoch: a line of names, then one line for each epoch.

    The file is written anew each time, whole or not at all: after a resumed run it holds every epoch once. Numbers are
    written so that reading them gives the same bits.

    Args:
        path: where to; missing folders are made.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Write the file."""
        names = trainer.history.names
        with replacing(self.path) as part, part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(trainer.history.rows)
