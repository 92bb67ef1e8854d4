"""The texts in a picture: shapes, numbers, and the settings of operations, short but exact."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array, DType, Shape
from tinygrad_cnn.graph.model import Operation

LONGEST = 56
"""The largest number of characters in a line; a longer one is cut."""

_HIDDEN = {"input_size", "output_size", "scale_factor", "shape", "num_classes", "counted"}
"""Settings that follow from the shapes on the edges."""

_NORMAL = {
    "padding": "0", "dilation": "1", "groups": "1", "keepdim": "False", "reduction": "mean", "mode": "constant",
    "value": "0", "eps": "1e−05",
}  # fmt: skip
"""PyTorch's defaults, which are not shown."""


def shape_text(shape: Shape) -> str:
    """Return a shape as ``100×30×24×24``, or ``scalar`` for a 0-d tensor."""
    return "×".join(map(str, shape)) if shape else "scalar"


def edge_text(shape: Shape, dtype: DType, usual: DType) -> str:
    """Return a shape, and the dtype unless it is the usual one."""
    return shape_text(shape) if dtype == usual else f"{shape_text(shape)} {dtype}"


def values_text(data: Array) -> str:
    """Return the elements, to four significant digits, as ``[1.5, −2]``."""
    if data.ndim == 0:
        return number_text(data.item())
    return "[" + ", ".join(values_text(part) for part in data) + "]" if len(data) else "[]"


def number_text(value: float | bool) -> str:
    """Return a number to four significant digits."""
    return str(value) if isinstance(value, bool) else f"{value:.4g}".replace("-", "−")


def counted(number: int, noun: str) -> str:
    """Return ``1 operation``, ``1,234 operations``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def shorten(line: str, longest: int = LONGEST) -> str:
    """Return `line` on one line, cut to at most `longest` characters."""
    line = " ".join(line.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip(" ,") + "…"


def settings_text(operation: Operation) -> str:
    """Return the settings of an operation that are not PyTorch's defaults, as ``stride 2, padding 1``."""
    parts: list[str] = []
    for name, value in sorted(operation.attrs.items(), key=lambda item: item[0] != "kernel_size"):
        text = _setting(name, value)
        if name in _HIDDEN or value is None or text == _NORMAL.get(name):
            continue
        if operation.family == "convolution" and (name == "kernel_size" or (name, text) == ("stride", "1")):
            continue
        if name == "dim" and operation.family == "reduction" and not operation.shape:
            continue
        if name == "kernel_size":
            one_axis = isinstance(value, tuple) and len(value) == 1
            parts.append(text if "×" in text or one_axis else f"{text}×{text}")
        elif name == "index":
            parts.append(text)
        elif name == "dtype":
            parts.append(f"to {text}")
        elif isinstance(value, bool):
            parts.append(name if value else f"{name} off")
        else:
            parts.append(f"{name} {text}")
    return shorten(", ".join(parts))


def _setting(name: str, value: object) -> str:
    if name == "padding" and isinstance(value, tuple) and all(isinstance(part, tuple) for part in value):
        while len(value) > 2 and not any(value[0]):  # a pair for each axis; leading axes are seldom padded
            value = value[1:]
        return _padding(value)
    if name == "index":
        parts = value if isinstance(value, tuple) else (value,)
        return "[" + ", ".join(_index(part) for part in parts) + "]"
    if isinstance(value, tuple) and name not in ("dim", "dims"):
        return str(value[0]) if len(value) == 2 and value[0] == value[1] else "×".join(map(str, value))
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return number_text(value) if isinstance(value, float) else str(value)


def _padding(value: tuple[tuple[int, int], ...]) -> str:
    if len({size for side in value for size in side}) == 1:
        return str(value[0][0])
    if all(before == after for before, after in value):
        return "×".join(str(before) for before, _ in value)
    return "×".join(f"({before}, {after})" for before, after in value)


def _index(part: object) -> str:
    if isinstance(part, slice):
        start, stop = ("" if end is None else str(end) for end in (part.start, part.stop))
        return f"{start}:{stop}" + ("" if part.step is None else f":{part.step}")
    if isinstance(part, np.ndarray):
        return f"{part.dtype} {shape_text(part.shape)}"
    return "…" if part is Ellipsis else str(part)
