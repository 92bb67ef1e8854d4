"""`LRSchedule`: step a learning-rate scheduler with the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tinygrad_cnn.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from tinygrad_cnn.train.callbacks.callback import Callback
from tinygrad_cnn.train.callbacks.monitor import known_mode, value_of
from tinygrad_cnn.train.checkpoint import State, check_keys

if TYPE_CHECKING:
    from tinygrad_cnn.train.trainer import Trainer


class LRSchedule(Callback):
    """Step a scheduler of `tinygrad_cnn.optim.lr_scheduler` after every epoch or after every step.

    Args:
        scheduler: a scheduler of the trainer's optimizer.
        every: "epoch" or "step".
        monitor: the name in the rows of the history that `ReduceLROnPlateau` watches.

    Raises:
        ValueError: `every` is unknown; `monitor` is given for a scheduler other than `ReduceLROnPlateau`, or
            missing for that one; or the name implies another mode than the scheduler's.
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
        known = None if monitor is None else known_mode(monitor)
        if isinstance(scheduler, ReduceLROnPlateau) and known not in (None, scheduler.mode):
            raise ValueError(
                f"LRSchedule: expected ReduceLROnPlateau with mode={known!r} to watch {monitor!r}, got "
                f"mode={scheduler.mode!r}, which takes every improvement for a plateau; pass mode={known!r} to it"
            )
        self.scheduler = scheduler
        self.every = every
        self.monitor = monitor

    def on_fit_start(self, trainer: Trainer) -> None:
        """Check that the scheduler changes the trainer's optimizer.

        Raises:
            ValueError: the scheduler was made for another optimizer.
        """
        if self.scheduler.optimizer is not trainer.optimizer:
            raise ValueError(
                f"LRSchedule: expected a scheduler of the trainer's optimizer, got a {type(self.scheduler).__name__} "
                "made for another one"
            )

    def on_step_end(self, trainer: Trainer) -> None:
        """Step the scheduler if it steps after every step."""
        self.after_step()

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Step the scheduler if it steps after every epoch."""
        self.after_epoch(trainer.history.rows[-1])

    def after_step(self) -> None:
        """Step the scheduler if it steps after every step."""
        if self.every == "step":
            self.scheduler.step()

    def after_epoch(self, row: Mapping[str, float]) -> None:
        """Step the scheduler if it steps after every epoch; `ReduceLROnPlateau` gets its metric from `row`."""
        if isinstance(self.scheduler, ReduceLROnPlateau):
            self.scheduler.step(value_of("LRSchedule", str(self.monitor), row))
        elif self.every == "epoch":
            self.scheduler.step()

    def state_dict(self) -> State:
        """Return the scheduler's class and state, and when it steps."""
        return {
            "kind": type(self.scheduler).__name__,
            "every": self.every,
            "monitor": self.monitor,
            "scheduler": self.scheduler.state_dict(),
        }

    def load_state_dict(self, state_dict: State) -> None:
        """Load the scheduler's state.

        Raises:
            ValueError: the state is of another class of scheduler, or of one that steps at other times.
        """
        check_keys("LRSchedule", state_dict, ("kind", "every", "monitor", "scheduler"))
        kind = type(self.scheduler).__name__
        if state_dict["kind"] != kind:
            raise ValueError(f"LRSchedule: expected the state of a {kind}, got that of a {state_dict['kind']}")
        for key, own in (("every", self.every), ("monitor", self.monitor)):
            if state_dict[key] != own:
                raise ValueError(f"LRSchedule: expected the state of {key}={own!r}, got {state_dict[key]!r}")
        check_keys(kind, state_dict["scheduler"], tuple(self.scheduler.state_dict()))
        self.scheduler.load_state_dict(state_dict["scheduler"])
