"""From tensors to a `Graph`: walk the tape that made them once, oldest operation first."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tinygrad_cnn.autograd import Node, Source, Variable, collect
from tinygrad_cnn.graph.model import Graph
from tinygrad_cnn.graph.names import Names
from tinygrad_cnn.graph.record import Failure, Model, run
from tinygrad_cnn.graph.text import first_line
from tinygrad_cnn.graph.tracer import Tracer


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
    tracer = Tracer(Names(params, inputs), values)
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
    tracer = Tracer(Names(params, given), values, recording.constants() if values else None)
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
    tracer: Tracer,
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
