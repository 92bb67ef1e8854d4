"""How tensors are printed: `set_printoptions`, and the text of an array."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tinygrad_cnn._types import Array


class _Options(NamedTuple):
    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": _Options(),
    "short": _Options(precision=2, edgeitems=2),
    "full": _Options(threshold=float("inf")),
}
_options = _Options()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are printed. None leaves a setting unchanged, but ``sci_mode=None`` lets the values decide.

    Args:
        precision: digits after the decimal point; initially 4.
        threshold: a tensor with more elements than this is abbreviated; initially 1000.
        edgeitems: how many elements an abbreviated tensor shows at either end of each axis; initially 3.
        linewidth: characters in a line; initially 80.
        profile: "default", "short" (two digits, two elements at either end) or "full" (nothing is abbreviated);
            applied before the other arguments.
        sci_mode: whether floating-point numbers are printed as 1.0000e+00.

    Raises:
        ValueError: `profile` is unknown.
    """
    global _options
    if profile is not None and profile not in _PROFILES:
        raise ValueError(f"set_printoptions: expected profile 'default', 'short' or 'full', got {profile!r}")
    base = _options if profile is None else _PROFILES[profile]
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    _options = base._replace(**chosen, sci_mode=sci_mode)


def text(array: Array, prefix: str = "") -> str:
    """Return the elements as text; the lines after the first are indented by the length of `prefix`."""
    options = _options
    formatter: Any = None
    if options.sci_mode is not None and array.dtype.kind == "f":
        kind = "e" if options.sci_mode else "f"
        formatter = {"float_kind": lambda value: format(value, f".{options.precision}{kind}")}
    size = array.size
    return np.array2string(
        array,
        max_line_width=options.linewidth,
        precision=options.precision,
        separator=", ",
        prefix=prefix,
        threshold=size + 1 if options.threshold >= size else int(options.threshold),
        edgeitems=options.edgeitems,
        formatter=formatter,
    )
