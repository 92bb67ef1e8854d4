"""The backward pass: walk the tape from the newest node to the oldest, calling VJPs and summing.

An input is always older than its output, so descending creation order is a topological order. Nothing here recurses,
and leaf gradients are written only after every VJP has returned.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from operator import attrgetter
from typing import Any

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import versions
from tinygrad_cnn.autograd.grad_mode import enable_grad
from tinygrad_cnn.autograd.node import Node
from tinygrad_cnn.autograd.variable import Constant, Spec, Variable, wrap

_FREED = (
    "backward: the values that {node} saved were freed by an earlier backward pass through this graph. "
    "Pass retain_graph=True to the earlier call, or run the forward pass again."
)


def backward(
    output: Variable, gradient: Variable | None = None, *, retain_graph: bool | None = None, create_graph: bool = False
) -> None:
    """Add d(output)/d(leaf), weighted by `gradient`, to the ``.grad`` of every leaf that `output` depends on.

    Args:
        output: what to differentiate.
        gradient: the weight of each element of `output`, of its shape; may be left out if `output` has one element.
        retain_graph: keep what the graph saved, so that it can be walked again; the default is `create_graph`.
        create_graph: record the backward pass too, so that gradients can be differentiated again.

    Raises:
        RuntimeError: `output` requires no gradient; has several elements and no `gradient`; the graph was freed; or a
            saved value was changed in place.
    """
    seed = _seed(output, gradient, "backward")
    retain = create_graph if retain_graph is None else retain_graph
    sums = _run([(output, seed)], targets=None, retain_graph=retain, create_graph=create_graph)
    given = seed.array
    del seed
    for leaf in list(sums):
        _accumulate(leaf, sums, given, create_graph)


def grad(
    outputs: Variable | Sequence[Variable],
    inputs: Variable | Sequence[Variable],
    grad_outputs: Variable | Sequence[Variable | None] | None = None,
    *,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Any, ...]:
    """Return the gradients of the sum of `outputs` with respect to `inputs`, without touching any ``.grad``.

    Args:
        outputs: one tensor or several.
        inputs: leaves or results on the way to `outputs`; only what lies between the two is walked.
        grad_outputs: the weight of each output, of its shape; None for an output with one element.
        retain_graph: keep what the graph saved; the default is `create_graph`.
        create_graph: record the backward pass, so that the results can be differentiated again.
        allow_unused: give None for an input that `outputs` do not depend on, instead of raising.

    Returns:
        A tensor for each input, of its shape.

    Raises:
        RuntimeError: an input requires no gradient or is not part of the graph, and as for `backward`.
    """
    outs = [outputs] if isinstance(outputs, Variable) else list(outputs)
    ins = [inputs] if isinstance(inputs, Variable) else list(inputs)
    weights = [grad_outputs] if grad_outputs is None or isinstance(grad_outputs, Variable) else list(grad_outputs)
    if grad_outputs is None:
        weights = [None] * len(outs)
    if len(weights) != len(outs):
        raise RuntimeError(f"grad: got {len(outs)} outputs but {len(weights)} grad_outputs")
    for i, tensor in enumerate(ins):
        if not tensor._requires_grad:
            raise RuntimeError(f"grad: input {i}, of shape {tensor.shape}, does not require a gradient")
    seeds = [(out, _seed(out, weight, "grad")) for out, weight in zip(outs, weights, strict=True)]
    retain = create_graph if retain_graph is None else retain_graph
    found = _run(seeds, targets=ins, retain_graph=retain, create_graph=create_graph)
    results: list[Variable | None] = []
    for i, tensor in enumerate(ins):
        value = found.get(_key(tensor))
        if value is None:
            if not allow_unused:
                raise RuntimeError(
                    f"grad: input {i}, of shape {tensor.shape}, was not used to compute the outputs. "
                    "Pass allow_unused=True to get None for it."
                )
            results.append(None)
        else:
            results.append(value if isinstance(value, Variable) else wrap(np.array(value, dtype=tensor.dtype)))
    return tuple(results)


def _seed(output: Variable, gradient: Variable | None, caller: str) -> Variable:
    """Return the gradient to start from at `output`, checked."""
    if not output._requires_grad:
        raise RuntimeError(
            f"{caller}: the tensor, of shape {output.shape}, does not require a gradient and no recorded operation "
            "made it. Was it computed under no_grad(), from detached tensors, or from inputs without "
            "requires_grad=True?"
        )
    if gradient is None:
        if output.array.size != 1:
            raise RuntimeError(
                f"{caller}: a gradient can be created implicitly only for an output with one element, got shape "
                f"{output.shape}. Reduce it first (.sum() or .mean()), or pass gradient= of that shape."
            )
        return wrap(np.ones(output.shape, output.dtype))
    if not isinstance(gradient, Variable):
        raise TypeError(f"{caller}: expected the gradient as a tensor, got {type(gradient).__name__}")
    if gradient.shape != output.shape:
        raise RuntimeError(
            f"{caller}: expected a gradient of shape {output.shape}, that of the output, got {gradient.shape}"
        )
    if gradient.dtype != output.dtype:
        raise RuntimeError(
            f"{caller}: expected a gradient of dtype {output.dtype}, that of the output, got {gradient.dtype}"
        )
    return gradient


def _key(tensor: Variable) -> Node | Variable:
    """Return what stands for `tensor` in the graph: the node that made it, or itself if it is a leaf."""
    node = tensor._node
    return tensor if node is None or isinstance(node, Constant) else node


def collect(roots: Iterable[object]) -> list[Node]:
    """Return the nodes that `roots` depend on, the newest first."""
    stack = [root for root in roots if root.__class__ is Node]
    seen: set[Any] = set(stack)
    while stack:
        for parent in stack.pop().parents:
            if parent.__class__ is Node and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=attrgetter("seq"), reverse=True)


def _between(nodes: list[Node], targets: set[Any]) -> set[Any]:
    """Return `targets` and those of `nodes` that depend on one."""
    needed = set(targets)
    for node in reversed(nodes):
        if any(parent in needed for parent in node.parents if parent is not None):
            needed.add(node)
    return needed


def _run(
    seeds: list[tuple[Variable, Variable]], *, targets: list[Variable] | None, retain_graph: bool, create_graph: bool
) -> dict[Any, Any]:
    """Return the gradient of each leaf, or of each of `targets` if given: tensors if `create_graph`, else arrays."""
    sums: dict[Any, Any] = {}
    for output, seed in seeds:
        _add(sums, _key(output), seed if create_graph else seed.array)
    nodes = collect(list(sums))
    needed = None
    keep: set[Any] = set()
    if targets is not None:
        keep = {_key(target) for target in targets}
        needed = _between(nodes, keep)
        nodes = [node for node in nodes if node in needed]
    for node in nodes:
        if node.args is None:
            raise RuntimeError(_FREED.format(node=node))
    recording = enable_grad() if create_graph else nullcontext()
    with recording, np.errstate(all="ignore"):  # as in the forward pass, x / 0 is ∞ and not a warning
        _walk(nodes, sums, needed, keep, retain_graph, create_graph=create_graph)
    return sums


def _walk(
    nodes: list[Node], sums: dict[Any, Any], needed: set[Any] | None, keep: set[Any], retain_graph: bool,
    *, create_graph: bool,
) -> None:  # fmt: skip
    """Pass gradients from each of `nodes` to its parents; what remains in `sums` is the leaves' and `keep`'s."""
    for node in nodes:
        g = sums.get(node) if node in keep else sums.pop(node, None)
        if g is None:
            continue
        versions.check_saved(node)
        op = node.op
        args = _arguments(node, create_graph)
        y = wrap(node.out, node) if create_graph and node.out is not None else node.out
        attrs = {**node.attrs, **node.aux} if node.aux else node.attrs
        for i, parent in enumerate(node.parents):
            if parent is None or parent.__class__ is Constant or (needed is not None and parent not in needed):
                continue
            vjp = op.vjp_of(i)
            try:
                gradient = vjp(g, y, *args, **attrs)
                if gradient.shape != parent.shape:
                    if op.fit is None:
                        raise RuntimeError(
                            f"{op.name}: the VJP of input {i} returned shape {gradient.shape}, expected {parent.shape}"
                        )
                    gradient = op.fit(gradient, parent.shape)
            except Exception as error:
                error.add_note(f"in the backward pass of {node}, input {i}")
                raise
            _add(sums, parent, gradient)
        if not retain_graph:
            node.release()


def _arguments(node: Node, create_graph: bool) -> list[Any]:
    """Return the inputs as the VJPs of `node` take them."""
    assert node.args is not None  # checked before the walk began
    args = list(node.args)
    if create_graph:
        for i, (arg, parent) in enumerate(zip(args, node.parents, strict=True)):
            if isinstance(arg, np.ndarray):
                args[i] = wrap(arg, None if isinstance(parent, Constant) else parent)
    for i in node.op.specs:
        parent = node.parents[i]
        if parent is not None:
            args[i] = Spec(parent.shape, parent.dtype)
    return args


def _add(sums: dict[Any, Any], key: object, gradient: Any) -> None:
    known = sums.get(key)
    sums[key] = gradient if known is None else known + gradient


def _accumulate(leaf: Variable, sums: dict[Any, Any], given: Array, create_graph: bool) -> None:
    """Add the gradient of `leaf` to its ``.grad``, which shares memory with nothing else."""
    value = sums.pop(leaf)
    old = leaf._grad
    if create_graph:
        leaf._grad = value if old is None else old + value
    elif old is None:
        # One reference here and one for getrefcount: nobody else can see this array, so it need not be copied.
        fresh = type(value) is np.ndarray and value.base is None and sys.getrefcount(value) == 2
        if not fresh or value is given or value.dtype != leaf.dtype:
            value = np.array(value, dtype=leaf.dtype)
        leaf._grad = wrap(value)
    else:
        old.array += value
        versions.record_write(old.array)
