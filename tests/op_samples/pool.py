"""Rows of the table: pooling."""

import numpy as np
import op_references as ref

from op_samples.table import apart, normal, row
from tinygrad_cnn import ops

#                     x              kernel  stride  padding           dilation
_MAX_POOLS = {
    "plain":         ((2, 2, 4, 6), (2, 3), (2, 3), ((0, 0), (0, 0)), (1, 1)),
    "overlapping":   ((2, 1, 4, 5), (3, 2), (1, 1), ((0, 0), (0, 0)), (1, 1)),
    "stride, rest":  ((1, 2, 6, 5), (3, 1), (2, 3), ((0, 0), (0, 0)), (1, 1)),
    "padding":       ((1, 2, 3, 4), (2, 3), (1, 2), ((1, 1), (1, 1)), (1, 1)),
    "asymmetric":    ((1, 1, 5, 4), (3, 2), (2, 2), ((0, 2), (1, 0)), (1, 1)),
    "dilation":      ((1, 1, 6, 5), (2, 3), (2, 1), ((1, 0), (1, 1)), (3, 2)),
    "stride skips":  ((1, 1, 5, 7), (1, 2), (2, 4), ((0, 0), (0, 1)), (1, 1)),
}  # fmt: skip
for name, (x, kernel_size, stride, padding, dilation) in _MAX_POOLS.items():
    how = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    attrs = {"input_size": x[2:], **how}
    values = apart(*x)(np.random.default_rng(0))
    taps = ref.max_taps(values, **how)[1]
    row(
        "max_pool2d", name,
        lambda x, how=how: ops.max_pool2d(x, **how), lambda x, how=how: ref.max_pool2d(x, **how),
        values, batch=(0,), attrs=attrs,
    )  # fmt: skip
    row(
        "max_pool2d_scatter", name,
        lambda g, t, a=attrs: ops.max_pool2d_scatter(g, t, **a),
        lambda g, t, a=attrs: ref.max_pool2d_scatter(g, t, **a),
        normal(*taps.shape), taps, batch=(0, 0), attrs=attrs,
    )  # fmt: skip
    row(
        "max_pool2d_gather", name,
        lambda x, t, how=how: ops.max_pool2d_gather(x, t, **how),
        lambda x, t, how=how: ref.max_pool2d_gather(x, t, **how),
        normal(*x), taps, batch=(0, 0), attrs=attrs,
    )  # fmt: skip

_NONE = ((0, 0), (0, 0))
#                     x              kernel  stride  padding           counted            divisor
_AVG_POOLS = {
    "plain":         ((2, 2, 4, 6), (2, 3), (2, 3), _NONE,            _NONE,             None),
    "overlapping":   ((2, 1, 4, 5), (3, 2), (1, 1), _NONE,            _NONE,             None),
    "stride, rest":  ((1, 2, 6, 5), (3, 1), (2, 3), _NONE,            _NONE,             None),
    "padding":       ((1, 2, 3, 4), (2, 3), (1, 2), ((1, 1), (1, 1)), ((1, 1), (1, 1)),  None),
    "not counted":   ((1, 2, 3, 4), (2, 3), (1, 2), ((1, 1), (1, 1)), _NONE,             None),
    "ceil":          ((1, 1, 4, 4), (3, 2), (2, 3), ((1, 2), (0, 1)), ((1, 1), (0, 0)),  None),
    "ceil, skipped": ((1, 1, 4, 4), (3, 2), (2, 3), ((1, 2), (0, 1)), _NONE,             None),
    "divisor":       ((1, 1, 4, 3), (3, 2), (1, 1), ((1, 0), (0, 1)), ((1, 0), (0, 1)),  5),
    "stride skips":  ((1, 1, 5, 7), (1, 2), (2, 4), _NONE,            _NONE,             None),
}  # fmt: skip
for name, (x, kernel_size, stride, padding, counted, divisor) in _AVG_POOLS.items():
    how = {
        "kernel_size": kernel_size,
        "stride": stride,
        "padding": padding,
        "counted": counted,
        "divisor_override": divisor,
    }
    attrs = {"input_size": x[2:], **how}
    g = (*x[:2], *ref.out_shape(*x[2:], kernel_size, stride, padding, (1, 1)))
    row(
        "avg_pool2d", name,
        lambda x, how=how: ops.avg_pool2d(x, **how), lambda x, how=how: ref.avg_pool2d(x, **how),
        normal(*x), batch=(0,), attrs=attrs,
    )  # fmt: skip
    row(
        "avg_pool2d_input", name,
        lambda g, a=attrs: ops.avg_pool2d_input(g, **a), lambda g, a=attrs: ref.avg_pool2d_input(g, **a),
        normal(*g), batch=(0,), attrs=attrs,
    )  # fmt: skip

row(
    "max_pool1d", "overlapping",
    lambda x: ops.max_pool1d(x, kernel_size=(3,), stride=(2,), padding=((1, 0),), dilation=(2,)),
    lambda x: ref.max_pool2d(
        x[:, :, None], kernel_size=(1, 3), stride=(1, 2), padding=((0, 0), (1, 0)), dilation=(1, 2)
    )[:, :, 0],
    apart(2, 2, 8), batch=(0,),
)  # fmt: skip
row(
    "avg_pool1d", "not counted",
    lambda x: ops.avg_pool1d(
        x, kernel_size=(3,), stride=(2,), padding=((1, 2),), counted=((1, 0),), divisor_override=None
    ),
    lambda x: ref.avg_pool2d(
        x[:, :, None], kernel_size=(1, 3), stride=(1, 2), padding=((0, 0), (1, 2)), counted=((0, 0), (1, 0)),
        divisor_override=None,
    )[:, :, 0],
    normal(2, 2, 6), batch=(0,),
)  # fmt: skip

_ADAPTIVE = {
    "divisible": ((2, 2, 4, 6), (2, 3)),
    "overlapping": ((2, 1, 5, 7), (3, 4)),
    "larger": ((1, 2, 2, 3), (3, 5)),
    "one": ((1, 2, 3, 4), (1, 1)),
}
for name, (x, size) in _ADAPTIVE.items():
    row(
        "adaptive_avg_pool2d", name,
        lambda x, size=size: ops.adaptive_avg_pool2d(x, output_size=size),
        lambda x, size=size: ref.adaptive(x, size, lambda window: window.mean(2)),
        normal(*x), batch=(0,),
    )  # fmt: skip
    row(
        "adaptive_avg_pool2d_input", name,
        lambda g, x=x: ops.adaptive_avg_pool2d_input(g, input_size=x[2:]),
        lambda g, x=x, size=size: ref.transpose_of(
            lambda unit: ref.adaptive(unit, size, lambda window: window.mean(2)), x[2:], g
        ),
        normal(*x[:2], *size), batch=(0,),
    )  # fmt: skip
    row(
        "adaptive_max_pool2d", name,
        lambda x, size=size: ops.adaptive_max_pool2d(x, output_size=size),
        lambda x, size=size: ref.adaptive(x, size, lambda window: window.max(2)),
        apart(*x), batch=(0,),
    )  # fmt: skip
