"""Graphs as JSON: what is written comes back, and anything else is refused in one line."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_cnn as tg
from tinygrad_cnn.autograd import enter_scope, primitive, registry
from tinygrad_cnn.graph import from_json, trace
from tinygrad_cnn.graph.collapse import collapse
from tinygrad_cnn.graph.json_format import _plain, _value, to_json


def test_a_graph_comes_back_equal_with_and_without_its_elements(run):
    graph = trace(run.loss, values=True)
    again = from_json(graph.to_json())
    assert again == graph
    for one, other in zip(again.nodes, graph.nodes, strict=True):
        if getattr(other, "data", None) is not None:
            np.testing.assert_array_equal(one.data, other.data, strict=True)
    bare = from_json(graph.to_json(data=False))
    assert bare == graph
    assert all(getattr(node, "data", None) is None for node in bare.nodes)


def test_closed_modules_come_back(run):
    graph = collapse(trace(run.loss), 1)
    assert from_json(to_json(graph)) == graph


def test_the_same_program_gives_the_same_text(run, another_run):
    assert to_json(trace(run.loss)) == to_json(trace(another_run.loss))
    assert json.loads(to_json(trace(run.loss), indent=1))["format"] == "tinygrad_cnn graph"


NAMES = ["</script>", '"q"', "\\", "é 한글", "\n", "\u2028"]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_kept_as_they_are(name):
    w = tg.rand(2, requires_grad=True)
    owner = type("Owner", (), {})()
    with enter_scope(name, name, owner):
        y = w * w
    graph = from_json(to_json(trace(y, params={name: w})))
    assert graph.clusters[0].name == name
    assert graph.nodes[0].name == name


settings = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text()
    | st.just(Ellipsis) | st.builds(slice, st.none() | st.integers(-5, 5), st.none() | st.integers(-5, 5)),
    lambda inner: st.tuples(inner, inner) | st.lists(inner, max_size=3)
    | st.dictionaries(st.text().filter(lambda key: key != "~"), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(settings)
def test_any_setting_comes_back_with_its_type(value):
    again = _value("here", json.loads(json.dumps(_plain(value))))
    assert again == value
    assert repr(again) == repr(value)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int64", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(), (0,), (3, 2)])
def test_arrays_come_back_bit_for_bit(dtype, shape):
    array = np.random.default_rng(0).normal(size=shape).astype(dtype)
    again = _value("here", json.loads(json.dumps(_plain(array))))
    np.testing.assert_array_equal(again, array, strict=True)
    assert again.flags.writeable or array.size == 0


def forged(change):
    w = tg.rand(2, requires_grad=True)
    content = json.loads(to_json(trace(w * 2.0)))
    change(content)
    return json.dumps(content)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(format="other"), "expected a JSON object with the format 'tinygrad_cnn graph'"),
        (lambda c: c.update(version=2), "expected version 1, got 2"),
        (lambda c: c.pop("edges"), "expected the key 'edges'"),
        (lambda c: c.update(nodes=5), "expected nodes as a list, got 5"),
        (lambda c: c["nodes"].append(3), r"nodes\[4\]: expected an object, got 3"),
        (lambda c: c["nodes"][0].update(node="code"), r"nodes\[0\]: expected the node operation, value, box"),
        (lambda c: c["nodes"][0].update(node=[]), r"nodes\[0\]: expected the node operation, value, box"),
        (lambda c: c["nodes"][0].update(run="code"), r"nodes\[0\]: expected keys among .*, got 'run'"),
        (lambda c: c["nodes"][0].pop("shape"), r"nodes\[0\]: missing 1 required positional argument: 'shape'"),
        (lambda c: c["edges"][0].update(source="op9"), r"edges\[0\]: expected the id of a node, got 'op9'"),
        (lambda c: c["nodes"][0].update(shape={"~": "what"}), r"nodes\[0\].shape: unknown tag 'what'"),
        (lambda c: c["nodes"][0].update(dtype={"~": "dtype"}), r"nodes\[0\].dtype: expected an object as to_json"),
        (lambda c: c["nodes"][0].update(dtype={"~": "dtype", "name": "x"}), r"nodes\[0\].dtype: expected an object"),
        (lambda c: c["nodes"][0].update(data={"~": "array", "dtype": "O", "shape": [], "base64": ""}), "got dtype obj"),
        (
            lambda c: c["nodes"][0].update(data={"~": "array", "dtype": "f4", "shape": [], "base64": "?"}),
            r"nodes\[0\].data: expected an object",
        ),
    ],
)
def test_a_forged_graph_is_refused_with_the_place(change, message):
    with pytest.raises(ValueError, match=f"from_json: .*{message}"):
        from_json(forged(change))


@pytest.mark.parametrize("text", ["", "[]", "5", "[" * 100_000, '{"format": 1}', "null"])
def test_text_that_is_no_graph_is_refused(text):
    with pytest.raises(ValueError, match="from_json: expected a (graph as JSON|JSON object)"):
        from_json(text)


def test_a_setting_that_json_cannot_hold_names_its_operation():
    odd = primitive(name="odd")(lambda x, how=None: x * 1)
    odd.vjp(0)(lambda g, _y, _x, how=None: g)
    try:
        y = odd(tg.rand(2, requires_grad=True), how=object())
        with pytest.raises(TypeError, match="to_json: odd op1: expected a setting that JSON can hold, got object"):
            to_json(trace(y))
    finally:
        del registry["odd"]
