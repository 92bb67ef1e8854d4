"""`Checkpoints`: save the last states of a run, and the best one, in a folder."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tinygrad_cnn.nn import Module
from tinygrad_cnn.train.callbacks.callback import Callback
from tinygrad_cnn.train.callbacks.monitor import Best, note_restored
from tinygrad_cnn.train.checkpoint import CheckpointError, CheckpointFolder, State, check_keys

if TYPE_CHECKING:
    from tinygrad_cnn.train.trainer import Trainer


class Checkpoints(Callback):
    """Save the whole state after every epoch, after every `every_steps` steps if given, and when the run ends.

    ``step-00001200.json`` and ``.safetensors`` hold the state after 1,200 steps; the last `keep` states are kept.
    With `monitor`, ``best-…`` hold the state after the best epoch. ``Trainer.fit(resume=folder)`` resumes from the
    newest. If an error ends the run, the checkpoints saved before it stay, and the error names the last one.

    A folder belongs to one run, so that saving never deletes the checkpoints of another.

    Args:
        folder: the folder; created if missing.
        every_steps: also save within epochs, after this number of steps. This needs a loader with ``state_dict``, such
            as `DataLoader`; with other loaders nothing is saved within an epoch, and a run resumes at its start.
        keep: number of last states to keep, at least 1.
        monitor: a name in the rows of the history; None keeps no best state.
        mode: "min" if lower is better, "max" if higher is; None if the name implies it, as "loss" and "accuracy" do.
        restore_best: load the weights of the best epoch into the model when `fit` ends, for whatever reason: the last
            epoch, a callback, Ctrl-C, an error. The last state is saved first, with its own weights.

    Raises:
        ValueError: an argument is out of range, or `mode` is None and the name does not imply one; when a run starts,
            the folder has the checkpoints of another run; after the first epoch, `monitor` was not measured.
        ModuleNotFoundError: safetensors is not installed; the message names the extra.
        FloatingPointError: when it is time to save, a parameter holds NaN or an infinity. Nothing is saved.

    Warns:
        UserWarning: the run ends within an epoch that cannot be resumed.
    """

    _is_best: bool = False
    _saved_step: int = -1

    def __init__(
        self,
        folder: str | os.PathLike[str],
        every_steps: int | None = None,
        keep: int = 3,
        monitor: str | None = None,
        mode: str | None = None,
        restore_best: bool = False,
    ) -> None:
        try:
            import safetensors  # noqa: F401  # fail now, not after the first epoch
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError('Checkpoints needs safetensors: pip install "tinygrad-cnn[weights]"') from error
        if every_steps is not None and every_steps < 1:
            raise ValueError(f"Checkpoints: expected every_steps of at least 1, got {every_steps}")
        if restore_best and monitor is None:
            raise ValueError("Checkpoints: expected monitor with restore_best=True, a name that says which is the best")
        self.folder = Path(folder)
        self.keep = keep
        self.last = CheckpointFolder(folder, keep=keep)
        self.best_folder = CheckpointFolder(folder, prefix="best", keep=1)
        self.every_steps = every_steps
        self.best = None if monitor is None else Best("Checkpoints", monitor, mode)
        self.monitor, self.mode = monitor, None if self.best is None else self.best.mode
        self.restore_best = restore_best

    def on_fit_start(self, trainer: Trainer) -> None:
        """Forget which step was saved last, since a resumed run may start from an earlier step.

        Raises:
            ValueError: the folder has checkpoints of another run.
        """
        self._refuse_another_run(trainer)
        self._saved_step = -1
        self._is_best = False

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Record whether this epoch is the best, to save it once all callbacks have handled it."""
        self._is_best = self.best is not None and self.best.improved(trainer.history)

    def at_rest(self, trainer: Trainer) -> None:
        """Save if a checkpoint is due."""
        within = trainer.batch > 0
        due = not within or (self.every_steps is not None and trainer.step % self.every_steps == 0)
        if due and trainer.resumable:
            self._save(trainer)

    def on_fit_end(self, trainer: Trainer, error: BaseException | None) -> None:
        """Save the last state, unless an error ended the run."""
        if error is not None:
            kept = self.last.paths()
            if kept and isinstance(error, Exception):
                error.add_note(f"the last good checkpoint is {kept[0]}")
        elif trainer.step != self._saved_step and trainer.resumable:
            self._save(trainer)
        elif not trainer.resumable:
            warnings.warn(
                f"Checkpoints: this loader ({type(trainer.loader).__name__}) has no state_dict, so the run can resume "
                f"only from the start of epoch {trainer.epoch + 1}; its {trainer.batch} batches so far are not saved",
                stacklevel=2,
            )

    def at_end(self, trainer: Trainer, error: BaseException | None) -> None:
        """Load the best weights if `restore_best` is set and an epoch was measured."""
        if self.restore_best and self.best_folder.paths():
            note_restored(error, self.load_best(trainer.model), str(self.monitor))

    def load_best(self, model: Module) -> int:
        """Load the weights of the best epoch into `model`, and return the number of that epoch.

        Raises:
            RuntimeError: there are no such weights: no epoch was measured, or `monitor` is not set.
            CheckpointError: the checkpoint is damaged.
        """
        found = self.best_folder.load()
        if found is None:
            raise RuntimeError(
                f"Checkpoints.load_best: expected the checkpoint of a best epoch in {self.folder}, got none: it is "
                "saved with monitor=…, once an epoch was measured"
            )
        _, state = found
        model.load_state_dict(state["model"])
        return int(state["progress"]["epoch"])

    def _refuse_another_run(self, trainer: Trainer) -> None:
        """Raise an error if the folder has checkpoints of another run, which has other losses."""
        folder = self.last if self.last.paths() else self.best_folder
        paths = folder.paths()
        if not paths or (trainer.step and _is_of(trainer, folder)):
            return
        raise ValueError(
            f"Checkpoints: expected a folder without the checkpoints of another run, got {self.folder} with "
            f"{paths[0].name}, which saving would delete; resume that run with fit(resume={str(self.folder)!r}), "
            "give this one another folder, or delete them"
        )

    def _save(self, trainer: Trainer) -> None:
        _check_finite(trainer)
        state = trainer.state_dict()
        if self._is_best:  # first: if the process is killed in between, the epoch is repeated and not lost
            self.best_folder.save(state, trainer.step)
            self._is_best = False
        self.last.save(state, trainer.step)
        self._saved_step = trainer.step

    def state_dict(self) -> State:
        """Return the best value so far."""
        return {} if self.best is None else {"best": self.best.state_dict()}

    def load_state_dict(self, state_dict: State) -> None:
        """Load the best value so far."""
        check_keys("Checkpoints", state_dict, () if self.best is None else ("best",))
        if self.best is not None:
            self.best.load_state_dict(state_dict["best"])


def _is_of(trainer: Trainer, folder: CheckpointFolder) -> bool:
    """Return whether the newest undamaged checkpoint is of this run: of an earlier or an abandoned later step."""
    try:
        with warnings.catch_warnings(action="ignore"):  # loading has warned of damaged checkpoints already
            found = folder.load()
        losses = [] if found is None else np.asarray(found[1]["history"]["loss"]).tolist()
    except (CheckpointError, KeyError, TypeError):
        return False
    known = min(len(losses), trainer.step)
    return known > 0 and losses[:known] == trainer.history.loss[:known]


def _check_finite(trainer: Trainer) -> None:
    """Raise an error instead of saving parameters that overflowed, so that earlier, good checkpoints are kept."""
    for name, p in trainer.model.named_parameters():
        finite = np.isfinite(p.array)
        if not finite.all():
            raise FloatingPointError(
                f"Checkpoints: expected finite parameters, got {p.array[~finite][0]} in {name} after step "
                f"{trainer.step}; this state is not saved. A lower learning rate usually helps"
            )
