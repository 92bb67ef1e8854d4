"""The settings of a run, and how they differ from those of a checkpoint.

docs/training.md has the table of the settings: which of them must not differ, and which apply with a warning.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tinygrad_cnn.optim.loading import numbers_by_name
from tinygrad_cnn.train.batches import length, loss_name
from tinygrad_cnn.train.checkpoint import State

if TYPE_CHECKING:
    from tinygrad_cnn.train.state import RunState

_FOLLOWING = ("lr", "initial_lr", "max_lr", "min_lr", "momentum", "betas", "max_momentum", "base_momentum")
"""The settings of an optimizer's groups that schedules write or read."""

_COUNTED = ("base_lrs", "last_epoch", "mode_worse", "best")
"""The entries of a schedule's state that are not settings."""


@runtime_checkable
class Resumable(Protocol):
    """Anything that can be saved and resumed, such as a `DataLoader` within an epoch."""

    def state_dict(self) -> State:
        """Return the state, such as the position within the epoch."""

    def load_state_dict(self, state_dict: State, /) -> None:
        """Load what `state_dict` returned."""


class Described(Resumable, Protocol):
    """A callback as checkpoints see it."""

    def training_settings(self) -> dict[str, object] | None:
        """Return the settings with which it changes the training; None if it changes nothing."""


@runtime_checkable
class Schedule(Resumable, Protocol):
    """A callback that changes the learning rate, such as `LRSchedule`."""

    def after_step(self) -> None:
        """Take the schedule's step after a training step, if it is due."""

    def after_epoch(self, row: Mapping[str, float]) -> None:
        """Take the schedule's step after an epoch, if it is due."""


def describe(run: RunState) -> State:
    """Return the settings of `run` as values that a checkpoint can hold."""
    names = {p: name for name, p in run.model.named_parameters()}
    groups = run.optimizer.param_groups
    named = run.named_callbacks()
    return {
        "model": {key: str(value.dtype) for key, value in run.model.state_dict().items()},
        "optimizer": [
            copy.deepcopy({key: value for key, value in group.items() if key not in ("params", "param_names")})
            for group in groups
        ],
        "names": [[names.get(p) for p in group["params"]] for group in groups],
        "schedules": {
            name: copy.deepcopy(one.state_dict()) for name, one in named.items() if isinstance(one, Schedule)
        },
        "callbacks": {
            name: _plain(settings) for name, one in named.items() if (settings := one.training_settings()) is not None
        },
        "data": None if run.loader is None else _data(run.loader),
        "steps": {"accumulate": run.accumulate, "loss": loss_name(run.loss_fn)},
        "config": _plain(run.config) if isinstance(run.config, Mapping) else {},
    }


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    """Return the numbers, lines of text and the like among `values`."""
    return {
        str(key): value
        for key, value in values.items()
        if value is None or isinstance(value, bool | int | float) or (isinstance(value, str) and "\n" not in value)
    }


def _data(loader: Iterable[object]) -> dict[str, object]:
    sampler, dataset = getattr(loader, "sampler", None), getattr(loader, "dataset", None)
    found = {
        "batches": length(loader),
        "batch_size": getattr(loader, "batch_size", None),
        "drop_last": getattr(loader, "drop_last", None),
        "order": None if sampler is None else type(sampler).__name__,
        "samples": None if dataset is None else length(dataset),
    }
    return _plain(found)


