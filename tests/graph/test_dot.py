from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tinygrad_cnn import nn, randn, tensor
from tinygrad_cnn._dtypes import float64
from tinygrad_cnn.autograd import enter_scope, primitive, registry
from tinygrad_cnn.graph import draw


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
    operation = primitive(name=f"{name}{len(registry)}")(lambda x: x + 1)
    operation.vjp(0)(lambda g, _y, _x: g)
    marked = primitive(name=name)(lambda x: x + 1)
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
