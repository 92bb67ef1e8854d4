"""Run a model once and note every operation: also those of frozen layers and under `no_grad`, which no tape keeps."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import NamedTuple, Protocol, cast, runtime_checkable

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import Constant, Node, Op, Operation, Source, Variable, current_scope, registry
from tinygrad_cnn.autograd.function_ctx import output as output_op
from tinygrad_cnn.autograd.node import observers
from tinygrad_cnn.autograd.operation import Attrs
from tinygrad_cnn.autograd.scope import Scope
from tinygrad_cnn.autograd.variable import origin
from tinygrad_cnn.autograd.versions import version
from tinygrad_cnn.graph.names import HasBuffers, HasParameters
from tinygrad_cnn.random import default_generator


@runtime_checkable
class Model(HasParameters, Protocol):
    """Anything that can be called and lists its parameters, such as a module."""

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Return the output."""
        ...


class Failure(NamedTuple):
    """The operation that raised, or the function if no operation had begun, and the tensors that it was given."""

    name: str
    error: Exception
    inputs: tuple[Source, ...]
    scope: Scope | None


class Recording:
    """The operations that ran, as nodes whose parents are known also where the tape has none.

    Args:
        leaves: the tensors that no operation makes, such as parameters and inputs.
    """

    def __init__(self, leaves: Sequence[Variable]) -> None:
        self.leaves = {id(leaf.array): leaf for leaf in leaves}
        self.nodes: list[Node] = []
        self.thread = threading.get_ident()
        self._made: dict[int, tuple[Array, int, Source]] = {}  # with the array, so that its id stays its own
        self._real: dict[int, tuple[Node, list[Node]]] = {}
        self._constants: dict[int, tuple[Array, Constant]] = {}
        self._last: Sequence[object] = ()
        self._outputs: list[Array] = []

    def observe(self, op: Operation, values: Sequence[object], attrs: Attrs, out: Array, node: Node | None) -> None:
        """Note one operation, or another output of the one before."""
        if threading.get_ident() != self.thread:
            return
        if values is self._last and self.nodes:
            self._outputs.append(out)
            self._split(node)
            return
        parents = tuple([self._source(value, node, i) for i, value in enumerate(values)])
        made = Node(op, (), out, attrs, None, parents, out.shape, out.dtype, current_scope())
        self.nodes.append(made)
        self._last, self._outputs = values, [out]
        self._know(out, made)
        if node is not None:
            self._real[id(node)] = node, [made]

    def source_of(self, tensor: Variable) -> Source:
        """Return what made `tensor`."""
        node = tensor._node
        if isinstance(node, Node):
            return self._node_of(node)
        return cast(Source, self._source(tensor.array, None, 0))

    def constants(self) -> dict[int, Array]:
        """Return the elements of the constants that came from no tensor with a name, by the ids of the constants."""
        return {id(constant): array for array, constant in self._constants.values()}

    def scope_of(self, owner: object, around: Scope | None) -> Scope:
        """Return the newest call of the module `owner` in which an operation ran; if none did, a new call."""
        for node in reversed(self.nodes):
            for scope in reversed(node.scope.chain if node.scope is not None else ()):
                if scope.owner is owner:
                    return scope
        children: Iterable[tuple[str, object]] = (
            getattr(around.owner, "named_children", tuple)() if around is not None else ()
        )
        name = next((name for name, child in children if child is owner), type(owner).__name__)
        return Scope(name, type(owner).__name__, owner, around)

    def _split(self, node: Node | None) -> None:
        """Give each output of the operation that ran last a node of its own."""
        made = self.nodes[-1]
        count = len(self._outputs)
        parts = [
            Node(output_op, (), one, {"index": i, "count": count}, None, (made,), one.shape, one.dtype, made.scope)
            for i, one in enumerate(self._outputs)
        ]
        for one, part in zip(self._outputs, parts, strict=True):
            self._know(one, part)
        if node is not None:
            self._real[id(node)] = node, parts

    def _know(self, array: Array, source: Source) -> None:
        self._made[id(array)] = array, version(array), source

    def _node_of(self, node: Node) -> Node:
        """Return the node here that stands for a node of the tape; that node itself if it is older."""
        if node.op is output_op and isinstance(node.parents[0], Node):
            _, parts = self._real.get(id(node.parents[0]), (None, []))
            index = node.attrs["index"]
            return parts[index] if index < len(parts) else node
        _, parts = self._real.get(id(node), (None, []))
        return parts[0] if parts else node

    def _source(self, value: object, node: Node | None, i: int) -> Source | None:
        """Return where argument `i` of an operation came from."""
        if value is None:
            return None
        parent = node.parents[i] if node is not None and i < len(node.parents) else None
        if isinstance(parent, Node):
            return self._node_of(parent)
        if isinstance(parent, Variable) or (isinstance(parent, Constant) and parent.number is not None):
            return parent
        if not isinstance(value, np.ndarray):
            return origin(value)
        known = self._made.get(id(value))
        if known is not None:
            return known[2] if known[1] == version(value) else self._written(value)
        if id(value) in self.leaves:
            return self.leaves[id(value)]
        return self._constants.setdefault(id(value), (value, Constant(value.shape, value.dtype)))[1]

    def _written(self, array: Array) -> Source:
        """Return the newest operation whose output was written into `array`: changes in place copy theirs."""
        for made in reversed(self.nodes):
            if made.out is not None and made.shape == array.shape and np.array_equal(made.out, array, equal_nan=True):
                self._know(array, made)
                return made
        return self._made[id(array)][2]


