"""`LRSchedule`: a schedule of learning rates that steps with the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tinygrad_cnn.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from tinygrad_cnn.train.callbacks.callback import Callback, check_keys

if TYPE_CHECKING:
    from tinygrad_cnn.train.trainer import Trainer


class LRSchedule(Callback):
    """Step a scheduler of `tinygrad_cnn.optim.lr_scheduler` after every epoch or after every step.

    Args:
        scheduler: made for the trainer's optimizer.
        every: "epoch" or "step".
        monitor: for `ReduceLROnPlateau`, the name in the rows of the history that it watches.

    Raises:
        ValueError: another `every`; a monitor where none is needed, or none where one is.
    """

    def __init__(self, scheduler: LRScheduler, every: str = "epoch", monitor: str | None = None) -> None:
        if every not in ("epoch", "step"):
            raise ValueError(f"LRSchedule: expected every as 'epoch' or 'step', got {every!r}")
        plateau = isinstance(scheduler, ReduceLROnPlateau)
        if plateau != (monitor is not None) or (plateau and every != "epoch"):
            raise ValueError(
                "LRSchedule: expected monitor and every='epoch' with ReduceLROnPlateau, and no monitor with others, "
                f"got {type(scheduler).__name__}, every={every!r}, monitor={monitor!r}"
            )
        self.scheduler = scheduler
        self.every = every
        self.monitor = monitor

    def on_fit_start(self, trainer: Trainer) -> None:
        """Refuse a scheduler of another optimizer, which would change nothing.

        Raises:
            ValueError: it is one.
        """
        if self.scheduler.optimizer is not trainer.optimizer:
            raise ValueError(
                f"LRSchedule: expected a scheduler of the trainer's optimizer, got a {type(self.scheduler).__name__} "
                "made for another one"
            )

    def on_step_end(self, trainer: Trainer) -> None:
        """Step, if that is asked for after every step."""
        if self.every == "step":
            self.scheduler.step()

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Step, if that is asked for after every epoch."""
        if isinstance(self.scheduler, ReduceLROnPlateau):
            row = trainer.history.rows[-1]
            if self.monitor not in row:
                raise ValueError(f"LRSchedule: expected monitor among {', '.join(row)}, got {self.monitor!r}")
            self.scheduler.step(row[self.monitor])
        elif self.every == "epoch":
            self.scheduler.step()

    def state_dict(self) -> dict[str, Any]:
        """Return the scheduler's state, and of which kind it is."""
        return {"kind": type(self.scheduler).__name__, "scheduler": self.scheduler.state_dict()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the scheduler's state."""
        check_keys("LRSchedule", state_dict, ("kind", "scheduler"))
        kind = type(self.scheduler).__name__
        if state_dict["kind"] != kind:
            raise ValueError(f"LRSchedule: expected the state of a {kind}, got that of a {state_dict['kind']}")
        check_keys(kind, state_dict["scheduler"], tuple(self.scheduler.state_dict()))
        self.scheduler.load_state_dict(state_dict["scheduler"])
