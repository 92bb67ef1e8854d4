"""The walk back along the tape, from the newest node to the oldest, calling VJPs and summing.

An input is always older than its output, so descending creation order is a topological order. Nothing here recurses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from tinygrad_cnn.autograd import anomaly, versions
from tinygrad_cnn.autograd.grad_mode import recording
from tinygrad_cnn.autograd.half import HALF, narrowed, widened
from tinygrad_cnn.autograd.hook_table import Hooks
from tinygrad_cnn.autograd.hooks import hooks_of, leaves_have_hooks, owner_of
from tinygrad_cnn.autograd.node import Node
from tinygrad_cnn.autograd.pending import Gated, Placed
from tinygrad_cnn.autograd.saving import VALUE
from tinygrad_cnn.autograd.variable import Constant, Variable, wrap

_FREED = (
    "backward: the values that {node} saved were freed by an earlier backward pass through this graph. "
    "Pass retain_graph=True to the earlier call, or run the forward pass again."
)


_age = attrgetter("seq")
_asarray, _number = np.asarray, np.generic


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
    """Return `targets` with those of `nodes` that depend on one; and those to walk, which have a parent among these."""
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

    Gradients are tensors if `create_graph`, else arrays.
    """
    sums: dict[Any, Any] = {}
    for output, seed in seeds:
        key, gradient = owner_of(output), seed if create_graph else seed.array
        gradient = sums[key] + gradient if key in sums else gradient
        sums[key] = _asarray(gradient) if isinstance(gradient, _number) else gradient
    nodes = collect(list(sums))
    needed = None
    keep: set[Any] = set()
    if targets is not None:
        keep = {owner_of(target) for target in targets}
        needed, nodes = _between(nodes, keep)
    for node in nodes:
        if node.args is None:
            _walk_again(node)
    retain = create_graph if retain_graph is None else retain_graph
    retained: list[tuple[Variable, Any]] = []
    silence = _Silence()
    token = recording.set(create_graph)
    try:
        with anomaly.walking():
            _walk(nodes, sums, needed, keep, retained, silence, retain, create_graph)
            for key, gradient in sums.items():
                if gradient.__class__ is Placed:
                    silence.begin()
                    sums[key] = gradient.summed()
            if targets is not None:
                sums = {key: sums[key] for key in keep if key in sums}
            if keep or leaves_have_hooks():
                silence.begin()
                passed = keep.intersection(nodes)
                for key in list(sums):
                    hooks = hooks_of(key)
                    if hooks is not None and key not in passed:
                        sums[key] = _hooked(key, hooks, sums[key], retained)
    finally:
        recording.reset(token)
        silence.end()
    return sums, retained


def _walk_again(node: Node) -> None:
    """Give `node`, whose saved values an earlier backward pass freed, its arguments again if there were no values.

    Raises:
        RuntimeError: there were.
    """
    op, parents = node.op, node.parents
    tracked = sum(1 << i for i, flowing in enumerate(node.flows) if flowing)
    saves, saves_output, _ = op._plan(tracked, len(parents))
    values = any(kind == VALUE and parent is not None for kind, parent in zip(saves, parents, strict=True))
    if op.joint is not None or saves_output or op.supplies or values:
        raise RuntimeError(_FREED.format(node=node))
    node.args = tuple([parent if kind else None for kind, parent in zip(saves, parents, strict=True)])


class _Silence:
    """No warnings of NumPy's from `begin` to `end`: as in the forward pass, x / 0 is ∞ and no warning.

    It begins when something is computed that may warn, and most joint gradients do not: it takes as long as an
    operation.
    """

    __slots__ = ("_state",)

    def __init__(self) -> None:
        self._state: np.errstate | None = None

    def begin(self) -> bool:
        """Return True, that there is silence."""
        if self._state is None:
            state = np.errstate(all="ignore")
            state.__enter__()
            self._state = state  # not before: a signal handler may raise within
        return True

    def end(self) -> None:
        if self._state is not None:
            self._state.__exit__(None, None, None)


