"""Compute a `Graph` again: the drawing is a program, so its outputs and gradients must be those of the original."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, cast

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import Variable, enable_grad, registry, wrap
from tinygrad_cnn.graph.model import Graph, Operation, Value


class Replay(NamedTuple):
    """The tensors of a replayed graph.

    Attributes:
        outputs: by name, recorded: ``replay(graph).outputs["loss"].backward()``.
        values: the parameters, inputs and constants, by the ids of their nodes.
    """

    outputs: dict[str, Variable]
    values: dict[str, Variable]


def replay(graph: Graph, data: Mapping[str, Array] | None = None) -> Replay:
    """Run the operations of `graph` in the order of the program, recorded.

    Args:
        graph: made with ``values=True``, or with the missing elements in `data`; no module in it is closed.
        data: the elements of parameters, inputs and constants by the ids of their nodes, instead of the graph's.

    Returns:
        The outputs and the tensors that they were computed from. Parameters and leaves require gradients, unless they
        are frozen.

    Raises:
        ValueError: the elements of a tensor are missing, an operation is no part of the package, such as that of a
            `Function`, or the graph has closed modules.
    """
    found: dict[str, Variable | float | None] = {}
    made: dict[str, Variable] = {}
    outputs: dict[str, Variable] = {}
    arriving: dict[str, dict[int, str]] = {}
    for edge in graph.edges:
        arriving.setdefault(edge.target, {})[edge.position] = edge.source
    with enable_grad():
        for node in graph.nodes:
            if isinstance(node, Operation):
                sources = arriving.get(node.id, {})
                args = [found[sources[i]] if i in sources else None for i in range(node.inputs)]
                found[node.id] = _run(node, args)
            elif not isinstance(node, Value):
                raise ValueError(f"replay: expected a graph without closed modules, got {node.id} {node.name!r}")
            elif node.role == "output":
                outputs[node.name] = cast(Variable, found[arriving[node.id][0]])
            else:
                array = (data or {}).get(node.id, node.data)
                if array is None:
                    raise ValueError(
                        f"replay: expected the elements of {node.id} {node.name!r}, got none. Make the graph by "
                        "trace_call(model, x, values=True), or pass data="
                    )
                if node.role == "number":
                    found[node.id] = array.item()
                    continue
                tensor = wrap(array.copy())
                tensor.requires_grad = node.role in ("parameter", "leaf") and not node.frozen
                found[node.id] = made[node.id] = tensor
    return Replay(outputs, made)


def _run(node: Operation, args: list[Variable | float | None]) -> Variable:
    op = registry.get(node.name)
    if op is None or node.error:
        raise ValueError(
            f"replay: expected operations of the package, got {node.id} {node.name!r}"
            + (f", which failed: {node.error}" if node.error else "")
        )
    return op(*args, **node.attrs)
