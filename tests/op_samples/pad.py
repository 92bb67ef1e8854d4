"""Rows of the table: padding and resizing."""

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
    "replicate, cropping": ((2, 3, 4), ((0, 0), (2, -1), (-3, 2)), "replicate"),
}  # fmt: skip
_IN_NUMPY = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}


def padded(x, padding, mode, **value):
    """Pad with NumPy's own function, then cut off."""
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


def nearest(x, output_size, scale_factor):
    """Look every place of the result up, one by one."""
    y = np.zeros((*x.shape[:2], *output_size))
    for place in np.ndindex(output_size):
        source = [
            min(int(i * (size / out if scale is None else 1 / scale)), size - 1)
            for i, size, out, scale in zip(place, x.shape[2:], output_size, scale_factor, strict=True)
        ]
        y[(slice(None), slice(None), *place)] = x[(slice(None), slice(None), *source)]
    return y


#             x             size    scale_factor
_SIZES = {
    "larger":  ((2, 1, 2, 3), (4, 7), (None, None)),
    "smaller": ((1, 2, 5, 4), (2, 3), (None, None)),
    "scaled":  ((1, 1, 4, 3), (9, 5), (2.3, 1.8)),
    "length":  ((2, 2, 4), (6,), (None,)),
}  # fmt: skip
for name, (x, size, scale) in _SIZES.items():
    row(
        "interpolate", name,
        lambda x, size=size, scale=scale: ops.interpolate(x, output_size=size, scale_factor=scale),
        lambda x, size=size, scale=scale: nearest(x, size, scale),
        normal(*x), batch=(0,),
    )  # fmt: skip
    row(
        "interpolate_input", name,
        lambda g, x=x, scale=scale: ops.interpolate_input(g, input_size=x[2:], scale_factor=scale),
        lambda g, x=x, size=size, scale=scale: ref.transpose_of(lambda unit: nearest(unit, size, scale), x[2:], g),
        normal(*x[:2], *size), batch=(0,),
    )  # fmt: skip
