"""From tensors to a `Graph`: walk the tape that made them once, oldest operation first."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from tinygrad_cnn._dtypes import float16, float32
from tinygrad_cnn._types import Array, DType
from tinygrad_cnn.autograd import Constant, Node, Scope, Source, Variable, collect
from tinygrad_cnn.autograd.function_ctx import output
from tinygrad_cnn.autograd.half import narrowed, widened
from tinygrad_cnn.graph.families import family
from tinygrad_cnn.graph.model import SHOWN, Cluster, Edge, Graph, Operation, Value
from tinygrad_cnn.graph.names import Names


def trace(
    *outputs: Variable, params: object = None, inputs: Mapping[str, object] | None = None, values: bool = False
) -> Graph:
    """Return the graph of the operations that made `outputs`, which a backward pass does not change.

    Args:
        outputs: results of recorded operations, such as a loss.
        params: names for parameters: a module, or a mapping from names to tensors. Parameters of modules that ran have
            names without it. Tensors that are not part of the graph are ignored.
        inputs: names for other tensors, as a mapping from names to tensors.
        values: keep the elements of the tensors that no operation made, their gradients, and the elements of results
            that have at most 64, as they are now.

    Raises:
        TypeError: an output is not a tensor, or `params` or `inputs` do not name tensors.
        ValueError: there is no output, or no recorded operation made one of them.
    """
    tracer = _Tracer(Names(params, inputs), values)
    roots = [_root(i, output) for i, output in enumerate(outputs)]
    if not roots:
        raise ValueError("draw: expected at least one tensor, got none")
    if values:
        for root, output in zip(roots, outputs, strict=True):
            tracer.know(root, output.array)
    nodes = collect(roots)
    _warn_of_unregistered(nodes)
    for node in reversed(nodes):
        tracer.add(node)
    for i, (root, output) in enumerate(zip(roots, outputs, strict=True)):
        tracer.add_output(root, output, f"output {i + 1}" if len(roots) > 1 else "")
    return tracer.graph()


def _root(i: int, output: object) -> Node:
    if not isinstance(output, Variable):
        raise TypeError(f"draw: expected tensors, got {type(output).__name__} as output {i}")
    if not isinstance(output._node, Node):
        raise ValueError(
            f"draw: no recorded operation made output {i}, of shape {output.shape}. Was it computed under no_grad(), "
            "detached, or from tensors without requires_grad=True?"
        )
    return output._node


def _warn_of_unregistered(nodes: Iterable[Node]) -> None:
    """Warn of layers that the outermost modules around `nodes` hold without having registered them."""
    scopes = {id(node.scope.chain[0]): node.scope.chain[0] for node in nodes if node.scope is not None}
    for owner in {id(scope.owner): scope.owner for scope in scopes.values()}.values():
        for text in getattr(owner, "_unregistered", list)():
            warnings.warn(f"draw: {text}", UserWarning, stacklevel=4)  # where `draw` was called


class _Tracer:
    """Builds the graph. Nodes and leaves are known by identity, because the tape keeps them alive."""

    def __init__(self, names: Names, values: bool) -> None:
        self.names = names
        self.values = values
        self.nodes: list[Operation | Value] = []
        self.edges: list[Edge] = []
        self.clusters: dict[int, Cluster] = {}
        self.ids: dict[int, str] = {}
        self.outputs: dict[int, int] = {}
        self.several: dict[str, int] = {}
        self.known: dict[int, Array] = {}
        self.operations = 0
        self.rims = 0
        self.parameters = 0

    def add(self, node: Node) -> None:
        """Add an operation, and before it the values that no earlier operation used."""
        if node.op is output:  # one of several outputs: an arrow from the operation's box, not a box
            self.ids[id(node)] = self.ids[id(node.parents[0])]
            self.outputs[id(node)] = node.attrs["index"]
            self.several[self.ids[id(node)]] = node.attrs["count"]
            return
        for i, parent in enumerate(node.parents):
            if isinstance(parent, Variable | Constant) and id(parent) not in self.ids:
                self._add_value(parent, node, i)
        if self.values:
            self._compute(node)
        self.operations += 1
        made = self.ids[id(node)] = f"op{self.operations}"
        cluster = self._cluster(node.scope)
        self.nodes.append(Operation(made, node.op.name, family(node.op), node.attrs, node.shape, cluster))
        for i, parent in enumerate(node.parents):
            if parent is not None:
                self._connect(parent, made, i)

    def add_output(self, root: Node, output: Variable, name: str) -> None:
        """Mark the result of `root` as an output of the graph."""
        made = self._next_value()
        name = name or ("loss" if family(root.op) == "loss" and not output.shape else "output")
        self.nodes.append(Value(made, "output", name, output.shape, output.dtype, None, *self._shown(output)))
        self._connect(root, made, 0)

    def graph(self) -> Graph:
        """Return the finished graph."""
        nodes = tuple(
            replace(node, outputs=self.several.get(node.id, 1)) if isinstance(node, Operation) else node
            for node in self.nodes
        )
        edges, clusters = tuple(self.edges), tuple(self.clusters.values())
        return Graph(nodes, edges, clusters, _usual(edges), self.operations, self.parameters)

    def _next_value(self) -> str:
        self.rims += 1
        return f"value{self.rims}"

    def _add_value(self, source: Variable | Constant, user: Node, i: int) -> None:
        role, name, scope = self.names.find(source, user, i)
        made = self.ids[id(source)] = self._next_value()
        tensor = self.names.tensor(source)
        if role in ("parameter", "leaf"):
            self.parameters += math.prod(source.shape)
        data, grad = (None, None) if tensor is None else self._shown(tensor)
        if data is None and self.values and user.args is not None:
            data = self._small(user.args[i])
        if isinstance(source, Constant) and source.number is not None:
            self.known[id(source)] = np.asarray(source.number)
        if data is not None and data.size <= SHOWN:
            self.known[id(source)] = data
        cluster = self._cluster(scope)
        self.nodes.append(Value(made, role, name, source.shape, source.dtype, cluster, data, grad))

    def _cluster(self, scope: Scope | None) -> str | None:
        if scope is None:
            return None
        for around in scope.chain:
            if id(around) not in self.clusters:
                parent = None if around.parent is None else self.clusters[id(around.parent)].id
                made = f"cluster_{len(self.clusters) + 1}"
                self.clusters[id(around)] = Cluster(made, around.name, around.kind, _detail(around), parent)
        return self.clusters[id(scope)].id

    def _connect(self, source: Source, target: str, position: int) -> None:
        made, output = self.ids[id(source)], self.outputs.get(id(source), 0)
        data = self.known.get(id(source))
        self.edges.append(Edge(made, target, source.shape, source.dtype, position, output, data=data))

    # --- the elements of small tensors ----------------------------------------------------------------------------

    def know(self, node: Node, array: Array) -> None:
        """Keep the elements that `node` computed, if they are few."""
        small = self._small(array)
        if small is not None:
            self.known[id(node)] = small

    def _small(self, array: object) -> Array | None:
        return array.copy() if self.values and isinstance(array, np.ndarray) and array.size <= SHOWN else None

    def _shown(self, tensor: Variable) -> tuple[Array | None, Array | None]:
        if not self.values:
            return None, None
        return tensor.array.copy(), None if tensor._grad is None else tensor._grad.array.copy()

    def _compute(self, node: Node) -> None:
        """Keep the elements that `node` computed, from the tape or computed again from known arguments."""
        if id(node) in self.known or math.prod(node.shape) > SHOWN:
            return
        if node.out is not None:
            self.know(node, node.out)
            return
        args: list[object] = []
        for i, parent in enumerate(node.parents):
            arg = self.known.get(id(parent)) if parent is not None else node.args[i] if node.args is not None else None
            if arg is None:
                return
            args.append(arg)
        half = node.dtype == float16 and not node.op.keeps_half
        with np.errstate(all="ignore"):
            out = node.op.kernel(*(widened(args) if half else args), **node.attrs)
        if node.op.supplies:
            out = out[0]
        if half:
            out = narrowed(np.asarray(out))
        if not isinstance(out, tuple):  # several outputs are not shown
            self.know(node, np.asarray(out))


def _detail(scope: Scope) -> str:
    describe = getattr(scope.owner, "extra_repr", None)
    return str(describe()) if callable(describe) else ""


def _usual(edges: Iterable[Edge]) -> DType:
    """Return the floating-point dtype of most edges, the earlier of two equally frequent ones."""
    counts = Counter(edge.dtype for edge in edges if edge.dtype.kind == "f")
    return counts.most_common(1)[0][0] if counts else float32
