"""The language in which `CnnBasicModel` is told its layers, read into `LayerConfig`s."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from tinygrad_cnn._checks import nearest, shown
from tinygrad_cnn._types import Pair

Kind = Literal["full", "conv", "max", "avg"]
Activation = Literal["none", "relu", "sigmoid", "tanh"]

_ACTIVATIONS = ("none", "relu", "sigmoid", "tanh")


@dataclass(frozen=True)
class LayerConfig:
    """One layer.

    Attributes:
        kind: "full", "conv", "max" or "avg".
        actfunc: the activation after it.
        width: of a full layer.
        chn: number of filters of a convolution.
        ksize: (height, width) of the filters of a convolution.
        stride: (height, width) of the windows of a pooling layer, and the steps between them.
    """

    kind: Kind
    actfunc: Activation
    width: int = 0
    chn: int = 0
    ksize: Pair = (0, 0)
    stride: Pair = (0, 0)


def parse_layers(hconfigs: object) -> tuple[LayerConfig, ...]:
    """Read a list of layer configurations; see `CnnBasicModel` for the language.

    Raises:
        TypeError, ValueError: the message names the layer's index, the key, what is allowed and what came.
    """
    if isinstance(hconfigs, str | Mapping) or not isinstance(hconfigs, Sequence):
        raise TypeError(f"hconfigs: expected a list of layers, got {shown(hconfigs)}")
    return tuple([_layer(f"hconfigs[{i}]", entry) for i, entry in enumerate(hconfigs)])


def _layer(place: str, entry: object) -> LayerConfig:
    if isinstance(entry, int) and not isinstance(entry, bool):
        return _full(place, {"width": entry})
    form = "a width or [kind, {options}], such as 30 or ['conv', {'ksize': 5, 'chn': 6}]"
    if isinstance(entry, str) or not isinstance(entry, Sequence) or not 1 <= len(entry) <= 2:
        raise TypeError(f"{place}: expected {form}, got {shown(entry)}")
    kind, options = entry[0], entry[1] if len(entry) == 2 else {}
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise ValueError(f"{place}: expected the kind as one of {_listed(_READERS)}, got {shown(kind)}")
    if not isinstance(options, Mapping):
        raise TypeError(f"{place}: expected the options of {kind!r} as a dict, got {shown(options)}")
    return read(place, options)


def _full(place: str, options: Mapping[str, object]) -> LayerConfig:
    _check_keys(place, "full", options, ("width",))
    return LayerConfig("full", _actfunc(place, options, "relu"), width=_count(place, "width", options["width"]))


def _conv(place: str, options: Mapping[str, object]) -> LayerConfig:
    _check_keys(place, "conv", options, ("ksize", "chn"))
    return LayerConfig(
        "conv",
        _actfunc(place, options, "relu"),
        chn=_count(place, "chn", options["chn"]),
        ksize=_pair(place, "ksize", options["ksize"]),
    )


def _max(place: str, options: Mapping[str, object]) -> LayerConfig:
    _check_keys(place, "max", options, ("stride",))
    return LayerConfig("max", _actfunc(place, options, "none"), stride=_pair(place, "stride", options["stride"]))


def _avg(place: str, options: Mapping[str, object]) -> LayerConfig:
    _check_keys(place, "avg", options, ("stride",))
    return LayerConfig("avg", _actfunc(place, options, "none"), stride=_pair(place, "stride", options["stride"]))


_READERS: dict[str, Callable[[str, Mapping[str, object]], LayerConfig]] = {
    "full": _full, "conv": _conv, "max": _max, "avg": _avg,
}  # fmt: skip


def _check_keys(place: str, kind: str, options: Mapping[str, object], needed: tuple[str, ...]) -> None:
    allowed = (*needed, "actfunc")
    for key in options:
        if key not in allowed:
            raise ValueError(
                f"{place}: expected the options of {kind!r} among {_listed(allowed)}, got {shown(key)}"
                f"{nearest(key, allowed)}"
            )
    for key in needed:
        if key not in options:
            raise ValueError(f"{place}: {kind!r} needs the option {key!r}, got {_listed(options) or 'no options'}")


def _actfunc(place: str, options: Mapping[str, object], default: Activation) -> Activation:
    name = options.get("actfunc", default)
    if name not in _ACTIVATIONS:
        raise ValueError(f"{place}: expected actfunc as one of {_listed(_ACTIVATIONS)}, got {shown(name)}")
    return cast(Activation, name)


def _count(place: str, key: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{place}: expected {key} as an int, got {shown(value)}")
    if value < 1:
        raise ValueError(f"{place}: expected {key} of at least 1, got {value}")
    return value


def _pair(place: str, key: str, value: object) -> Pair:
    """Return one number or two as (height, width)."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) != 2:
            raise ValueError(f"{place}: expected {key} as a number or a pair, got {shown(value)}")
        return _count(place, key, value[0]), _count(place, key, value[1])
    side = _count(place, key, value)
    return side, side


def _listed(names: object) -> str:
    return ", ".join(repr(name) for name in cast(Any, names))