def run(model: Model, args: Sequence[object], kwargs: Mapping[str, object]) -> tuple[Recording, object, Failure | None]:
    """Call `model` and return what ran, the output and, if it raised, the failure.

    Its buffers and the stream of random numbers are as before afterwards.
    """
    buffers = [tensor for _, tensor in model.named_buffers()] if isinstance(model, HasBuffers) else []
    given = [one for one in (*args, *kwargs.values()) if isinstance(one, Variable)]
    recording = Recording([*(tensor for _, tensor in model.named_parameters()), *buffers, *given])
    with _kept(buffers):
        observers.append(recording.observe)
        try:
            return recording, model(*args, **kwargs), None
        except Exception as error:
            return recording, None, _failure(error, recording)
        finally:
            observers.remove(recording.observe)


@contextmanager
def _kept(buffers: Sequence[Variable]) -> Iterator[None]:
    """Bring back the values of `buffers` and the stream of random numbers."""
    values = [(buffer, buffer.array, buffer.array.copy()) for buffer in buffers]
    state = default_generator.get_state()
    try:
        yield
    finally:
        default_generator.set_state(state)
        for buffer, array, content in values:
            buffer.array = array
            array[...] = content


_CALL = Op._call.__code__


def _failure(error: Exception, recording: Recording) -> Failure:
    """Return the operation in which `error` was raised, or the innermost function of the package."""
    name = type(error).__name__
    inputs: tuple[Source, ...] = ()
    scope: Scope | None = None
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        code, variables = trace.tb_frame.f_code, trace.tb_frame.f_locals
        if code.co_name == "forward" and isinstance(variables.get("self"), HasParameters):
            scope = recording.scope_of(variables["self"], scope)
        given: Sequence[object] = ()
        if code is _CALL:
            name, given = variables["self"].name, variables["args"]
        elif _is_function_of_package(trace.tb_frame):
            name, given = code.co_name, [variables.get(one) for one in code.co_varnames[: code.co_argcount]]
        inputs = tuple(recording.source_of(one) for one in given if isinstance(one, Variable)) or inputs
        trace = trace.tb_next
    return Failure(name, error, inputs, scope)


def _is_function_of_package(frame: FrameType) -> bool:
    """Return whether `frame` runs a public function such as ``F.conv2d`` or ``torch.cat``."""
    variables = frame.f_globals
    inside = str(variables.get("__name__", "")).startswith("tinygrad_cnn.")
    return inside and (frame.f_code.co_name in variables.get("__all__", ()) or frame.f_code.co_name in registry)
