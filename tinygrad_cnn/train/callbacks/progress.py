"""`ProgressBar`: the progress of a run, and a line for each epoch."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tinygrad_cnn._output import make_printable
from tinygrad_cnn.train.callbacks.callback import Callback

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from tinygrad_cnn.train.trainer import Trainer

_RECENT = 2.0
"""Seconds over which the speed is averaged: short enough to follow changes, long enough to be steady."""


class ProgressBar(Callback):
    """Show a bar with loss, accuracy, images per second and the time left, and print a line after each epoch.

    If the output is a file or a pipe instead of a terminal, only the lines are printed.

    Args:
        console: where to print; rich's default if None.
        lines: whether to print the lines.

    Raises:
        ModuleNotFoundError: rich is not installed; the message names the extra.
    """

    def __init__(self, console: Console | None = None, lines: bool = True) -> None:
        try:
            import rich.console
            import rich.progress
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError('ProgressBar needs rich: pip install "tinygrad-cnn[cli]"') from error
        self._rich = rich.progress
        self.console = console if console is not None else rich.console.Console(highlight=False)
        make_printable(self.console.file)
        self.lines = lines
        self._bar: Progress | None = None

    def on_fit_start(self, trainer: Trainer) -> None:
        """Show the bar."""
        rich = self._rich
        total = None if trainer.batches is None else trainer.epochs * trainer.batches
        done = 0 if trainer.batches is None else trainer.epoch * trainer.batches + trainer.batch
        bar = self._bar = rich.Progress(
            rich.TextColumn("{task.description}"), rich.BarColumn(), rich.TaskProgressColumn(),
            rich.TextColumn("{task.fields[state]}"), rich.TimeRemainingColumn(compact=True), rich.TextColumn("left"),
            console=self.console, transient=True, disable=not self.console.is_terminal,
        )  # fmt: skip
        self._task = bar.add_task("", total=total, completed=done, state="")
        bar.start()
        self._speed = 0.0

    def on_epoch_start(self, trainer: Trainer) -> None:
        """Show the number of the epoch."""
        if self._bar is not None:
            self._bar.update(self._task, description=f"epoch {trainer.epoch + 1}/{trainer.epochs}")
        self._clock = self._epoch_clock = time.perf_counter()  # leaves out the time for measuring the last epoch
        self._samples = 0

    def on_step_end(self, trainer: Trainer) -> None:
        """Advance the bar."""
        self._samples += trainer.samples
        now = time.perf_counter()
        if not self._speed or now - self._clock > _RECENT:
            self._speed = self._samples / max(now - self._clock, 1e-9)
            self._clock, self._samples = now, 0
        running = trainer.running
        values: dict[str, object] = {"loss": running.loss}
        if "accuracy" in running.metrics:
            values["accuracy"] = running.metrics["accuracy"].compute()
        state = "  ".join(f"{name} {value:.4f}" for name, value in values.items())
        done = trainer.epoch * (trainer.batches or 0) + trainer.batch
        if self._bar is not None:
            self._bar.update(self._task, completed=done, state=f"{state}  {self._speed:,.0f} images/s")

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Print the line."""
        if self.lines:
            row = trainer.history.rows[-1]
            seconds = time.perf_counter() - self._epoch_clock
            width = len(str(trainer.epochs))
            self.console.print(
                f"epoch {trainer.epoch:{width}}/{trainer.epochs}  {_words(row)}  lr {row['lr']:.3g}  {seconds:.1f} s",
                markup=False,
                soft_wrap=True,
            )

    def on_fit_end(self, trainer: Trainer, error: BaseException | None) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _words(row: dict[str, float]) -> str:
    """Return the values of an epoch, grouped by set: ``loss 0.1, accuracy 0.9  validation loss 0.2, accuracy 0.8``."""
    sets: dict[str, list[str]] = {}
    own = [name for name in row if "_" not in name]
    for name, value in row.items():
        if name in ("epoch", "step", "lr", "seconds"):
            continue
        metric = next((other for other in own if name.endswith(f"_{other}")), name)
        sets.setdefault(name.removesuffix(metric).rstrip("_"), []).append(f"{metric} {value:.4f}")
    return "  ".join(f"{name} {', '.join(values)}".lstrip() for name, values in sets.items())
