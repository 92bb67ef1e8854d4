"""Rows of the table: convolution."""

import numpy as np
import op_references as ref

from op_samples.table import normal, row
from tinygrad_cnn import kernels, ops

#                     x              w             stride  padding            dilation groups
_CONVOLUTIONS = {
    "plain":         ((2, 2, 4, 5), (2, 2, 2, 3), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    "stride, rest":  ((1, 1, 6, 7), (2, 1, 3, 2), (2, 2), ((0, 0), (0, 0)), (1, 1), 1),
    "padding":       ((1, 2, 3, 4), (1, 2, 3, 2), (1, 2), ((1, 1), (2, 2)), (1, 1), 1),
    "asymmetric":    ((1, 1, 4, 3), (2, 1, 2, 3), (2, 1), ((0, 1), (2, 1)), (1, 1), 1),
    "dilation":      ((1, 1, 6, 6), (2, 1, 2, 3), (1, 2), ((1, 0), (0, 1)), (3, 2), 1),
    "groups":        ((2, 4, 3, 3), (4, 2, 2, 1), (1, 1), ((0, 0), (1, 0)), (1, 1), 2),
    "depthwise":     ((1, 3, 4, 3), (6, 1, 1, 2), (2, 1), ((1, 1), (0, 0)), (1, 1), 3),
    "1×1":           ((2, 3, 2, 3), (2, 3, 1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    "whole window":  ((2, 1, 3, 4), (3, 1, 3, 4), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    "cropped":       ((2, 2, 6, 6), (2, 1, 2, 3), (2, 3), ((1, -1), (0, -1)), (1, 2), 2),
    "stride skips":  ((1, 1, 7, 5), (1, 1, 1, 2), (3, 4), ((0, 1), (1, 0)), (1, 1), 1),
}  # fmt: skip
for name, (x, w, stride, padding, dilation, groups) in _CONVOLUTIONS.items():
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    attrs = {"kernel_size": w[2:], "input_size": x[2:], **how}
    g = (x[0], w[0], *ref.out_shape(*x[2:], w[2:], stride, padding, dilation))
    biased = name not in ("padding", "depthwise", "1×1")
    if biased:
        row(
            "conv2d", name,
            lambda x, w, b, how=how: ops.conv2d(x, w, b, **how), lambda x, w, b, how=how: ref.conv2d(x, w, b, **how),
            normal(*x), normal(*w), normal(w[0]), batch=(0, None, None), attrs=attrs,
        )  # fmt: skip
    else:
        row(
            "conv2d", f"{name}, no bias",
            lambda x, w, how=how: ops.conv2d(x, w, None, **how), lambda x, w, how=how: ref.conv2d(x, w, None, **how),
            normal(*x), normal(*w), batch=(0, None), attrs=attrs, third=name == "1×1",
        )  # fmt: skip
    row(
        "conv2d_input", name,
        lambda g, w, size=x[2:], how=how: ops.conv2d_input(g, w, input_size=size, **how),
        lambda g, w, size=x[2:], how=how: ref.conv2d_input(g, w, input_size=size, **how),
        normal(*g), normal(*w), batch=(0, None), attrs=attrs,
    )  # fmt: skip
    row(
        "conv_transpose2d", name,
        lambda x, w, b, size=x[2:], how=how: ops.conv_transpose2d(x, w, b, input_size=size, **how),
        lambda x, w, b, size=x[2:], how=how: ref.conv2d_input(x, w, input_size=size, **how) + b[:, None, None],
        normal(*g), normal(*w), normal(x[1]), batch=(0, None, None), attrs=attrs,
    )  # fmt: skip
    row(
        "conv2d_weight", name,
        lambda x, g, size=w[2:], how=how: ops.conv2d_weight(x, g, kernel_size=size, **how),
        lambda x, g, size=w[2:], how=how: ref.conv2d_weight(x, g, kernel_size=size, **how),
        normal(*x), normal(*g), batch=(0, 0), attrs=attrs,
    )  # fmt: skip

#                  x          w          stride padding    dilation groups
_SEQUENCES = {
    "plain":      ((2, 2, 6), (3, 2, 3), (1,), ((0, 0),), (1,), 1),
    "asymmetric": ((1, 4, 7), (4, 2, 2), (2,), ((2, 1),), (3,), 2),
}  # fmt: skip
for name, (x, w, *geometry) in _SEQUENCES.items():
    how = dict(zip(("stride", "padding", "dilation", "groups"), geometry, strict=True))
    flat = kernels.lift(how)
    row(
        "conv1d", name,
        lambda x, w, b, how=how: ops.conv1d(x, w, b, **how),
        lambda x, w, b, flat=flat: ref.conv2d(x[:, :, None], w[:, :, None], b, **flat)[:, :, 0],
        normal(*x), normal(*w), normal(w[0]), batch=(0, None, None),
    )  # fmt: skip

#                   x             kernel  stride  padding           dilation
_BLOCKS = {
    "plain":        ((2, 2, 4, 6), (2, 3), (2, 3), ((0, 0), (0, 0)), (1, 1)),
    "overlapping":  ((1, 2, 4, 5), (3, 2), (1, 2), ((0, 0), (1, 0)), (1, 1)),
    "dilation":     ((1, 1, 7, 5), (2, 3), (2, 1), ((1, 0), (1, 1)), (3, 2)),
    "stride skips": ((1, 1, 6, 7), (1, 2), (2, 4), ((1, 1), (2, 1)), (1, 1)),
}  # fmt: skip
for name, (x, *geometry) in _BLOCKS.items():
    how = dict(zip(("kernel_size", "stride", "padding", "dilation"), geometry, strict=True))
    attrs = {"input_size": x[2:], **how}
    row(
        "unfold", name, lambda x, how=how: ops.unfold(x, **how), lambda x, how=how: ref.unfold(x, **how),
        normal(*x), batch=(0,), attrs=attrs,
    )  # fmt: skip
    row(
        "fold", name, lambda x, a=attrs: ops.fold(x, **a), lambda x, a=attrs: ref.fold(x, **a),
        normal(*ref.unfold(np.zeros(x), **how).shape), batch=(0,), attrs=attrs,
    )  # fmt: skip
