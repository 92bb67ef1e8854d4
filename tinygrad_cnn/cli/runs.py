"""Run folders: made with a new number each, locked, and opened again."""

from __future__ import annotations

import shutil
import tomllib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_cnn._types import Shape
from tinygrad_cnn.cli.building import build_model
from tinygrad_cnn.cli.checks import ConfigError, Settings
from tinygrad_cnn.cli.config import SCALARS, Config, read_config
from tinygrad_cnn.nn import Module
from tinygrad_cnn.train import CheckpointFolder

fcntl: Any
try:
    import fcntl
except ModuleNotFoundError:  # Windows
    fcntl = None

CONFIG, HISTORY, CHECKPOINTS, REPORT, LOCK = "config.toml", "history.csv", "checkpoints", "report.html", ".lock"
"""Names in a run folder."""


def new_run(base: Path, name: str) -> Path:
    """Make and return the folder ``name-001`` in `base`, numbered after the highest existing one."""
    base.mkdir(parents=True, exist_ok=True)
    taken = [path.name.removeprefix(f"{name}-") for path in base.glob(f"{name}-*")]
    number = 1 + max((int(text) for text in taken if text.isdecimal()), default=0)
    while True:
        run = base / f"{name}-{number:03d}"
        try:
            run.mkdir()  # another process may have taken the number meanwhile
        except FileExistsError:
            number += 1
        else:
            return run


@contextmanager
def undone_unless_saved(run: Path, new: bool) -> Iterator[None]:
    """Delete the folder of a `new` run if an error ends the block before any checkpoint was saved."""
    try:
        yield
    except BaseException:
        if new and not any(CheckpointFolder(run / CHECKPOINTS, prefix=kind).paths() for kind in ("step", "best")):
            shutil.rmtree(run, ignore_errors=True)
        raise


def begin_again(run: Path) -> bool:
    """Return whether a run has no state to resume from; if so, delete its best weights."""
    if CheckpointFolder(run / CHECKPOINTS).paths():
        return False
    for path in CheckpointFolder(run / CHECKPOINTS, prefix="best").paths():
        path.unlink()
        path.with_suffix(".safetensors").unlink(missing_ok=True)
    return True


def check_run(run: Path) -> Path:
    """Return `run` if it is a run folder.

    Raises:
        ConfigError: it is not one.
    """
    if not (run / CONFIG).is_file():
        raise ConfigError(f"{run}: expected the folder of a run, which has a {CONFIG}")
    return run


def latest_run(base: Path) -> Path:
    """Return the run folder in `base` that trained last.

    Raises:
        ConfigError: no run has a checkpoint.
    """
    found = {
        run: max(path.stat().st_mtime for path in checkpoints)
        for run in (path.parent for path in base.glob(f"*/{CONFIG}"))
        if (checkpoints := CheckpointFolder(run / CHECKPOINTS).paths())
    }
    if not found:
        raise ConfigError(
            f"{base}: expected a run with a checkpoint in this folder, found none; train one, or give --run"
        )
    return max(found, key=lambda run: found[run])


@contextmanager
def only_trainer(run: Path) -> Iterator[None]:
    """Keep other processes from training in the folder `run` within the block.

    The system releases the lock when the process ends, for whatever reason. Windows has no such lock.

    Raises:
        ConfigError: another process trains there.
    """
    if fcntl is None:
        yield
        return
    with (run / LOCK).open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(f"{run}: expected a run that no other process trains, but one does") from error
        yield


def check_same_run(config: Config, run: Path) -> None:
    """Refuse to resume a run if the configuration has changed its model, data or seed.

    The seed counts because it chose the initial weights and the held-out samples. The folder of the data and settings
    that affect only the speed may change; the trainer compares everything else.

    Raises:
        ConfigError: one has changed; names it.
        ValueError: all checkpoints are damaged.
    """
    with warnings.catch_warnings(action="ignore"):  # the trainer warns of damaged ones
        found = CheckpointFolder(run / CHECKPOINTS).load()
    if found is None:
        return
    path, state = found
    then, now = (_fixed(tomllib.loads(text)) for text in (str(state["config"]["config"]), config.text))
    for key in {**then, **now}:
        if then.get(key) != now.get(key):
            raise ConfigError(
                f"{config.path}: {key}: expected {then.get(key)!r}, with which the run began ({path.name}), got "
                f"{now.get(key)!r}; put it back, or train anew with a configuration of its own"
            )


def _fixed(settings: Settings) -> Settings:
    """Return the settings that must not change within a run, by name."""
    parts = {f"{part}.{key}": value for part in ("model", "data") for key, value in settings.get(part, {}).items()}
    parts.pop("data.root", None)
    return {"seed": settings.get("seed", SCALARS["seed"].default), **parts}


@dataclass(frozen=True)
class TrainedModel:
    """The trained model of a run.

    Attributes:
        model: the model, in evaluation mode.
        config: of the run.
        classes: names of the classes.
        shape: (C, H, W) of the images.
        checkpoint: the file with the weights.
        epoch: number of epochs the weights were trained for.
    """

    model: Module
    config: Config
    classes: list[str]
    shape: Shape
    checkpoint: Path
    epoch: int


def load_trained(run: Path, weights: str | None = None) -> TrainedModel:
    """Return the model of a run.

    Args:
        run: its folder.
        weights: "best" or "last"; None for the best if saved, and the last otherwise.

    Raises:
        ConfigError: `run` is not a run folder, or has no such checkpoint.
        ValueError: the checkpoints are damaged or do not fit; the message names them.
    """
    config = read_config(check_run(run) / CONFIG)
    found = None
    for prefix in {None: ("best", "step"), "best": ("best",), "last": ("step",)}[weights]:
        found = found or CheckpointFolder(run / CHECKPOINTS, prefix=prefix).load()
    if found is None:
        raise ConfigError(
            f"{run}: expected a checkpoint{' of the best epoch' if weights == 'best' else ''}, found none"
        )
    path, state = found
    model = build_model(config.place("model"), config.model)
    try:
        about: Settings = state["config"]
        model.load_state_dict(state["model"])
        classes, shape = list(about["classes"]), tuple(about["shape"])
        epoch = int(state["progress"]["epoch"])
    except (RuntimeError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{path}: expected a checkpoint of {config.path}, got one that does not fit: {error}"
        ) from error
    for name, value in model.state_dict().items():
        if not np.isfinite(value.array).all():
            raise ConfigError(
                f"{path}: expected finite weights, got some of {name} that are NaN or infinite; train anew"
            )
    return TrainedModel(model.eval(), config, classes, shape, path, epoch)
