"""`RunState`: everything that a training run depends on, as one state to save and resume from."""

from __future__ import annotations

import copy
import os
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from tinygrad_cnn.nn import Module
from tinygrad_cnn.optim import Optimizer
from tinygrad_cnn.random import Generator
from tinygrad_cnn.train.batches import Loss
from tinygrad_cnn.train.checkpoint import CheckpointFolder, State, check_keys, load_checkpoint, load_versions
from tinygrad_cnn.train.checkpoint.files import library_versions
from tinygrad_cnn.train.checkpoint.generators import generators_of, random_states, set_random_states
from tinygrad_cnn.train.history import History
from tinygrad_cnn.train.metrics import Running
from tinygrad_cnn.train.setup import Described, Resumable, arranged, describe, differences, reapply

_KEYS = ("model", "optimizer", "callbacks", "progress", "history", "running", "random", "loader", "config", "setup")


class RunState:
    """The state of a run: model, optimizer, callbacks, random streams, position in the epoch, measurements.

    Args:
        model: the model being trained.
        optimizer: the optimizer of its parameters.
        callbacks: the callbacks, some of which have a state.
        running: the sums over the current epoch.
        generators: the user's own random streams.
        config: a description of the run.
    """

    loss_fn: Loss
    accumulate: int
    callbacks: Sequence[Described]

    def __init__(
        self, model: Module, optimizer: Optimizer, callbacks: Sequence[Described], running: Running,
        generators: Mapping[str, Generator], config: object,
    ) -> None:  # fmt: skip
        self.model = model
        self.optimizer = optimizer
        self.callbacks = list(callbacks)
        self.running = running
        self.generators = dict(generators)
        self.config = config
        self.loader: Iterable[object] | None = None
        self.epoch = 0
        self.step = 0
        self.batch = 0
        self.history = History()
        self._seconds = 0.0
        self._stop_reason = ""
        self._beginning: State = {}

    @property
    def resumable(self) -> bool:
        """Whether a run can resume from here: between epochs always, within one if the loader has a state."""
        return not self.batch or isinstance(self.loader, Resumable)

    def state_dict(self) -> State:
        """Return the whole state; its arrays share memory with the model and the optimizer.

        Raises:
            RuntimeError: the run is within an epoch of a loader that has no state.
        """
        if not self.resumable:
            raise RuntimeError(
                f"Trainer: expected a state between two epochs, for the loader ({type(self.loader).__name__}) has no "
                f"state_dict; got batch {self.batch} of epoch {self.epoch + 1}"
            )
        return {
            "model": self.model.state_dict(),
            "optimizer": {"kind": type(self.optimizer).__name__, **self.optimizer.state_dict()},
            "callbacks": {
                name: state for name, callback in self.named_callbacks().items() if (state := callback.state_dict())
            },
            "progress": {
                "epoch": self.epoch, "step": self.step, "batch": self.batch, "seconds": self._seconds,
            },
            "history": {
                "loss": np.array(self.history.loss, np.float64), "rows": self.history.rows,
                "changes": self.history.changes,
            },
            "running": self.running.state_dict(),
            "random": random_states(self._generators()),
            "loader": self.loader.state_dict() if self.batch and isinstance(self.loader, Resumable) else None,
            "config": self.config,
            "setup": self._described(),
        }  # fmt: skip

    def load_state_dict(self, state_dict: State) -> None:
        """Load a copy of the whole state; settings of the run that differ from it apply from here on.

        A state from within an epoch contains the state of the loader: the attribute `loader`, which `Trainer.fit` sets,
        must then be a loader like the saved one.

        Raises:
            ValueError: `state_dict` is not the state of such a run; nothing was changed.

        Warns:
            UserWarning: settings differ, such as the learning rate; the message names them.
        """
        check_keys("Trainer", state_dict, _KEYS)
        beginning, self._beginning = self._beginning, self._described()  # before anything is changed
        before = copy.deepcopy(self._restorable())
        try:
            changes = self._load(state_dict)
        except Exception as error:
            self._load({**before, "loader": None})
            self._beginning = beginning
            if isinstance(error, ValueError):
                raise
            raise ValueError(f"expected a state of such a run, got one that does not fit: {error}") from error
        if changes:
            warnings.warn(f"the run continues with {'; '.join(changes)}", stacklevel=3)

    def resume(self, path: str | os.PathLike[str]) -> Path | None:
        """Load a checkpoint, or the newest undamaged one of a folder.

        Args:
            path: either file of a checkpoint, or a folder.

        Returns:
            The checkpoint, or None if the folder has none.

        Raises:
            ValueError: the checkpoint is damaged or does not fit; nothing was changed. The message names it.

        Warns:
            UserWarning: a newer checkpoint of the folder is damaged, or this one was written with other versions of
                NumPy or Python, whose results may differ in the last bits.
        """
        place = Path(path)
        if place.is_dir():
            found = CheckpointFolder(place).load()
            if found is None:
                return None
            place, state = found
        else:
            state = load_checkpoint(place)
        then, now = load_versions(place), library_versions()
        other = [f"{name} {then.get(name)}, now {now[name]}" for name in now if then.get(name) != now[name]]
        if other:
            warnings.warn(
                f"{place} was written with {', '.join(other)}: the run may not continue bit for bit", stacklevel=2
            )
        try:
            self.load_state_dict(state)
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from error
        return place

    def _restorable(self) -> State:
        """Return the current state without the state of the loader."""
        batch, self.batch = self.batch, 0
        try:
            state = self.state_dict()
        finally:
            self.batch = batch
        state["progress"]["batch"] = batch
        return state

    def _described(self) -> State:
        """Return the settings of the run; those of optimizer and schedules are from the beginning of the run."""
        now, then = describe(self), self._beginning
        if then:
            schedules = {name: then["schedules"].get(name, one) for name, one in now["schedules"].items()}
            now.update(optimizer=then["optimizer"], schedules=schedules)
        return now

    def _load(self, state: State) -> list[str]:
        """Load a state part by part, and return the settings that differ from it.

        It raises an error at the first part that does not fit.
        """
        kind, own = state["optimizer"]["kind"], type(self.optimizer).__name__
        if kind != own:
            raise ValueError(f"expected the state of the optimizer {own}, got that of {kind}")
        then, now = state["setup"], self._described()
        callbacks = {name: one for name, one in self.named_callbacks().items() if one.state_dict()}
        if set(state["callbacks"]) != set(callbacks):
            raise ValueError(
                f"expected the states of callbacks {sorted(callbacks) or 'none'}, got {sorted(state['callbacks'])}"
            )
        progress = {key: state["progress"][key] for key in ("epoch", "step", "batch")}
        if not all(type(value) is int and value >= 0 for value in progress.values()):
            raise ValueError(f"expected epoch, step and batch as ints of at least 0, got {progress}")
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(arranged(own, state["optimizer"], then["names"], now["names"]))
        for name, callback in callbacks.items():
            callback.load_state_dict(state["callbacks"][name])
        self.running.load_state_dict(state["running"])
        rows = [dict(row) for row in state["history"]["rows"]]
        losses = [float(value) for value in np.asarray(state["history"]["loss"], np.float64).ravel()]
        seconds = float(state["progress"]["seconds"])
        earlier = [str(line) for line in state["history"]["changes"]]
        set_random_states(state["random"], self._generators())
        self.epoch, self.step, self.batch = progress["epoch"], progress["step"], progress["batch"]
        self._seconds = seconds
        self.history = History(losses, rows)
        if state["loader"] is not None and not isinstance(self.loader, Resumable):
            raise ValueError(
                f"expected a loader with load_state_dict, for the checkpoint is from within epoch {self.epoch + 1}"
                f", got {type(self.loader).__name__}"
            )
        changes = differences(then, now, within=self.batch > 0)
        if changes:
            reapply(self, then, now)
        self._beginning = now
        self.history.changes = earlier + [f"from step {self.step + 1}: {change}" for change in changes]
        # Last: the loader sets the generators to the start of the epoch to repeat the shuffling, then restores them.
        if state["loader"] is not None and isinstance(self.loader, Resumable):
            self.loader.load_state_dict(state["loader"])
        return changes

    def _generators(self) -> dict[str, Generator]:
        return {**self.generators, **generators_of(self.loader)}

    def named_callbacks(self) -> dict[str, Described]:
        """Return the callbacks by the names of their classes; the second of a class and later ones have a number."""
        seen: Counter[str] = Counter()
        named = {}
        for callback in self.callbacks:
            kind = type(callback).__name__
            named[f"{kind}.{seen[kind]}" if seen[kind] else kind] = callback
            seen[kind] += 1
        return named