def _walk(
    nodes: list[Node], sums: dict[Any, Any], needed: set[Any] | None, keep: set[Any],
    retained: list[tuple[Variable, Any]], silence: _Silence, retain_graph: bool, create_graph: bool,
) -> None:  # fmt: skip
    """Pass gradients from each of `nodes` to its parents; what remains in `sums` is the leaves' and `keep`'s."""
    # The loop runs once for every operation of a program: no calls that can be done without.
    check = anomaly.gradient_check()
    gating = check is None and not create_graph
    silent = False
    for node in nodes:
        g = sums.pop(node, None)
        if g is None:
            continue
        op = node.op
        i = None
        waiting = None
        try:
            if g.__class__ is Placed:
                silent = silence.begin()
                g = g.summed()
            elif g.__class__ is Gated:
                if node.hooks is not None:
                    g = g.passed()
                else:
                    waiting = g
                    g = waiting.g
            if node.hooks is not None:
                silent = silence.begin()
                g = _hooked(node, node.hooks, g, retained)
            if keep and node in keep:
                sums[node] = g
            if versions.newest > node.seq:
                versions.check_saved(node)
            parents = node.parents
            flows: Sequence[bool] = node.flows
            if needed is not None:
                flows = [flowing and parent in needed for flowing, parent in zip(flows, parents, strict=True)]
            half = node.dtype.num == HALF and not create_graph and not op.keeps_half
            found = None
            if op.joint is not None:
                silent = silence.begin()
                pairs = dict(op.joint(node, g, [i for i, flowing in enumerate(flows) if flowing]))
                found = [pairs.get(i) for i in range(len(parents))]
            else:
                args: Any = _recorded(node) if create_graph else node.args
                if op.variadic is not None and not op.reads[0].inputs:
                    args = ()  # nothing was saved; passing as many arguments to as many VJPs takes their square
                y: Any = wrap(node.out, node) if create_graph and node.out is not None else node.out
                attrs = {**node.attrs, **node.aux} if node.aux else node.attrs
                if half:
                    silent = silence.begin()
                    g, y, *args = widened([g, y, *args])
                if op.fused is not None and not create_graph:
                    found = op.fused(flows, g, None if waiting is None else waiting.y, y, *args, **attrs)
                    if found is None and waiting is not None:
                        g = waiting.passed()
            for i, flowing in enumerate(flows):
                if not flowing:
                    continue
                parent: Any = parents[i]
                if found is not None:
                    gradient = found[i]
                elif op.gates and gating and not half and parent not in keep and _takes_gate(parent):
                    gradient = Gated(g, y, op)
                elif op.adds is not None and not create_graph and check is None:
                    gradient = Placed(op, g, attrs, parent.shape)
                else:
                    silent = silent or silence.begin()
                    vjp = op.vjps[i] if i < len(op.vjps) else None
                    if vjp is None:
                        vjp = op.vjp_of(i)
                    gradient = vjp(g, y, *args, **attrs) if attrs else vjp(g, y, *args)
                if gradient is None:
                    continue
                if gradient.shape != parent.shape:
                    if op.fit is None:
                        raise RuntimeError(
                            f"{op.name}: the VJP of input {i} returned shape {gradient.shape}, expected {parent.shape}"
                        )
                    gradient = op.fit(gradient, parent.shape)
                if half:
                    gradient = narrowed(gradient, parent.dtype)
                if check is not None:
                    check(node, i, gradient)
                if parent in sums:
                    silent = silent or silence.begin()
                    gradient = sums[parent] + gradient
                if isinstance(gradient, _number):  # NumPy's in the place of a 0-d array
                    gradient = _asarray(gradient)
                sums[parent] = gradient
        except Exception as error:
            error.add_note(
                f"in the backward pass of {node}" + ("" if i is None else f", input {i}") + anomaly.place(node)
            )
            raise
        if not retain_graph and (op.joint is None or any(one is not None for one in node.args or ())):
            # Drop what was saved; the structure stays, so the graph can still be drawn.
            node.args = node.out = node.aux = None


def _takes_gate(parent: Any) -> bool:
    """Tell whether what made an input may compute its gradients from one that has yet to pass a ReLU."""
    return parent.__class__ is Node and parent.op.fused is not None


def _hooked(key: Node | Variable, hooks: Hooks, gradient: Any, retained: list[tuple[Variable, Any]]) -> Any:
    """Return `gradient` as the hooks of `key` leave it, and note which tensors retain it."""
    gradient = hooks.apply(gradient, key)
    retained += [(tensor, gradient) for tensor in hooks.keepers()]
    return gradient


def _recorded(node: Node) -> list[Any]:
    """Return what `node` saved of its inputs, arrays as tensors at their places in the graph."""
    assert node.args is not None  # checked before the walk began
    args = list(node.args)
    for i, (arg, parent) in enumerate(zip(args, node.parents, strict=True)):
        if isinstance(arg, np.ndarray):
            args[i] = wrap(arg, None if isinstance(parent, Constant) else parent)
    return args
