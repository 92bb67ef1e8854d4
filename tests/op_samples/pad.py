"""Rows of the table: padding."""

import numpy as np
import op_references as ref

from op_samples.table import normal, row
from tinygrad_cnn import ops

_PADS = {
    "constant":           ((2, 3, 4), ((0, 0), (1, 2), (0, 3)), "constant"),
    "constant, cropping": ((2, 3, 4), ((0, 0), (2, -1), (-2, 0)), "constant"),
    "reflect":            ((2, 3, 4), ((0, 0), (2, 1), (1, 3)), "reflect"),
    "reflect, cropping":  ((2, 2, 5), ((0, 0), (0, 0), (-2, 2)), "reflect"),
    "replicate":          ((2, 2, 3), ((0, 0), (0, 3), (4, 1)), "replicate"),
    "circular":           ((2, 2, 3), ((0, 0), (2, 1), (0, 3)), "circular"),
    "circular, cropping": ((2, 3, 5), ((0, 0), (1, 0), (-2, 3)), "circular"),
    "replicate, cropping": ((2, 3, 4), ((0, 0), (2, -1), (-3, 2)), "replicate"),
}  # fmt: skip
_IN_NUMPY = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def padded(x, padding, mode, **value):
    """Pad with NumPy's own function, then cut off; before a circle is closed, cut off first."""
    if mode == "circular":
        kept = [slice(max(-before, 0), n - max(-after, 0)) for n, (before, after) in zip(x.shape, padding, strict=True)]
        return np.pad(x[tuple(kept)], [(max(before, 0), max(after, 0)) for before, after in padding], "wrap")
    y = np.pad(x, [(max(before, 0), max(after, 0)) for before, after in padding], _IN_NUMPY[mode], **value)
    return y[tuple([slice(max(-before, 0), y.shape[i] - max(-after, 0)) for i, (before, after) in enumerate(padding)])]


for name, (x, padding, mode) in _PADS.items():
    how = {"padding": padding, "mode": mode}
    value = {"value": 1.5} if name == "constant" else {}
    constant = {"constant_values": 1.5} if value else {}
    row(
        "pad", name,
        lambda x, how=how, value=value: ops.pad(x, **how, **value),
        lambda x, how=how, constant=constant: padded(x, **how, **constant),
        normal(*x), batch=(0,),
    )  # fmt: skip
    row(
        "pad_input", name,
        lambda g, x=x, how=how: ops.pad_input(g, shape=(len(g), *x[1:]), **how),
        lambda g, x=x, padding=padding, mode=mode: ref.transpose_of(
            lambda unit: padded(unit, ((0, 0), *padding), mode), x[1:], g[:, None]
        )[:, 0],
        normal(*padded(np.zeros(x), padding, mode).shape), batch=(0,),
    )  # fmt: skip
