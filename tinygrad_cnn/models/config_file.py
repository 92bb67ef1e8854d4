"""Files that describe a `CnnBasicModel`: JSON, TOML and YAML."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

_KEYS = ("hconfigs", "input_size", "num_classes")


def read_config(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the arguments of `CnnBasicModel` that a file gives; see `CnnBasicModel.from_file`."""
    file = Path(path)
    parse = _PARSERS.get(file.suffix.lower())
    if parse is None:
        raise ValueError(f"{file}: expected a file that ends with one of {', '.join(_PARSERS)}")
    text = file.read_text(encoding="utf-8")
    try:
        found = parse(text)
    except ValueError as error:
        raise ValueError(f"{file}: expected {file.suffix[1:].upper()}, got text that is none: {error}") from error
    settings = {"hconfigs": found} if isinstance(found, list) else found
    if not isinstance(settings, dict) or "hconfigs" not in settings:
        raise ValueError(f"{file}: expected a table with the key hconfigs, got {found!r}")
    for key in settings:
        if key not in _KEYS:
            raise ValueError(f"{file}: expected keys among {', '.join(_KEYS)}, got {key!r}")
    sizes = settings.get("input_size")
    if sizes is not None and not (isinstance(sizes, list) and all(type(size) is int for size in sizes)):
        raise TypeError(f"{file}: expected input_size as a list of ints, got {sizes!r}")
    if type(settings.get("num_classes", 1)) is not int:
        raise TypeError(f"{file}: expected num_classes as an int, got {settings['num_classes']!r}")
    return settings


def _yaml(text: str) -> Any:
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError('YAML files need PyYAML: pip install "tinygrad-cnn[yaml]"') from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


_PARSERS: dict[str, Callable[[str], Any]] = {
    ".json": json.loads, ".toml": tomllib.loads, ".yaml": _yaml, ".yml": _yaml,
}  # fmt: skip
