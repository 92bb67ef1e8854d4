"""A `Graph` as JSON and back: nodes, arrows, modules, and the elements that the graph keeps, bit for bit."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeAlias

import numpy as np

from tinygrad_cnn._checks import shown
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import Op, registry
from tinygrad_cnn.graph.model import Box, Cluster, Edge, Graph, GraphNode, Operation, Value

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

FORMAT, VERSION = "tinygrad_cnn graph", 1

_TAG = "~"
"""The key of a JSON object that represents a value of a type that JSON lacks."""

_NODES: dict[str, type[Operation] | type[Value] | type[Box]] = {"operation": Operation, "value": Value, "box": Box}
_PARTS = {"nodes": None, "edges": Edge, "clusters": Cluster}
_DATA = ("data", "grad")


def to_json(graph: Graph, *, data: bool = True, indent: int | None = None) -> str:
    """Return `graph` as JSON text.

    Args:
        graph: what to write.
        data: write the elements that the graph keeps too, if it was made with ``values=True``.
        indent: spaces in front of each level; None for one line.

    Raises:
        TypeError: a setting of an operation has a type that cannot be written; the message names the operation.
    """
    content: dict[str, Json] = {"format": FORMAT, "version": VERSION}
    for one in fields(graph):
        value = getattr(graph, one.name)
        content[one.name] = [_record(part, data) for part in value] if one.name in _PARTS else _plain(value)
    return json.dumps(content, indent=indent, allow_nan=False, ensure_ascii=False)


def from_json(text: str) -> Graph:
    """Return the graph that `to_json` wrote.

    Raises:
        ValueError: `text` is no JSON, or no graph of this version; the message names the place.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"from_json: expected a graph as JSON ({error})") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"from_json: expected a JSON object with the format {FORMAT!r}, got {shown(content)}")
    if content.get("version") != VERSION:
        raise ValueError(f"from_json: expected version {VERSION}, got {shown(content.get('version'))}")
    made: dict[str, Any] = {}
    for one in fields(Graph):
        if one.name not in content:
            raise ValueError(f"from_json: expected the key {one.name!r}, got {', '.join(content)}")
        value = content[one.name]
        if one.name in _PARTS:
            if not isinstance(value, list):
                raise ValueError(f"from_json: expected {one.name} as a list, got {shown(value)}")
            value = tuple([_part(one.name, i, part) for i, part in enumerate(value)])
        else:
            value = _value(f"from_json: {one.name}", value)
        made[one.name] = value
    graph = Graph(**made)
    ids = {node.id for node in graph.nodes}
    for i, edge in enumerate(graph.edges):
        for end in (edge.source, edge.target):
            if end not in ids:
                raise ValueError(f"from_json: edges[{i}]: expected the id of a node, got {shown(end)}")
    return graph


def _record(part: GraphNode | Edge | Cluster, data: bool) -> Json:
    """Return a node, arrow or module as a JSON object, without what has its default value."""
    found: dict[str, Json] = {"node": type(part).__name__.lower()} if isinstance(part, tuple(_NODES.values())) else {}
    for one in fields(part):
        value = getattr(part, one.name)
        if (one.name in _DATA and not data) or value is None:
            continue
        try:
            found[one.name] = _plain(value)
        except TypeError as error:
            raise TypeError(f"to_json: {getattr(part, 'name', '')} {getattr(part, 'id', '')}: {error}") from None
    return found


def _part(name: str, i: int, found: object) -> GraphNode | Edge | Cluster:
    place = f"from_json: {name}[{i}]"
    if not isinstance(found, dict):
        raise ValueError(f"{place}: expected an object, got {shown(found)}")
    given = dict(found)
    kind: Any = _PARTS[name]
    if kind is None:
        word = given.pop("node", None)
        kind = _NODES.get(word) if isinstance(word, str) else None
        if kind is None:
            raise ValueError(f"{place}: expected the node {', '.join(_NODES)}, got {shown(word)}")
    known = {one.name for one in fields(kind)}
    unknown = given.keys() - known
    if unknown:
        raise ValueError(f"{place}: expected keys among {', '.join(sorted(known))}, got {shown(min(unknown))}")
    values = {key: _value(f"{place}.{key}", one) for key, one in given.items()}
    if kind in (Value, Operation, Box, Cluster):
        values.setdefault("parent" if kind is Cluster else "cluster", None)
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(f"{place}: {str(error).partition('.__init__() ')[2] or error}") from None


# --- values -----------------------------------------------------------------------------------------------------------


def _plain(value: object) -> Json:
    """Return a value as JSON; of a type that JSON lacks, an object with a tag."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {_TAG: "float", "value": repr(value)}
    if isinstance(value, np.dtype):
        return {_TAG: "dtype", "name": str(value)}
    if isinstance(value, np.generic):
        return {**_array(np.asarray(value)), _TAG: "scalar"}
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, slice):
        return {_TAG: "slice", "parts": [_plain(one) for one in (value.start, value.stop, value.step)]}
    if value is Ellipsis:
        return {_TAG: "ellipsis"}
    if isinstance(value, Op):
        return {_TAG: "operation", "name": value.name}
    if isinstance(value, tuple | list):
        items: list[Json] = [_plain(one) for one in value]
        return items if isinstance(value, list) else {_TAG: "tuple", "items": items}
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) and key != _TAG for key in value):
            raise TypeError("expected strings as keys of a setting")
        return {str(key): _plain(one) for key, one in value.items()}
    raise TypeError(f"expected a setting that JSON can hold, got {type(value).__name__}")


def _array(array: Array) -> dict[str, Json]:
    content = np.ascontiguousarray(array)
    text = base64.b64encode(content.astype(content.dtype.newbyteorder("<"), copy=False).tobytes()).decode("ascii")
    return {_TAG: "array", "dtype": str(array.dtype), "shape": list(array.shape), "base64": text}


def _value(place: str, plain: object) -> object:
    """Return the value that `_plain` was given."""
    if isinstance(plain, list):
        return [_value(place, one) for one in plain]
    if not isinstance(plain, dict):
        return plain
    if _TAG not in plain:
        return {key: _value(place, one) for key, one in plain.items()}
    try:
        return _tagged(place, plain)
    except (KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise ValueError(f"{place}: expected an object as to_json writes it, got {shown(plain)}") from error


def _tagged(place: str, plain: dict[str, Any]) -> object:
    kind = plain[_TAG]
    if kind == "float":
        return float(plain["value"])
    if kind == "dtype":
        return np.dtype(plain["name"])
    if kind in ("array", "scalar"):
        dtype = np.dtype(plain["dtype"])
        if dtype.kind not in "biuf":
            raise ValueError(f"{place}: expected numbers, got dtype {dtype}")
        found = np.frombuffer(base64.b64decode(plain["base64"], validate=True), dtype.newbyteorder("<"))
        array = found.astype(dtype).reshape(plain["shape"])
        return array[()] if kind == "scalar" else array
    if kind == "slice":
        return slice(*[_value(place, one) for one in plain["parts"]])
    if kind == "ellipsis":
        return ...
    if kind == "operation":
        if plain["name"] not in registry:
            raise ValueError(f"{place}: expected the name of an operation, got {shown(plain['name'])}")
        return registry[plain["name"]]
    if kind == "tuple":
        return tuple([_value(place, one) for one in plain["items"]])
    raise ValueError(f"{place}: unknown tag {shown(kind)}")
