from __future__ import annotations

import numpy as np

from tinygrad_cnn import ops
from tinygrad_cnn._dtypes import float64
from tinygrad_cnn.creation import zeros
from tinygrad_cnn.graph.text import settings_lines, shorten, values_text
from tinygrad_cnn.graph.trace import trace

NONE = ((0, 0), (0, 0))


def last(output):
    return "\n".join(settings_lines([node for node in trace(output).nodes if node.id.startswith("op")][-1]))


def test_conv2d_settings_leave_out_defaults():
    x, w = zeros(1, 2, 9, 9), zeros(2, 1, 3, 3, requires_grad=True)

    def conv(stride=(1, 1), padding=NONE, dilation=(1, 1), groups=2):
        return last(ops.conv2d(x, w, None, stride=stride, padding=padding, dilation=dilation, groups=groups))

    assert conv() == "groups 2"
    assert conv(stride=(2, 2), padding=((2, 2), (2, 2))) == "stride 2, padding 2, groups 2"
    assert conv(stride=(2, 1), padding=((1, 1), (0, 0)), dilation=(2, 2)) == (
        "stride 2×1, padding 1×0, dilation 2, groups 2"
    )
    assert conv(padding=((0, 1), (1, 1))) == "padding (0, 1)×(1, 1), groups 2"


def test_settings_of_other_operations():
    x = zeros(2, 3, 8, 8, requires_grad=True)
    pool = {"kernel_size": (2, 2), "padding": NONE, "dilation": (1, 1)}
    assert last(ops.max_pool2d(x, stride=(1, 1), **pool)) == "2×2, stride 1"
    one_axis = {"kernel_size": (3,), "stride": (2,), "padding": ((1, 1),), "dilation": (1,)}
    assert last(ops.max_pool1d(x[0], **one_axis)) == "3, stride 2, padding 1"
    assert last(ops.pad(x, padding=((0, 0), (0, 0), (0, 1), (1, 2)), mode="reflect")) == (
        "padding (0, 1)×(1, 2), mode reflect"
    )
    assert last(ops.pad(x, padding=((0, 0), (0, 0), (1, 1), (1, 1)), mode="constant")) == "padding 1"
    assert last(ops.interpolate(x, output_size=(4, 4), scale_factor=(None, None))) == ""
    assert last(ops.group_norm(x, None, None, num_groups=3, eps=1e-5)) == "num_groups 3"
    assert last(x.sum()) == ""
    assert last(ops.mean(x, (1, 2), keepdim=True)) == "dim 1, 2, keepdim"
    assert last(ops.softmax(x, dim=1)) == "dim 1"
    assert last(ops.permute(x, (0, 2, 3, 1))) == "dims 0, 2, 3, 1"
    assert last(x.reshape(-1)) == ""
    assert last(x.to(float64)) == "to float64"
    assert last(x[0, 1:, ..., ::2]) == "[0, 1:, …, ::2]"
    assert last(x[np.array([0, 1, 1])]) == "[[0, 1, 1]]"
    assert last(x[np.arange(9) % 2]) == "[int64 9 #e2f4ee20]"
    assert last(ops.interpolate(x, output_size=(4, 4), scale_factor=(0.5, 0.4))) == "scale_factor 0.5×0.4"
    target = zeros(2, 8, 8, dtype="int64")
    assert last(ops.cross_entropy(x, target, reduction="sum")) == "reduction sum"
    assert last(ops.cross_entropy(x, target, reduction="mean")) == ""


def test_numbers_and_long_lines():
    assert values_text(np.float32(-3.14159) + np.zeros(())) == "−3.142"
    assert values_text(np.array([[1.0, 2.5], [1e9, -0.0]])) == "[[1, 2.5], [1e+09, −0]]"
    assert values_text(np.array([], np.float32)) == "[]"
    assert shorten("a\n  b") == "a b"
    assert shorten("x" * 80) == "x" * 55 + "…"
