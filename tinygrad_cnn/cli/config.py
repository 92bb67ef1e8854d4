"""`Config`: a training run as a TOML file describes it, checked when it is read."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from tinygrad_cnn._checks import shown
from tinygrad_cnn.cli.checks import ConfigError, Settings, check_known, check_type


@dataclass(frozen=True)
class Scalar:
    """A setting at the top of the file.

    Attributes:
        kind: its type.
        default: its value if the file does not set it.
        least: the lowest value, or None.
        most: the highest value, by default the largest length of a sequence.
    """

    kind: object
    default: object
    least: float | None = None
    most: float = sys.maxsize


SCALARS = {
    "epochs": Scalar(int, 10, 1),
    "batch_size": Scalar(int, 100, 1),
    "seed": Scalar(int, 0, 0, 2**64 - 1),
    "accumulate": Scalar(int, 1, 1),
    "clip_grad_norm": Scalar(float | None, None, 0),
    "num_workers": Scalar(int, 0, 0, 256),  # processes: far more than the cores of a computer would bring it to a halt
    "checkpoint_every": Scalar(int | None, None, 1),
    "keep_checkpoints": Scalar(int, 3, 1),
}
"""The settings at the top of the file."""

TABLES = ("model", "data", "optimizer", "schedule", "early_stopping")
"""The tables of the file; the first three are required."""

Part: TypeAlias = tuple[str, Settings]
"""The name of a class or function and its arguments."""


@dataclass(frozen=True)
class Config:
    """A training run. `building` and `sets` check the names and arguments in the tables.

    Attributes:
        path: of the file.
        text: its content.
        scalars: the settings at its top, by name.
        model, data, optimizer: what to build.
        schedule: what to build, or None.
        early_stopping: the arguments of `EarlyStopping`, or None.
    """

    path: Path
    text: str
    scalars: Mapping[str, object]
    model: Part
    data: Part
    optimizer: Part
    schedule: Part | None
    early_stopping: Settings | None

    def __getattr__(self, name: str) -> Any:
        """Return a setting at the top of the file."""
        try:
            return self.scalars[name]
        except KeyError:
            raise AttributeError(f"Config has no setting {name!r}") from None

    def place(self, name: str) -> str:
        """Return a place in the file as messages name it."""
        return f"{self.path}: {name}"


def read_config(path: Path) -> Config:
    """Return the configuration in the file `path`.

    Raises:
        ConfigError: it is not TOML, or a setting is unknown, missing or out of range; the message names the place.
        OSError: it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors write a byte-order mark
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path}: expected text in UTF-8, got the byte {error.object[error.start]:#04x} in it"
        ) from error
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: expected valid TOML: {error}") from error
    except RecursionError:
        raise ConfigError(f"{path}: expected lists and tables nested less deeply") from None
    check_known(str(path), "keys", found, [*SCALARS, *TABLES])
    scalars = {name: _scalar(f"{path}: {name}", scalar, found) for name, scalar in SCALARS.items()}
    for name in TABLES:
        if name in found and not isinstance(found[name], dict):
            raise ConfigError(f"{path}: expected {name} as a table, got {shown(found[name])}")
    required = {name: _part(path, name, found.get(name)) for name in TABLES[:3]}
    schedule = _part(path, "schedule", found["schedule"]) if "schedule" in found else None
    return Config(path, text, scalars, **required, schedule=schedule, early_stopping=found.get("early_stopping"))


def _scalar(place: str, scalar: Scalar, found: Mapping[str, object]) -> object:
    name = place.rpartition(" ")[2]
    if name not in found:
        return scalar.default
    value = check_type(place, found[name], scalar.kind)
    if scalar.least is not None and not value >= scalar.least:
        raise ConfigError(f"{place}: expected at least {scalar.least:g}, got {value}")
    if value is not None and value > scalar.most:
        raise ConfigError(f"{place}: expected at most {scalar.most:,}, got {value:,}")
    return value


def _part(path: Path, name: str, table: Settings | None) -> Part:
    if table is None:
        raise ConfigError(f'{path}: expected a table [{name}] with name = "…"')
    if not isinstance(table.get("name"), str):
        raise ConfigError(f'{path}: {name}: expected name = "…", got {shown(table.get("name"))}')
    return table["name"], {key: value for key, value in table.items() if key != "name"}
