from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tinygrad_cnn import nn, ops
from tinygrad_cnn._dtypes import float64
from tinygrad_cnn.autograd import enter_scope, primitive, registry
from tinygrad_cnn.creation import randn, tensor, zeros
from tinygrad_cnn.graph import draw
from tinygrad_cnn.graph.text import settings_text, shorten, values_text
from tinygrad_cnn.graph.trace import trace

NONE = ((0, 0), (0, 0))


def last(output):
    return settings_text([node for node in trace(output).nodes if node.id.startswith("op")][-1])


def test_the_same_program_gives_the_same_text_before_and_after_backward(run, another_run):
    before = draw(run.loss).dot
    run.loss.backward()
    assert draw(run.loss).dot == before
    assert draw(another_run.loss).dot == before


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
    assert last(x[np.array([0, 1, 1])]) == "[int64 3]"
    target = zeros(2, 8, 8, dtype="int64")
    assert last(ops.cross_entropy(x, target, reduction="sum")) == "reduction sum"
    assert last(ops.cross_entropy(x, target, reduction="mean")) == ""


def test_numbers_and_long_lines():
    assert values_text(np.float32(-3.14159) + np.zeros(())) == "−3.142"
    assert values_text(np.array([[1.0, 2.5], [1e9, -0.0]])) == "[[1, 2.5], [1e+09, −0]]"
    assert values_text(np.array([], np.float32)) == "[]"
    assert shorten("a\n  b") == "a b"
    assert shorten("x" * 80) == "x" * 55 + "…"


def test_the_dtype_is_told_where_it_is_not_the_usual_one():
    x = randn(2, 3, dtype=float64, requires_grad=True)
    text = draw((x * x).exp().float().exp()).dot
    assert "2 parameters" not in text
    assert "6 parameters · float64" in text
    assert 'label=" 2×3 "' in text
    assert 'label=" 2×3 float32 "' in text
    assert "float" not in draw(randn(2, requires_grad=True).exp().exp()).dot


def test_odd_names_are_shown_literally():
    odd = '<w> & "q" \\N \\ &lt; é'
    w = tensor([1.0], requires_grad=True)
    owner = type("Odd", (), {})()
    with enter_scope('<s> "&\\', "K<", owner):
        y = w * w
    text = draw(y, params={odd: w}, title='<t> & "u"\x00').dot
    assert r'label="<w> &amp; \"q\" \\N \\ &amp;lt; é' in text
    assert r'label="<s> \"&amp;\\  K<  "' in text
    assert 'label="<t> &amp; \\"u\\"\ufffd\\n1 operation · 1 parameter' in text


def test_what_only_one_operation_uses_is_drawn_beside_it(run):
    text = draw(run.loss, inputs={"x": run.x, "t": run.t}).dot
    assert "op1 -> value3 [color" in text  # the bias, on the other side of the weight
    assert "value3 -> op1" not in text
    assert "value2 -> op1" in text
    assert text.count("rank=same") == 3


def test_values_and_gradients_are_written_out():
    a, b = tensor(2.0, requires_grad=True), tensor(-3.0, requires_grad=True)
    y = (a * b).relu()
    y.backward()
    text = draw(y, params={"a": a, "b": b}, values=True).dot
    assert r'label="a\nvalue 2\ngrad −0"' in text
    assert r'label="b\nvalue −3\ngrad 0"' in text
    assert 'label=" −6 "' in text
    assert r'label="output\nvalue 0"' in text
    assert "value 2" not in draw(y, params={"a": a, "b": b}).dot


def test_depth_draws_modules_as_boxes(run):
    text = draw(run.loss, depth=1).dot
    assert r'label="conv\nConv2d(1, 2, kernel_size=(3, 3))\n5×1×6×6 → 5×2×4×4\n20 parameters"' in text
    assert r'label="act\nReLU\n5×2×4×4 → 5×2×4×4"' in text
    assert "conv2d" not in text
    assert "119 parameters" in text


def test_constants_can_be_left_out():
    a = tensor(2.0, requires_grad=True)
    y = a * tensor([3.0, 1.0])
    assert "dashed" in draw(y).dot
    assert "dashed" not in draw(y, constants=False).dot


def test_bad_arguments_are_named():
    y = tensor(2.0, requires_grad=True) * 2
    with pytest.raises(ValueError, match='expected rankdir as "TB" or "LR", got \'RL\''):
        draw(y, rankdir="RL")
    with pytest.raises(ValueError, match="expected depth of at least 0, got -1"):
        draw(y, depth=-1)
    with pytest.raises(TypeError, match=r"expected depth as an int or None, got 1\.5"):
        draw(y, depth=1.5)
    with pytest.raises(TypeError, match="expected tensors, got str"):
        draw("loss")


MARKUP = [
    "<b>bold</b>",
    '<a href="javascript:alert(1)">',
    "<<i>>",
    " <x> ",
    '"quoted"',
    "\\N",
    "&lt;b&gt;",
    "]]>",
    "a\nb",
]


@pytest.mark.parametrize("name", MARKUP)
def test_names_of_users_are_text_and_never_markup(name):
    """Of operations, tensors, modules and titles."""
    operation = primitive(f"{name}{len(registry)}")(lambda x: x + 1)
    operation.vjp(0)(lambda g, _y, _x: g)
    marked = primitive(name)(lambda x: x + 1)
    marked.vjp(0)(lambda g, _y, _x: g)
    try:
        x = tensor([1.0, 2.0], requires_grad=True)
        owner = nn.Identity()
        with enter_scope(name, name, owner):
            y = marked(operation(x))
        drawing = draw(y, params={name: x}, title=name, values=True)
    finally:
        for added in (operation, marked):
            del registry[added.name]
    for line in drawing.dot.splitlines():
        assert "label=<" not in line
    root = ET.fromstring(drawing.svg)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        "svg", "g", "title", "path", "polygon", "ellipse", "polyline", "text", "tspan",
    }  # fmt: skip
    shown = "".join("".join(text.itertext()) for text in root.iter() if text.tag.rpartition("}")[2] == "text")
    assert "".join(name.split()).replace("\n", "") in "".join(shown.replace("\xa0", " ").split())
