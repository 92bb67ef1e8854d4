"""The texts in a picture: shapes, numbers, and the settings of operations, short but exact."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np

from tinygrad_cnn._types import Array, DType, Shape
from tinygrad_cnn.graph.model import Operation

LONGEST = 56
"""The largest number of characters in a line; a longer name is cut, and settings go on in the next line."""

ELEMENTS = 8
"""The largest number of elements of an array in a setting that are written out."""

PAD = "\u2007"
"""A space as wide as a digit, so that the columns of a matrix stand below each other."""

_HIDDEN = {"input_size", "output_size", "shape", "num_classes", "counted", "starts"}
"""Settings that follow from the shapes on the edges, or from other settings."""

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
        return short_text(data.item())
    return "[" + ", ".join(values_text(part) for part in data) + "]" if len(data) else "[]"


def values_lines(data: Array) -> list[str]:
    """Return the elements as lines: a scalar or vector on one, a matrix row by row, several matrices one by one."""
    if data.ndim < 2 or not data.size:
        return [values_text(data)]
    words = _aligned(data.reshape(-1, data.shape[-1]))
    width = max(len(word) for row in words for word in row)
    rows = ["[" + "  ".join(word.rjust(width, PAD) for word in row) + "]" for row in words]
    height = data.shape[-2]
    lines: list[str] = []
    for i, index in enumerate(np.ndindex(data.shape[:-2])):
        lines += [f"[{', '.join(map(str, index))}]:"] if index else []
        lines += rows[i * height : (i + 1) * height]
    return lines


def _aligned(rows: Array) -> list[list[str]]:
    """Return the elements of a matrix with equally many decimals, unless small ones would then lose digits."""
    size = np.abs(rows[np.isfinite(rows)]) if rows.dtype.kind == "f" else np.zeros(0)
    size = size[size > 0]
    if size.size and size.min() >= 1e-3 and size.max() < 1e4:
        decimals = 3 if size.max() < 10 else 2 if size.max() < 100 else 1
        if (size >= 0.1**decimals).all():
            whole = (np.round(size) == size).all()
            return [
                [f"{value:.{0 if whole else decimals}f}".replace("-", "−") for value in row] for row in rows.tolist()
            ]
    return [[short_text(value) for value in row] for row in rows.tolist()]


def summary_text(data: Array) -> str:
    """Return mean, standard deviation and range of many elements."""
    if not data.size:
        return "[]"
    found = data.astype(np.float64)
    finite = found[np.isfinite(found)]
    rest = "" if finite.size == found.size else f", {found.size - finite.size:,} not finite"
    if not finite.size:
        return rest[2:]
    mean, spread, least, most = (short_text(x) for x in (finite.mean(), finite.std(), finite.min(), finite.max()))
    return f"{mean} ± {spread} in [{least}, {most}]{rest}"


def short_text(value: float | bool) -> str:
    """Return a number to four significant digits."""
    return str(value) if isinstance(value, bool) else f"{value:.4g}".replace("-", "−")


def number_text(value: float | bool) -> str:
    """Return a number with all the digits that tell it from every other one."""
    if isinstance(value, bool | int):
        return str(value).replace("-", "−")
    text = repr(float(value))
    return text.removesuffix(".0").replace("-", "−")


def counted(number: int, noun: str) -> str:
    """Return ``1 operation``, ``1,234 operations``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def shorten(line: str, longest: int = LONGEST) -> str:
    """Return `line` on one line, cut to at most `longest` characters."""
    line = " ".join(line.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip(" ,") + "…"


def first_line(error: BaseException | None) -> str:
    """Return the first line of the message of an error, or its kind if it has none."""
    lines = str(error).strip().split("\n")
    return " ".join(lines[0].split()) or type(error).__name__


def settings_lines(operation: Operation) -> list[str]:
    """Return the settings of an operation that are not PyTorch's defaults, as lines: ``stride 2, padding 1``."""
    parts: list[str] = []
    for name, value in sorted(operation.attrs.items(), key=lambda item: item[0] != "kernel_size"):
        if _is_usual(operation, name, value):
            continue
        text = _setting(name, value)
        if name == "kernel_size":
            one_axis = isinstance(value, tuple) and len(value) == 1
            parts.append(text if "×" in text or one_axis else f"{text}×{text}")
        elif name in ("index", "steps"):
            parts.append(text)
        elif name == "dtype":
            parts.append(f"to {text}")
        elif isinstance(value, bool):
            parts.append(name if value else f"{name} off")
        else:
            parts.append(f"{name} {text}")
    return wrapped(parts)


def wrapped(parts: list[str]) -> list[str]:
    """Return `parts` joined by commas, broken into lines between them."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) + 2 <= LONGEST:
            lines[-1] += f", {part}"
        else:
            lines = [f"{line}," if line is lines[-1] else line for line in lines]
            lines += _broken(part)
    return lines


def _broken(text: str) -> list[str]:
    """Return `text` in pieces no longer than a line."""
    text = " ".join(text.split())
    return [text[i : i + LONGEST] for i in range(0, len(text), LONGEST)]


def _is_usual(operation: Operation, name: str, value: object) -> bool:
    """Return whether a setting need not be shown: it follows from the shapes, or is PyTorch's default."""
    if name in _HIDDEN or value is None or (isinstance(value, tuple) and value and all(one is None for one in value)):
        return True
    text = _setting(name, value)
    if text == _NORMAL.get(name):
        return True
    if operation.family == "convolution" and (name == "kernel_size" or (name, text) == ("stride", "1")):
        return True
    return name == "dim" and operation.family == "reduction" and not operation.shape


def _setting(name: str, value: object) -> str:
    if name == "padding" and isinstance(value, tuple) and all(isinstance(part, tuple) for part in value):
        while len(value) > 2 and not any(value[0]):  # a pair for each axis; leading axes are seldom padded
            value = value[1:]
        return _padding(value)
    if name in ("index", "then"):
        parts = value if isinstance(value, tuple) else (value,)
        return "[" + ", ".join(_index(part) for part in parts) + "]"
    if name == "steps" and isinstance(value, tuple):
        return ", then ".join(_step(step) for step in value)
    if isinstance(value, tuple) and name not in ("dim", "dims"):
        return _item(value[0]) if len(value) == 2 and value[0] == value[1] else "×".join(map(_item, value))
    if isinstance(value, tuple):
        return ", ".join(map(_item, value))
    return _item(value)


def _step(step: tuple[object, Mapping[str, object]]) -> str:
    """Return a view operation that chooses the elements to write: ``[0]``, or ``permute dims 1, 0``."""
    op, attrs = step
    if "index" in attrs:
        return _setting("index", attrs["index"])
    settings = ", ".join(f"{name} {_setting(name, value)}" for name, value in attrs.items())
    return f"{getattr(op, 'name', op)} {settings}".rstrip()


def _item(value: object) -> str:
    """Return one value of a setting."""
    if isinstance(value, np.ndarray | slice) or value is Ellipsis:
        return _index(value)
    if isinstance(value, bool | int | float):
        return number_text(value)
    if isinstance(value, np.generic):
        return number_text(value.item())
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_item(one)}" for key, one in value.items())
    if isinstance(value, tuple | list):
        return "(" + ", ".join(map(_item, value)) + ")"
    return str(value)


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
        if part.size <= ELEMENTS:
            return values_text(part)
        return f"{part.dtype} {shape_text(part.shape)} #{zlib.crc32(np.ascontiguousarray(part).data):08x}"
    return "…" if part is Ellipsis else str(part)
