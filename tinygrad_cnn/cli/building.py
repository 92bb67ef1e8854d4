"""Build the model, the optimizer, the schedule and the early stopping of a configuration."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from types import ModuleType
from typing import Any

from tinygrad_cnn import models, optim
from tinygrad_cnn._types import Shape
from tinygrad_cnn.cli.checks import (
    REFUSALS,
    ConfigError,
    Settings,
    check_arguments,
    check_known,
    check_type,
    refusing,
)
from tinygrad_cnn.cli.config import Config, Part
from tinygrad_cnn.creation import zeros
from tinygrad_cnn.nn import Module
from tinygrad_cnn.optim import Optimizer, lr_scheduler
from tinygrad_cnn.train import Callback, EarlyStopping, LRSchedule
from tinygrad_cnn.train.callbacks.monitor import known_mode
from tinygrad_cnn.train.metrics import evaluating

_PARTS = ("BasicBlock", "Bottleneck", "InvertedResidual", "ResNet", "VGG", "vgg_features")
MODELS = [name for name in models.__all__ if name not in _PARTS]
"""The models that a configuration may name."""

OPTIMIZERS = [name for name in optim.__all__ if name not in ("Optimizer", "lr_scheduler")]
"""The optimizers that a configuration may name."""

_OF_OBJECTS = ("ChainedScheduler", "LRScheduler", "LambdaLR", "SequentialLR")
SCHEDULES = [name for name in lr_scheduler.__all__ if name not in _OF_OBJECTS]
"""The schedules that a configuration may name: those whose arguments are numbers."""

_NOT_SET = ("self", "optimizer", "last_epoch", "scale_fn")
"""Arguments of schedules that a configuration must not set."""

_LENGTHS = {"CosineAnnealingLR": "T_max", "OneCycleLR": "total_steps"}
"""The setting that gives the length of a schedule in its steps; by default it is that of the run."""


def build_model(place: str, part: Part) -> Module:
    """Return the model that a table describes, its weights drawn from the default generator.

    Raises:
        ConfigError: a name or setting is unknown, or the model refuses it.
    """
    return _build(place, models, MODELS, part, ("self", "weights", "pretrained", "progress"))


def _build(place: str, room: ModuleType, known: Collection[str], part: Part, leave_out: Collection[str],
           *given: object) -> Any:  # fmt: skip
    """Return the object that a table describes: one of the `known` classes or functions of `room`."""
    name, settings = part
    check_known(place, "name", [name], known)
    kind = getattr(room, name)
    arguments = check_arguments(place, kind, settings, leave_out)
    with refusing(place):
        return kind(*given, **arguments)


def check_fit(place: str, model: Module, shape: Shape, classes: int | None) -> None:
    """Check that `model` takes an image of `shape`, and returns a score for each class if their number is known.

    Raises:
        ConfigError: the model refuses the image, or returns something else.
    """
    try:
        with evaluating(model):
            found = model(zeros(1, *shape)).shape
    except (RuntimeError, *REFUSALS) as error:
        raise ConfigError(f"{place}: expected a model for images of {'×'.join(map(str, shape))}: {error}") from error
    if classes is not None and found != (1, classes):
        raise ConfigError(f"{place}: expected scores of {classes} classes, (1, {classes}) for an image, got {found}")


def build_optimizer(config: Config, model: Module) -> Optimizer:
    """Return the optimizer of all parameters of `model`.

    Raises:
        ConfigError: a name or setting is unknown or out of range.
    """
    return _build(
        config.place("optimizer"), optim, OPTIMIZERS, config.optimizer, ("self", "params"), model.named_parameters()
    )


def build_schedule(config: Config, optimizer: Optimizer, steps_per_epoch: int) -> list[Callback]:
    """Return the callback that changes the learning rate in a list, empty if there is no schedule.

    Raises:
        ConfigError: a name or setting is unknown or out of range.
    """
    if config.schedule is None:
        return []
    name, settings = config.schedule
    place = config.place("schedule")
    check_known(place, "name", [name], SCHEDULES)
    own: Settings = {key: settings[key] for key in ("every", "monitor") if key in settings}
    own = {key: check_type(f"{place}.{key}", value, str) for key, value in own.items()}
    own.setdefault("every", "step" if name == "OneCycleLR" else "epoch")
    given = {key: value for key, value in settings.items() if key not in own}
    if "monitor" in own:
        _check_monitor(config, place, own["monitor"])
        if name == "ReduceLROnPlateau":
            given.setdefault("mode", known_mode(own["monitor"]) or "min")
    steps = config.epochs * (steps_per_epoch if own["every"] == "step" else 1)
    if name in _LENGTHS and "epochs" not in given:
        given.setdefault(_LENGTHS[name], steps)
    kind = getattr(lr_scheduler, name)
    known = [key for key in inspect.signature(kind).parameters if key not in _NOT_SET]
    check_known(place, "settings", given, [*known, "every", "monitor"])
    given = check_arguments(place, kind, given, leave_out=_NOT_SET)
    with refusing(place):
        schedule = kind(optimizer, **given)
        if getattr(schedule, "total_steps", steps) < steps:
            raise ValueError(
                f"{name}: expected total_steps of at least {steps}, the steps of this run, got {schedule.total_steps}"
            )
        return [LRSchedule(schedule, **own)]


def build_early_stopping(config: Config) -> list[Callback]:
    """Return the callback that ends the run early in a list, empty if there is none.

    Raises:
        ConfigError: a setting is unknown or out of range.
    """
    if config.early_stopping is None:
        return []
    place = config.place("early_stopping")
    given = check_arguments(place, EarlyStopping, config.early_stopping, leave_out=("self", "restore_best"))
    _check_monitor(config, place, given.get("monitor", "validation_loss"))
    with refusing(place):
        return [EarlyStopping(**given)]


def _check_monitor(config: Config, place: str, monitor: str) -> None:
    """Raise a ConfigError unless a run of `config` measures `monitor`."""
    sets = ["", "validation_"] if config.data[1].get("validation") else [""]
    measured = [f"{prefix}{metric}" for prefix in sets for metric in ("loss", "accuracy")]
    if monitor.startswith("validation_") and len(sets) == 1:
        raise ConfigError(
            f"{place}: expected validation = … in [data], for {monitor!r} is measured on what it holds out"
        )
    check_known(place, "monitor", [monitor], measured)
