"""Files that describe a `CnnBasicModel`: JSON, TOML and YAML."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Required, TypedDict, cast

from tinygrad_cnn._checks import nearest, shown

_KEYS = ("hconfigs", "input_size", "num_classes")
_MAX_SIZE = 1 << 18
_MAX_DEPTH = 32
_MAX_NODES = 100_000
"""The most values that a YAML file may hold once its aliases are expanded."""


class Settings(TypedDict, total=False):
    """The arguments of `CnnBasicModel`."""

    hconfigs: Required[Sequence[object]]
    input_size: Sequence[int]
    num_classes: int


def read_config(path: str | os.PathLike[str]) -> Settings:
    """Return the arguments of `CnnBasicModel` in a file; see `CnnBasicModel.from_file`."""
    file = Path(path)
    parse = _PARSERS.get(file.suffix.lower())
    if parse is None:
        raise ValueError(f"{file}: expected a file that ends with one of {', '.join(_PARSERS)}")
    size = file.stat().st_size
    if size > _MAX_SIZE:
        raise ValueError(f"{file}: expected a file of at most {_MAX_SIZE:,} bytes, got {size:,}")
    try:
        found = parse(file.read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError(f"{file}: expected layers, got values nested more deeply than can be read") from None
    except ValueError as error:
        raise ValueError(f"{file}: expected valid {file.suffix[1:].upper()}: {error}") from error
    settings = {"hconfigs": found} if isinstance(found, list) else found
    if not isinstance(settings, dict) or "hconfigs" not in settings:
        raise ValueError(f"{file}: expected a table with the key hconfigs, got {shown(found)}")
    for key in settings:
        if key not in _KEYS:
            raise ValueError(f"{file}: expected keys among {', '.join(_KEYS)}, got {shown(key)}{nearest(key, _KEYS)}")
    sizes = settings.get("input_size")
    if sizes is not None and not (isinstance(sizes, list) and all(type(size) is int for size in sizes)):
        raise TypeError(f"{file}: expected input_size as a list of ints, got {shown(sizes)}")
    if type(settings.get("num_classes", 1)) is not int:
        raise TypeError(f"{file}: expected num_classes as an int, got {shown(settings['num_classes'])}")
    return cast(Settings, settings)


def _yaml(text: str) -> object:
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError('YAML files need PyYAML: pip install "tinygrad-cnn[yaml]"') from error
    try:
        _check_yaml(yaml, text)
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _check_yaml(yaml: ModuleType, text: str) -> None:
    """Raise a ValueError if the text is nested too deeply, or too large once its aliases are expanded."""
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = [(None, 0)]  # (anchor, number of values so far) of each
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, count = open_nodes.pop()
        elif isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, 1))
            if len(open_nodes) > _MAX_DEPTH:
                raise ValueError(f"expected at most {_MAX_DEPTH} levels, got more")
            continue
        elif isinstance(event, yaml.AliasEvent):
            anchor, count = (
                None,
                sizes.get(event.anchor, _MAX_NODES + 1),
            )  # inside its own anchor an alias has no size yet
        elif isinstance(event, yaml.ScalarEvent):
            anchor, count = event.anchor, 1
        else:
            continue
        if anchor is not None:
            sizes[anchor] = count
        outer, so_far = open_nodes[-1]
        open_nodes[-1] = outer, so_far + count
        if so_far + count > _MAX_NODES:
            raise ValueError(f"expected at most {_MAX_NODES:,} values with all aliases written out, got more")


_PARSERS: dict[str, Callable[[str], object]] = {
    ".json": json.loads, ".toml": tomllib.loads, ".yaml": _yaml, ".yml": _yaml,
}  # fmt: skip
