"""From tensors to a `Graph`: walk the tape that made them once, oldest operation first."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from tinygrad_cnn._dtypes import float16, float32
from tinygrad_cnn._types import Array, DType
from tinygrad_cnn.autograd import Constant, Node, Scope, Source, Variable, collect
from tinygrad_cnn.autograd.function_ctx import output
from tinygrad_cnn.autograd.half import narrowed, widened
from tinygrad_cnn.autograd.scope import GradientScope
from tinygrad_cnn.graph.families import family
from tinygrad_cnn.graph.model import SHOWN, Cluster, Edge, Graph, Operation, Role, Value
from tinygrad_cnn.graph.names import Names
from tinygrad_cnn.graph.record import Failure, Model, run
from tinygrad_cnn.graph.text import first_line


def trace(
    *outputs: Variable,
    params: object = None,
    inputs: Mapping[str, object] | None = None,
    values: bool = False,
    error: BaseException | None = None,
) -> Graph:
    """Return the graph of the operations that made `outputs`, which a backward pass does not change.

    Args:
        outputs: results of recorded operations, such as a loss.
        params: names for parameters: a module, or a mapping from names to tensors. Parameters of modules that ran have
            names without it. Tensors that are not part of the graph are ignored.
        inputs: names for other tensors, as a mapping from names to tensors.
        values: keep the elements of the tensors that no operation made, their gradients, and the elements of results
            that have at most 64, as they are now.
        error: what a backward pass raised; the graph marks the operation whose gradient failed.

    Raises:
        TypeError: an output is not a tensor, or `params` or `inputs` do not name tensors.
        ValueError: there is no output, no recorded operation made one of them, or `error` is not of a backward pass
            through the graph.
    """
    tracer = _Tracer(Names(params, inputs), values)
    roots = [_root(i, output) for i, output in enumerate(outputs)]
    if not roots:
        raise ValueError("draw: expected at least one tensor, got none")
    nodes = collect(roots)
    if error is not None:
        if error.__dict__.get("in_node") not in nodes:
            raise ValueError(
                "draw: expected error as what a backward pass through this graph raised, got "
                f"{type(error).__name__}: {first_line(error)}"
            )
        tracer.error = error
    return _graph(tracer, roots, outputs, nodes, stacklevel=4)


def trace_call(
    model: Model,
    *args: object,
    params: object = None,
    inputs: Mapping[str, object] | None = None,
    values: bool = False,
    kwargs: Mapping[str, object] | None = None,
) -> tuple[Graph, Exception | None]:
    """Run ``model(*args, **kwargs)`` once and return the graph of every operation that its outputs depend on.

    Operations of frozen layers and under `no_grad` are part of it. Buffers and the stream of random numbers are as
    before afterwards. If the call raises, the graph has all that ran, and the operation that failed; the error comes
    with it.

    Args:
        model: a module.
        *args: its arguments.
        params: names for parameters, as for `trace`.
        inputs: names for other tensors, as for `trace`; the tensors among the arguments have names without it.
        values: as for `trace`.
        kwargs: its arguments by name.

    Raises:
        TypeError: no tensor is among the outputs, or `params` or `inputs` do not name tensors.
    """
    given: dict[str, object] = {key: one for key, one in (kwargs or {}).items() if isinstance(one, Variable)}
    tensors = [one for one in args if isinstance(one, Variable)]
    given |= {f"input {i}" if len(tensors) > 1 else "input": one for i, one in enumerate(tensors, 1)}
    if inputs is not None:
        Names(params, inputs)  # refuses what is no mapping from names to tensors, before anything runs
        named = {id(one) for one in inputs.values()}
        given = {key: one for key, one in given.items() if id(one) not in named} | dict(inputs)
    recording, found, failure = run(model, args, kwargs or {})
    tracer = _Tracer(Names(params, given), values, recording.constants() if values else None)
    if failure is not None:
        graph = _graph(tracer, [], [], recording.nodes, stacklevel=4, failure=failure)
        return graph, failure.error
    outputs = list(_tensors(found))
    if not outputs:
        raise TypeError(f"draw: expected the model to return tensors, got {type(found).__name__}")
    roots = [recording.source_of(output) for output in outputs]
    return _graph(tracer, roots, outputs, collect(roots), stacklevel=4), None


def _tensors(found: object) -> Iterator[Variable]:
    """Yield the tensors in what a model returned: a tensor, or nested tuples, lists and dicts of them."""
    if isinstance(found, Variable):
        yield found
    elif isinstance(found, Mapping):
        for one in found.values():
            yield from _tensors(one)
    elif isinstance(found, tuple | list):
        for one in found:
            yield from _tensors(one)


def _graph(
    tracer: _Tracer,
    roots: Sequence[Source],
    outputs: Sequence[Variable],
    nodes: Sequence[Node],
    *,
    stacklevel: int,
    failure: Failure | None = None,
) -> Graph:
    """Return the graph of `nodes`, with `outputs` made by `roots`."""
    if tracer.values:
        for root, output in zip(roots, outputs, strict=True):
            tracer.know(root, output.array)
    _warn_of_unregistered(nodes, stacklevel)
    for node in sorted(nodes, key=lambda node: node.seq):
        tracer.add(node)
    for i, (root, output) in enumerate(zip(roots, outputs, strict=True)):
        name = tracer.names.gradient(output) or (f"output {i + 1}" if len(roots) > 1 else "")
        tracer.add_output(root, output, name)
    if failure is not None:
        tracer.add_failure(failure)
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


def _warn_of_unregistered(nodes: Iterable[Node], stacklevel: int) -> None:
    """Warn of layers that the outermost modules around `nodes` hold without having registered them."""
    scopes = {id(node.scope.chain[0]): node.scope.chain[0] for node in nodes if node.scope is not None}
    for owner in {id(scope.owner): scope.owner for scope in scopes.values()}.values():
        for text in getattr(owner, "_unregistered", list)():
            warnings.warn(f"draw: {text}", UserWarning, stacklevel=stacklevel + 1)  # where `draw` was called


class _Tracer:
    """Builds the graph. Nodes and leaves are known by identity, because the tape keeps them alive."""

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
        if isinstance(source, Constant) and source.number is not None:
            self.known[id(source)] = np.asarray(source.number)
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
