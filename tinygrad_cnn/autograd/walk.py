"""The walk back along the tape: each recorded operation hands its gradient on to what it was made from.

An input is always older than what was made from it, so walking from the newest node to the oldest is a walk in
topological order. Nothing here recurses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

import numpy as np

from tinygrad_cnn._types import Shape
from tinygrad_cnn.autograd import anomaly, versions
from tinygrad_cnn.autograd.grad_mode import recording
from tinygrad_cnn.autograd.half import HALF, narrowed, widened
from tinygrad_cnn.autograd.hooks import hooks_of, leaves_have_hooks, owner_of
from tinygrad_cnn.autograd.node import Node
from tinygrad_cnn.autograd.operation import Operation
from tinygrad_cnn.autograd.pending import Pending
from tinygrad_cnn.autograd.variable import Constant, Variable, wrap

_FREED = (
    "backward: the values that {node} saved were freed by an earlier backward pass through this graph. "
    "Pass retain_graph=True to the earlier call, or run the forward pass again."
)

_age = attrgetter("seq")
_array, _asarray, _number = np.ndarray, np.asarray, np.generic


def collect(roots: Iterable[object]) -> list[Node]:
    """Return the nodes that `roots` depend on, the newest first."""
    stack = [root for root in roots if root.__class__ is Node]
    seen: set[Any] = set(stack)
    while stack:
        for parent in stack.pop().parents:
            if parent.__class__ is Node and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=_age, reverse=True)


def _between(nodes: list[Node], targets: set[Any]) -> tuple[set[Any], list[Node]]:
    """Return `targets` with those of `nodes` that depend on one; and the nodes with a parent among these, to walk."""
    needed = set(targets)
    walked = []
    for node in reversed(nodes):
        if any(parent in needed for parent in node.parents if parent is not None):
            needed.add(node)
            walked.append(node)
    walked.reverse()
    return needed, walked


def run(
    seeds: list[tuple[Variable, Variable]],
    targets: list[Variable] | None,
    retain_graph: bool | None,
    create_graph: bool,
) -> tuple[dict[Any, Any], list[tuple[Variable, Any]]]:
    """Return the gradient of each leaf, or of each of `targets` if given, and what tensors asked to retain.

    Gradients are tensors if `create_graph`, else arrays. As in the forward pass, x / 0 is ∞ without a warning.
    """
    sums: dict[Any, Any] = {}
    for output, seed in seeds:
        key, gradient = owner_of(output), seed if create_graph else seed.array
        sums[key] = sums[key] + gradient if key in sums else gradient
    nodes = collect(list(sums))
    walk = _Walk(sums, create_graph, create_graph if retain_graph is None else retain_graph)
    if targets is not None:
        walk.kept = {owner_of(target) for target in targets}
        walk.needed, nodes = _between(nodes, walk.kept)
    for node in nodes:
        if node.args is None:
            raise RuntimeError(_FREED.format(node=node))
    token = recording.set(create_graph)
    try:
        with anomaly.walking(), np.errstate(all="ignore"):
            walk.back_along(nodes)
            walk.finish(nodes)
    finally:
        recording.reset(token)
    return walk.sums, walk.retained


class _Walk:
    """One backward pass.

    Attributes:
        sums: the gradient that has arrived so far at each node and leaf still to be visited.
        create_graph: whether gradients are tensors, and their computation is recorded.
        retain_graph: whether nodes keep what they saved.
        kept: the nodes and leaves whose gradients are asked for; empty where those of all leaves are.
        needed: `kept` and all that depends on it; None where every gradient is needed.
        retained: tensors that asked to retain their gradient, each with the gradient.
        check: raises if one of the gradients of a node has a NaN, in anomaly mode; else None.
    """

    __slots__ = ("check", "create_graph", "kept", "needed", "retain_graph", "retained", "sums")

    def __init__(self, sums: dict[Any, Any], create_graph: bool, retain_graph: bool) -> None:
        self.sums = sums
        self.create_graph = create_graph
        self.retain_graph = retain_graph
        self.kept: set[Any] = set()
        self.needed: set[Any] | None = None
        self.retained: list[tuple[Variable, Any]] = []
        self.check = anomaly.gradient_check()

    def back_along(self, nodes: list[Node]) -> None:
        """Pass the gradient of each of `nodes` on to its parents."""
        # The loop runs once for every operation of a program: no calls that can be done without.
        sums, needed, kept, check = self.sums, self.needed, self.kept, self.check
        for node in nodes:
            g = sums.pop(node, None)
            if g is None:
                continue
            i = None
            try:
                if g.__class__ is not _array or node.hooks is not None or node in kept:
                    g = self._arrive(node, g)
                if versions.newest > node.seq:
                    versions.check_saved(node)
                op = node.op
                parents: Sequence[Any] = node.parents
                wanted: Sequence[bool] = node.flows
                if needed is not None:
                    wanted = [flowing and parent in needed for flowing, parent in zip(wanted, parents, strict=True)]
                gradients = None if op.gradients is None else op.gradients(node, g, wanted)
                if gradients is None:
                    vjps: Sequence[Any] = op.vjps
                    y, args, attrs = node.out, node.args, node.attrs
                    if g.__class__ is not _array or node.aux or op.variadic is not None or node.dtype.num == HALF:
                        vjps, g, y, args, attrs = self._prepare(node, g)
                for i, parent in enumerate(parents):
                    if not wanted[i]:
                        continue
                    if gradients is None:
                        vjp = (vjps[i] if i < len(vjps) else None) or op.vjp_of(i)
                        gradient = vjp(g, y, *args, **attrs)
                    else:
                        gradient = gradients[i]
                    if gradient is None:
                        continue
                    if gradient.shape != parent.shape:
                        gradient = _fitted(op, i, gradient, parent.shape)
                    if check is not None:
                        gradient = check(node, i, gradient)
                    before = sums.get(parent)
                    sums[parent] = gradient if before is None else before + gradient
            except Exception as error:
                where = "" if i is None else f", input {i}"
                error.add_note(f"in the backward pass of {node}{where}{anomaly.place(node)}")
                raise
            if node.saved and not self.retain_graph:
                node.args = node.out = node.aux = None  # the structure stays, so the graph can still be drawn

    def _arrive(self, node: Node, g: Any) -> Any:
        """Return the finished gradient of `node` as its hooks leave it, and keep it where it is asked for."""
        if isinstance(g, _number):  # NumPy's in the place of a 0-d array
            g = _asarray(g)
        elif isinstance(g, Pending) and (g.taker is not node.op or node.hooks is not None or node in self.kept):
            g = g.value()
        if node.hooks is not None:
            g = self._hooked(node, g)
        if node in self.kept:
            self.sums[node] = g
        return g

    def _prepare(self, node: Node, g: Any) -> tuple[Sequence[Any], Any, Any, Sequence[Any], dict[str, Any]]:
        """Return the VJPs of `node` and what they take, (g, y, args, attrs), where that is not just what it saved."""
        op = node.op
        vjps: Sequence[Any] = op.vjps
        args: Any = _recorded(node) if self.create_graph else node.args
        y: Any = wrap(node.out, node) if self.create_graph and node.out is not None else node.out
        if isinstance(g, Pending):  # which the joint gradients of the operation declined
            g = g.value()
        if op.variadic is not None:
            vjps = [partial(op.variadic, i) for i in range(len(node.parents))]
            if not op.reads[0].inputs:
                args = ()  # nothing was saved; passing n arguments to n VJPs would take time in n²
        if node.dtype.num == HALF and not self.create_graph and not op.keeps_half:
            g, y, *args = widened([g, y, *args])
            vjps = [partial(_narrowed, op, i, parent) for i, parent in enumerate(node.parents)]
        return vjps, g, y, args, {**node.attrs, **node.aux} if node.aux else node.attrs

    def finish(self, nodes: list[Node]) -> None:
        """Work out what is pending, leave only what was asked for, and call the hooks of leaves."""
        sums = self.sums
        for key, gradient in sums.items():
            if gradient.__class__ is not _array and not isinstance(gradient, Variable):
                sums[key] = gradient.value() if isinstance(gradient, Pending) else _asarray(gradient)
        if self.needed is not None:
            sums = self.sums = {key: sums[key] for key in self.kept if key in sums}
        if self.kept or leaves_have_hooks():
            passed = self.kept.intersection(nodes)  # and so had its hooks called
            for key in [key for key in sums if key not in passed]:
                sums[key] = self._hooked(key, sums[key])

    def _hooked(self, key: Node | Variable, gradient: Any) -> Any:
        """Return `gradient` as the hooks of `key` leave it, and note which tensors retain it."""
        hooks = hooks_of(key)
        if hooks is not None:
            gradient = hooks.apply(gradient, key)
            self.retained += [(tensor, gradient) for tensor in hooks.keepers()]
        return gradient


def _fitted(op: Operation, i: int, gradient: Any, shape: Shape) -> Any:
    """Return the gradient of input `i` in the `shape` of that input, if `op` broadcasts its inputs.

    Raises:
        RuntimeError: `op` does not broadcast them: the VJP is wrong.
    """
    if op.fit is None:
        raise RuntimeError(f"{op.name}: the VJP of input {i} returned shape {gradient.shape}, expected {shape}")
    return op.fit(gradient, shape)


def _narrowed(op: Operation, i: int, parent: Any, *args: Any, **attrs: Any) -> Any:
    """Return the gradient of input `i`, computed in float32, in the dtype of that input."""
    gradient = op.vjp_of(i)(*args, **attrs)
    if gradient.shape != parent.shape:
        gradient = _fitted(op, i, gradient, parent.shape)
    return narrowed(gradient, parent.dtype)


def _recorded(node: Node) -> list[Any]:
    """Return what `node` saved of its inputs, arrays as tensors at their positions in the graph."""
    assert node.args is not None  # checked before the walk began
    args = list(node.args)
    for i, (arg, parent) in enumerate(zip(args, node.parents, strict=True)):
        if isinstance(arg, np.ndarray):
            args[i] = wrap(arg, None if isinstance(parent, Constant) else parent)
    return args
