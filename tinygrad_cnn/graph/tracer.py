"""`Tracer`: from the nodes of a tape, one after another, to a `Graph`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from tinygrad_cnn._dtypes import float16, float32
from tinygrad_cnn._types import Array, DType
from tinygrad_cnn.autograd import Constant, Node, Scope, Source, Variable
from tinygrad_cnn.autograd.function_ctx import output
from tinygrad_cnn.autograd.half import narrowed, widened
from tinygrad_cnn.autograd.scope import GradientScope
from tinygrad_cnn.graph.families import family
from tinygrad_cnn.graph.model import SHOWN, Cluster, Edge, Graph, Operation, Role, Value
from tinygrad_cnn.graph.names import Names
from tinygrad_cnn.graph.record import Failure
from tinygrad_cnn.graph.text import first_line


class Tracer:
    """Builds a graph, node by node; they and leaves are known by identity, because the tape keeps them alive.

    Args:
        names: of the tensors that no operation made.
        values: whether to keep elements.
        arrays: the elements of constants, by the ids of the constants.
    """

    def __init__(self, names: Names, values: bool, arrays: Mapping[int, Array] | None = None) -> None:
        self.names = names
        self.arrays = arrays or {}
        self.error: BaseException | None = None
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
        self.frozen = 0

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
        attrs, inputs = node.attrs, len(node.parents)
        order = node.scope.order if isinstance(node.scope, GradientScope) else 0
        failed = self.error is not None and self.error.__dict__.get("in_node") is node
        kind, error = ("error", first_line(self.error)) if failed else (family(node.op), "")
        self.nodes.append(
            Operation(made, node.op.name, kind, attrs, node.shape, cluster, inputs, order=order, error=error)
        )
        for i, parent in enumerate(node.parents):
            if parent is not None:
                self._connect(parent, made, i)

    def add_failure(self, failure: Failure) -> None:
        """Add the operation that raised, with the tensors that it was given."""
        user = Node(output, (), None, {}, None, failure.inputs, (), float32, failure.scope)
        for i, source in enumerate(failure.inputs):
            if isinstance(source, Variable | Constant) and id(source) not in self.ids:
                self._add_value(source, user, i)
        self.operations += 1
        made = f"op{self.operations}"
        cluster = self._cluster(failure.scope)
        error, inputs = first_line(failure.error), len(failure.inputs)
        self.nodes.append(Operation(made, failure.name, "error", {}, (), cluster, inputs, error=error))
        for i, source in enumerate(failure.inputs):
            self._connect(source, made, i)

    def add_output(self, root: Source, output: Variable, name: str) -> None:
        """Mark the result of `root` as an output of the graph."""
        if id(root) not in self.ids:  # no operation made it: the model returned a tensor that it was given
            self._add_source(root, "input", "input", None)
        made = self._next_value()
        is_loss = isinstance(root, Node) and family(root.op) == "loss" and not output.shape
        name = name or ("loss" if is_loss else "output")
        data, grad = self._shown(output)
        within = root.scope if isinstance(root, Node) and isinstance(root.scope, GradientScope) else None
        cluster = self._cluster(within)  # a gradient is drawn in the module whose gradient it is
        self.nodes.append(Value(made, "output", name, output.shape, output.dtype, cluster, data=data, grad=grad))
        self._connect(root, made, 0)

    def graph(self) -> Graph:
        """Return the finished graph."""
        nodes = tuple(
            replace(node, outputs=self.several.get(node.id, 1)) if isinstance(node, Operation) else node
            for node in self.nodes
        )
        edges, clusters = tuple(self.edges), tuple(self.clusters.values())
        return Graph(nodes, edges, clusters, _usual(edges), self.operations, self.parameters, self.frozen)

    def _next_value(self) -> str:
        self.rims += 1
        return f"value{self.rims}"

    def _add_value(self, source: Variable | Constant, user: Node, i: int) -> None:
        role, name, scope = self.names.find(source, user, i)
        saved = user.args[i] if user.args is not None and i < len(user.args) else None
        self._add_source(source, role, name, scope, saved)

    def _add_source(self, source: Source, role: Role, name: str, scope: Scope | None, saved: object = None) -> None:
        """Add a tensor that no operation made, whose elements may be `saved`."""
        made = self.ids[id(source)] = self._next_value()
        tensor = self.names.tensor(source)
        frozen = role == "parameter" and tensor is not None and not tensor.requires_grad
        if role in ("parameter", "leaf"):
            self.parameters += math.prod(source.shape)
            self.frozen += math.prod(source.shape) if frozen else 0
        data, grad = (None, None) if tensor is None else self._shown(tensor)
        if data is None and self.values:
            data = self._small(saved)
        if isinstance(source, Constant) and source.number is not None:
            data = np.asarray(source.number)
        if data is None and id(source) in self.arrays:
            data = self.arrays[id(source)].copy()
        if data is not None and data.size <= SHOWN:
            self.known[id(source)] = data
        cluster = self._cluster(scope)
        self.nodes.append(Value(made, role, name, source.shape, source.dtype, cluster, frozen, data, grad))

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

    def know(self, node: Source, array: Array) -> None:
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
