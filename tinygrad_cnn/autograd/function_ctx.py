"""`FunctionCtx`: what a `Function.forward` keeps for its `backward`; and the nodes of several outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.autograd.node import Node
from tinygrad_cnn.autograd.primitive import Op
from tinygrad_cnn.autograd.variable import Constant, Source, Spec, Variable, wrap


class Saved(NamedTuple):
    """A value kept for the backward pass.

    Attributes:
        position: its index in ``node.args``.
        source: the node or leaf that it came from; for an output, its number; None for a constant.
    """

    position: int
    source: Source | int | None


class FunctionCtx:
    """Carries values from `Function.forward` to `Function.backward`. Attributes of any name may be set on it.

    Attributes:
        needs_input_grad: for each argument of `apply`, whether its gradient is needed.
    """

    def __init__(self, name: str, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self._name = name
        self._given: tuple[Variable | None, ...] = ()
        self._constant: tuple[Variable, ...] = ()
        self._materialize = True
        self._saved: list[Saved | None] = []
        self._outputs: list[Constant | None] = []
        self._several = False
        self._node: Callable[[], Node | None] = lambda: None

    def save_for_backward(self, *tensors: Variable | None) -> None:
        """Keep `tensors` (inputs, outputs or others) for `saved_tensors`. Call it once, in the forward pass.

        If one is changed in place before the backward pass, that raises an error.
        """
        for tensor in tensors:
            if tensor is not None and not isinstance(tensor, Variable):
                raise TypeError(
                    f"{self._name}: save_for_backward expected tensors or None, got {type(tensor).__name__}; "
                    "keep other values as attributes of ctx"
                )
        self._given = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors that `save_for_backward` kept, each connected to the graph as before.

        Raises:
            RuntimeError: a backward pass without ``retain_graph=True`` freed them.
        """
        node = self._node()
        if node is None:
            return self._given
        if node.args is None:
            raise RuntimeError(
                f"{self._name}: saved_tensors were freed by an earlier backward pass through this graph. Pass "
                "retain_graph=True to the earlier call, or run the forward pass again."
            )
        values: list[Variable | None] = []
        for saved in self._saved:
            if saved is None:
                values.append(None)
            else:
                source = node if isinstance(saved.source, int) and not self._several else saved.source
                if isinstance(source, int):
                    source = output_node(node, source, self._outputs)
                values.append(wrap(node.args[saved.position], source))
        return tuple(values)

    def mark_non_differentiable(self, *outputs: Variable) -> None:
        """Declare that no gradient flows through `outputs`, such as indices. Integer outputs need no declaration."""
        self._constant = outputs

    def mark_dirty(self, *inputs: Variable) -> None:  # noqa: ARG002
        """Raise an error: a Function must not change its inputs in place.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(
            f"{self._name}: mark_dirty is not supported; a Function must not change its inputs in place. "
            "Compute into a new tensor (x.clone()) and return that."
        )

    def set_materialize_grads(self, value: bool) -> None:
        """Choose whether `backward` gets zeros (the default) or None for an output that no gradient reached."""
        self._materialize = value


class OutputGradients:
    """The gradients of all outputs of one node, which add output by output.

    Attributes:
        values: a gradient for each output; None where none has arrived yet.
        shape: the shape of the node, which the engine compares.
    """

    __slots__ = ("shape", "values")

    def __init__(self, values: list[Any], shape: Shape) -> None:
        self.values = values
        self.shape = shape

    @property
    def recorded(self) -> bool:
        """Whether the gradients are tensors, to be differentiated again, rather than arrays."""
        return any(isinstance(value, Variable) for value in self.values)

    def __add__(self, other: OutputGradients) -> OutputGradients:
        pairs = zip(self.values, other.values, strict=True)
        return OutputGradients([b if a is None else a if b is None else a + b for a, b in pairs], self.shape)


def _pick(x: tuple[Array, ...], *, index: int, count: int) -> Array:  # noqa: ARG001
    return x[index]


output = Op(_pick, "output", keeps_half=True)
"""Output `index` of the `count` outputs of its parent node. Only graphs show it, so it is not in the registry."""


@output.vjp(0)
def output_vjp_0(g: Any, _y: object, x: Spec, *, index: int, count: int) -> OutputGradients:  # noqa: D103 - as every VJP
    values = [g if i == index else None for i in range(count)]
    return OutputGradients(values, x.shape)


def output_node(node: Node, index: int, outputs: list[Constant | None]) -> Node:
    """Return a node for output `index` of `node`."""
    spec = outputs[index]
    assert spec is not None  # an output that is no tensor has no node
    attrs = {"index": index, "count": len(outputs)}
    return Node(output, (node,), None, attrs, None, (node,), spec.shape, spec.dtype, node.scope)
