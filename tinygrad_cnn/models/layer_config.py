"""Parse the layer configurations of `CnnBasicModel` into `LayerConfig`s."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tinygrad_cnn._checks import nearest, shown
from tinygrad_cnn._types import Pair

_ACTIVATIONS = ("none", "relu", "sigmoid", "tanh")

_NEEDED = {"full": ("width",), "conv": ("ksize", "chn"), "max": ("stride",), "avg": ("stride",)}
"""The options that each kind of layer needs, besides `actfunc`, which none needs."""


@dataclass(frozen=True)
class LayerConfig:
    """One layer.

    Attributes:
        kind: "full", "conv", "max" or "avg".
        actfunc: the activation after it.
        width: of a full layer.
        chn: number of filters of a convolution.
        ksize: (height, width) of the filters of a convolution.
        stride: (height, width) of the windows of a pooling layer, and of the step between them.
    """

    kind: str
    actfunc: str
    width: int = 0
    chn: int = 0
    ksize: Pair = (0, 0)
    stride: Pair = (0, 0)


def parse_layers(hconfigs: object) -> tuple[LayerConfig, ...]:
    """Parse a list of layer configurations; `CnnBasicModel` documents their form.

    Raises:
        TypeError, ValueError: the message names the layer's index, the key, what is allowed and what came.
    """
    if isinstance(hconfigs, str | Mapping) or not isinstance(hconfigs, Sequence):
        raise TypeError(f"hconfigs: expected a list of layers, got {shown(hconfigs)}")
    return tuple([_layer(f"hconfigs[{i}]", entry) for i, entry in enumerate(hconfigs)])


def _layer(place: str, entry: object) -> LayerConfig:
    if isinstance(entry, int) and not isinstance(entry, bool):
        entry = ["full", {"width": entry}]
    form = "a width or [kind, {options}], such as 30 or ['conv', {'ksize': 5, 'chn': 6}]"
    if isinstance(entry, str) or not isinstance(entry, Sequence) or not 1 <= len(entry) <= 2:
        raise TypeError(f"{place}: expected {form}, got {shown(entry)}")
    kind, options = entry[0], entry[1] if len(entry) == 2 else {}
    if not isinstance(kind, str) or kind not in _NEEDED:
        raise ValueError(f"{place}: expected the kind as one of {_listed(_NEEDED)}, got {shown(kind)}")
    if not isinstance(options, Mapping):
        raise TypeError(f"{place}: expected the options of {kind!r} as a dict, got {shown(options)}")
    needed = _NEEDED[kind]
    _check_keys(place, kind, options, needed)
    default = "none" if kind in ("max", "avg") else "relu"
    actfunc = options.get("actfunc", default)
    if actfunc not in _ACTIVATIONS:
        raise ValueError(f"{place}: expected actfunc as one of {_listed(_ACTIVATIONS)}, got {shown(actfunc)}")

    def count(key: str) -> int:
        return _count(place, key, options[key]) if key in needed else 0

    def sides(key: str) -> Pair:
        return _pair(place, key, options[key]) if key in needed else (0, 0)

    return LayerConfig(kind, actfunc, count("width"), count("chn"), sides("ksize"), sides("stride"))


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


def _count(place: str, key: str, value: object) -> int:
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


def _listed(names: Iterable[object]) -> str:
    return ", ".join(map(repr, names))
