"""The backward pass: a loop over the recorded operations, from the newest to the oldest.

Each operation turns the gradient of its output into gradients of its inputs. An input is always older than an output
made from it, so descending age is a topological order. Nothing here recurses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, TypeAlias, cast

import numpy as np

from tinygrad_cnn._types import Shape
from tinygrad_cnn.autograd import anomaly, versions
from tinygrad_cnn.autograd.grad_mode import recording
from tinygrad_cnn.autograd.half import HALF, narrowed, widened
from tinygrad_cnn.autograd.hooks import hooks_of, leaves_have_hooks, owner_of
from tinygrad_cnn.autograd.node import Node
from tinygrad_cnn.autograd.operation import Attrs, Formula, Operation
from tinygrad_cnn.autograd.pending import Pending
from tinygrad_cnn.autograd.scope import GradientScope, Scope, current_scope, pop_scope, push_scope
from tinygrad_cnn.autograd.variable import Constant, Source, Variable, wrap

_FREED = (
    "backward: the values that {node} saved were freed by an earlier backward pass through this graph. "
    "Pass retain_graph=True to the earlier call, or run the forward pass again."
)

Sums: TypeAlias = dict[Node | Variable, Any]
"""The gradient that has arrived at each node and leaf: an array, a tensor, a `Pending` or an `OutputGradients`."""

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


def _between(nodes: list[Node], targets: Iterable[Source]) -> tuple[set[Source], list[Node]]:
    """Return `targets` with all nodes that depend on them, which need gradients, and the list of nodes to walk."""
    needed: set[Source] = set(targets)
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
) -> tuple[Sums, list[tuple[Variable, Any]]]:
    """Return the gradients of all leaves, or of `targets` if given, and those that tensors retain (`retain_grad`).

    Gradients are tensors if `create_graph`, else arrays. As in the forward pass, x / 0 is ∞ without a warning.
    """
    sums: Sums = {}
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
    if create_graph:
        walk.order += max((node.scope.order for node in nodes if isinstance(node.scope, GradientScope)), default=0)
    token = recording.set(create_graph)
    try:
        with anomaly.walking(), np.errstate(all="ignore"):
            outside = push_scope(cast(Scope, current_scope()))
            try:
                walk.back_along(nodes)
            finally:
                pop_scope(outside)
            walk.finish(nodes)
    finally:
        recording.reset(token)
    return walk.sums, walk.retained


class _Walk:
    """One backward pass.

    Attributes:
        sums: for each node and leaf, the sum of the gradients that have arrived so far; visited nodes are dropped.
        create_graph: whether gradients are tensors, and their computation is recorded.
        retain_graph: whether nodes keep what they saved.
        kept: the nodes and leaves whose gradients the caller requested; empty if it requested those of all leaves.
        needed: `kept` and the nodes that depend on it; None if every gradient is needed.
        retained: pairs of a tensor that retains its gradient (`retain_grad`), and the gradient.
        order: with `create_graph`, the order of the derivatives that the pass computes.
        scopes: with `create_graph`, for each scope of a node the one that its gradients are recorded in.
        check: in anomaly mode, raises if a gradient has a NaN; otherwise None.
    """

    __slots__ = ("check", "create_graph", "kept", "needed", "order", "retain_graph", "retained", "scopes", "sums")

    def __init__(self, sums: Sums, create_graph: bool, retain_graph: bool) -> None:
        self.sums = sums
        self.create_graph = create_graph
        self.retain_graph = retain_graph
        self.kept: set[Node | Variable] = set()
        self.needed: set[Source] | None = None
        self.retained: list[tuple[Variable, Any]] = []
        self.order = 1
        self.scopes: dict[Scope | None, GradientScope] = {}
        self.check = anomaly.gradient_check()

    def back_along(self, nodes: list[Node]) -> None:
        """Pass the gradient of each of `nodes` on to its parents."""
        # The loop runs once for every operation of a program, so it avoids function calls.
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
                    vjps: Sequence[Formula | None] = op.vjps
                    args: Any = node.args
                    y, attrs = node.out, node.attrs
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
                error.__dict__.setdefault("in_node", node)  # which `draw(loss, error=error)` shows
                raise
            if node.saved and not self.retain_graph:
                node.args = node.out = node.aux = None  # the structure stays, so the graph can still be drawn

    def _arrive(self, node: Node, g: Any) -> Any:
        """Return the finished gradient of `node`, changed by its hooks; keep it if the caller requested it."""
        if self.create_graph:
            scope = node.scope
            push_scope(self.scopes.get(scope) or self.scopes.setdefault(scope, GradientScope(scope, self.order)))
        if isinstance(g, _number):  # NumPy returns a number in place of a 0-d array
            g = _asarray(g)
        elif isinstance(g, Pending) and (g.taker is not node.op or node.hooks is not None or node in self.kept):
            g = g.value()
        if node.hooks is not None:
            g = self._hooked(node, g)
        if node in self.kept:
            self.sums[node] = g
        return g

    def _prepare(self, node: Node, g: Any) -> tuple[Sequence[Formula | None], Any, Any, Sequence[Any], Attrs]:
        """Return the VJPs of `node` and their arguments (g, y, args, attrs), in the form that the VJPs take."""
        op = node.op
        vjps: Sequence[Formula | None] = op.vjps
        args: Any = _recorded(node) if self.create_graph else node.args
        y: Any = wrap(node.out, node) if self.create_graph and node.out is not None else node.out
        if isinstance(g, Pending):  # the joint gradients of the operation declined it
            g = g.value()
        if op.variadic is not None:
            vjps = [partial(op.variadic, i) for i in range(len(node.parents))]
            if not op.reads[0].inputs:
                args = ()  # nothing was saved, and passing n arguments to each of n VJPs would take time in n²
        if node.dtype.num == HALF and not self.create_graph and not op.keeps_half:
            g, y, *args = widened([g, y, *args])
            vjps = [partial(_narrowed, op, i, parent) for i, parent in enumerate(node.parents)]
        return vjps, g, y, args, {**node.attrs, **node.aux} if node.aux else node.attrs

    def finish(self, nodes: list[Node]) -> None:
        """Compute pending gradients, drop those that were not requested, and call the hooks of leaves."""
        sums = self.sums
        for key, gradient in sums.items():
            if gradient.__class__ is not _array and not isinstance(gradient, Variable):
                sums[key] = gradient.value() if isinstance(gradient, Pending) else _asarray(gradient)
        if self.needed is not None:
            sums = self.sums = {key: sums[key] for key in self.kept if key in sums}
        if self.kept or leaves_have_hooks():
            passed = self.kept.intersection(nodes)  # the hooks of these have been called
            for key in [key for key in sums if key not in passed]:
                sums[key] = self._hooked(key, sums[key])

    def _hooked(self, key: Node | Variable, gradient: Any) -> Any:
        """Return `gradient`, changed by the hooks of `key`, and note the tensors that retain it."""
        hooks = hooks_of(key)
        if hooks is not None:
            gradient = hooks.apply(gradient, key)
            self.retained += [(tensor, gradient) for tensor in hooks.keepers()]
        return gradient


def _fitted(op: Operation, i: int, gradient: Any, shape: Shape) -> Any:
    """Return the gradient of input `i` in the `shape` of that input, if `op` broadcasts its inputs.

    Raises:
        RuntimeError: `op` does not broadcast its inputs, so the VJP is wrong.
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
    """Return what `node` saved of its inputs; arrays become tensors that come from the same nodes and leaves."""
    assert node.args is not None  # checked before the walk began
    args = list(node.args)
    for i, (arg, parent) in enumerate(zip(args, node.parents, strict=True)):
        if isinstance(arg, np.ndarray):
            args[i] = wrap(arg, None if isinstance(parent, Constant) else parent)
            if isinstance(parent, Constant):
                args[i]._node = parent  # so that a graph shows one constant, whoever uses it
    return args
