"""Rows of the table: resizing."""

import numpy as np
import op_references as ref

from op_samples.table import normal, row
from tinygrad_cnn import ops


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


def blended(x, output_size, scale_factor, align_corners):
    """Blend the two places around every place of the result, one axis after the other."""
    for axis, (out, scale) in enumerate(zip(output_size, scale_factor, strict=True), start=2):
        size = x.shape[axis]
        rows = []
        for i in range(out):
            if out == size:
                at = i
            elif align_corners:
                at = i * (size - 1) / (out - 1) if out > 1 else 0
            else:
                at = max((i + 0.5) * (size / out if scale is None else 1 / scale) - 0.5, 0)
            low = min(int(at), size - 1)
            share = min(at - low, 1)
            rows.append((1 - share) * x.take(low, axis) + share * x.take(min(low + 1, size - 1), axis))
        x = np.stack(rows, axis)
    return x


#                  x             size    scale_factor   align_corners
_BLENDS = {
    "linear, larger":   ((2, 1, 2, 3), (5, 7), (None, None), False),
    "linear, smaller":  ((1, 2, 5, 4), (2, 3), (None, None), False),
    "linear, scaled":   ((1, 1, 4, 3), (9, 5), (2.3, 1.8), False),
    "linear, aligned":  ((1, 2, 3, 4), (7, 1), (None, None), True),
    "linear, the same": ((1, 1, 3, 4), (3, 6), (None, None), True),
    "linear, length":   ((2, 2, 4), (7,), (None,), False),
}  # fmt: skip
for name, (x, size, scale, align) in _BLENDS.items():
    how = {"scale_factor": scale, "mode": "linear", "align_corners": align}
    row(
        "interpolate", name,
        lambda x, size=size, how=how: ops.interpolate(x, output_size=size, **how),
        lambda x, size=size, scale=scale, align=align: blended(x, size, scale, align),
        normal(*x), batch=(0,),
    )  # fmt: skip
    row(
        "interpolate_input", name,
        lambda g, x=x, how=how: ops.interpolate_input(g, input_size=x[2:], **how),
        lambda g, x=x, size=size, scale=scale, align=align: ref.transpose_of(
            lambda unit: blended(unit, size, scale, align), x[2:], g
        ),
        normal(*x[:2], *size), batch=(0,),
    )  # fmt: skip