def differences(then: State, now: State, within: bool) -> list[str]:
    """Return the settings that differ, each with both values; the current values apply.

    Args:
        then: the saved settings.
        now: the current ones.
        within: whether the checkpoint was saved within an epoch.

    Raises:
        ValueError: a setting differs that must not differ; the message names it.
    """
    for key in now["model"]:
        if then["model"].get(key) != now["model"][key]:
            raise ValueError(f"expected a model of the same dtypes, got {key} in {then['model'][key]}, now "
                             f"{now['model'][key]}")  # fmt: skip
    data = _changed("data", then["data"], now["data"]) if then["data"] and now["data"] else []
    if data and within:
        raise ValueError(
            f"expected the loader of the checkpoint, which is from within an epoch, got {'; '.join(data)}: the rest of "
            "the epoch cannot be determined; resume from a checkpoint between two epochs, or with the same loader"
        )
    found = []
    for i, (old, new) in enumerate(zip(then["optimizer"], now["optimizer"], strict=False)):
        place = f"optimizer group {i}" if len(now["optimizer"]) > 1 else "optimizer"
        found += _changed(place, _essential(old), _essential(new))
    for name in now["schedules"]:
        found += _schedule_changes(then["schedules"][name], now["schedules"][name])
    for name in sorted(then["callbacks"].keys() | now["callbacks"].keys()):
        if name not in now["callbacks"] or name not in then["callbacks"]:
            found.append(f"{name} {'added' if name in now['callbacks'] else 'left out'}")
        else:
            found += _changed(name, then["callbacks"][name], now["callbacks"][name])
    for part in ("steps", "config"):
        found += _changed("trainer" if part == "steps" else part, then[part], now[part])
    return found + data


def _changed(place: str, then: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    keys = dict.fromkeys([*then, *now])
    return [f"{place}.{key} {then.get(key)!r}, now {now.get(key)!r}" for key in keys if then.get(key) != now.get(key)]


def _essential(group: Mapping[str, object]) -> dict[str, object]:
    """Return the settings of a group without the rates that are computed from others."""
    own = {key: value for key, value in group.items() if key not in ("lr", "initial_lr", "max_lr", "min_lr")}
    if "max_lr" in group:
        return {"max_lr": group["max_lr"], **own}
    return {"lr": group.get("initial_lr", group["lr"]), **own}


def _schedule_changes(then: State, now: State) -> list[str]:
    old, new = then["scheduler"], now["scheduler"]
    changed = [key for key in new if key not in _COUNTED and key != "_last_lr" and old.get(key) != new[key]]
    public = [key for key in changed if not key.startswith("_")]
    if changed and not public:
        return [f"other settings of {now['kind']}"]
    return _changed(now["kind"], {key: old.get(key) for key in public}, {key: new[key] for key in public})


def arranged(owner: str, state: State, then: Sequence[Sequence[str]], now: Sequence[Sequence[str]]) -> State:
    """Return the saved state of an optimizer with the parameters of its groups reordered by name.

    Args:
        owner: the optimizer, for error messages.
        state: the result of its `state_dict`.
        then: the names of the parameters of each group when it was saved.
        now: their names now, in the new order.

    Raises:
        ValueError: the names differ.
    """
    given = state.get("param_groups", [])
    if not len(given) == len(then) == len(now):
        return dict(state)  # the optimizer will refuse it
    groups = []
    for i, group in enumerate(given):
        if None not in (*then[i], *now[i]) and len(then[i]) == len(now[i]) == len(group["params"]):
            numbers = numbers_by_name(owner, i, now[i], dict(zip(then[i], group["params"], strict=True)))
            group = {**group, "params": numbers, **({"param_names": now[i]} if "param_names" in group else {})}
        groups.append(group)
    return {**state, "param_groups": groups}


def reapply(run: RunState, then: State, now: State) -> None:
    """Give the optimizer the settings that differ, and the rates that the current schedules give.

    The schedules run again from the beginning to the current step, with the metrics of the history.
    """
    follow = False
    for group, old, new in zip(run.optimizer.param_groups, then["optimizer"], now["optimizer"], strict=True):
        for key in new:
            if old.get(key) != new[key]:
                group[key] = copy.deepcopy(new[key])
                follow = follow or key in _FOLLOWING
    if not now["schedules"] or (not follow and then["schedules"] == now["schedules"]):
        return
    for group, new in zip(run.optimizer.param_groups, now["optimizer"], strict=True):
        group.update(copy.deepcopy({key: new[key] for key in _FOLLOWING if key in new}))
    named = run.named_callbacks()
    schedules = [one for name in now["schedules"] if isinstance(one := named[name], Schedule)]
    for name, one in zip(now["schedules"], schedules, strict=True):
        one.load_state_dict(now["schedules"][name])
    run.optimizer._opt_called = True  # its steps were taken before the checkpoint
    ends = {row["step"]: row for row in run.history.rows}
    for step in range(1, run.step + 1):
        for one in schedules:
            one.after_step()
        if step in ends:
            for one in schedules:
                one.after_epoch(ends[step])
