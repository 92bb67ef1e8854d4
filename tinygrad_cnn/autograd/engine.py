"""`backward` and `grad`: check the arguments, run the backward pass, and store or return the gradients.

The ``.grad`` of leaves is written only after every VJP and every hook has returned.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from sys import getrefcount
from typing import Any

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import versions
from tinygrad_cnn.autograd.grad_mode import recording, set_grad_enabled
from tinygrad_cnn.autograd.hooks import hooks_of, leaves_have_hooks, owner_of, retain_grad
from tinygrad_cnn.autograd.node import Node
from tinygrad_cnn.autograd.variable import Constant, Variable, wrap
from tinygrad_cnn.autograd.walk import Sums, run


def _is_lent(_array: Array) -> bool:
    return False


is_lent: Callable[[Array], bool] = _is_lent
"""Return whether an array is the only user of memory lent to it; code that lends memory replaces this function."""


def backward(
    tensors: Variable | Sequence[Variable],
    grad_tensors: Variable | Sequence[Variable | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    *,
    inputs: Variable | Sequence[Variable] | None = None,
) -> None:
    """Add the gradient of the weighted sum of `tensors` to the ``.grad`` of every leaf that they depend on.

    Nothing is written unless the whole backward pass succeeds.

    Args:
        tensors: one tensor or several to differentiate.
        grad_tensors: for each tensor the weights of its elements, of its shape; None for a tensor with one element.
        retain_graph: keep what the graph saved, so that it can be walked again; the default is `create_graph`.
        create_graph: record the backward pass too, so that gradients can be differentiated again.
        inputs: write the ``.grad`` of these tensors only, leaves or results; all leaves by default.

    Raises:
        RuntimeError: a tensor requires no gradient, or has several elements and no weights; `inputs` is empty; the
            graph was freed; or a saved value was changed in place.
    """
    if grad_tensors is None and isinstance(tensors, Variable):
        seeds = [(tensors, _seed(tensors, None, "backward", create_graph))]
    else:
        seeds = _seeds("backward", tensors, grad_tensors, create_graph)
    targets = None if inputs is None else _differentiable("backward", inputs)
    if targets is not None:
        if not targets:
            raise RuntimeError(
                "backward: expected at least one tensor in inputs, got none; leave it out for all leaves"
            )
        for target in targets:
            retain_grad(target)
    sums, retained = run(seeds, targets, retain_graph, create_graph)
    given = [id(seed.array) for _, seed in seeds]
    leaves: list[Any] = [key for key in sums if key.__class__ is not Node]
    token = recording.set(create_graph)
    try:
        for leaf in leaves:
            _accumulate(leaf, sums, given, create_graph)
        for tensor, gradient in retained:
            _add_to_grad(tensor, gradient, create_graph)
        if leaves_have_hooks():
            for leaf in leaves:
                hooks = hooks_of(leaf)
                if hooks is not None:
                    for hook in list(hooks.after.values()):
                        hook(leaf)
    finally:
        recording.reset(token)


def grad(
    outputs: Variable | Sequence[Variable],
    inputs: Variable | Sequence[Variable],
    grad_outputs: Variable | Sequence[Variable | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    *,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """Return the gradients of the sum of `outputs` with respect to `inputs`; no ``.grad`` of a leaf changes.

    Args:
        outputs: one tensor or several.
        inputs: leaves or results that `outputs` depend on; only the nodes between the two are walked.
        grad_outputs: for each output the weights of its elements, of its shape; None for an output with one element.
        retain_graph: keep what the graph saved; the default is `create_graph`.
        create_graph: record the backward pass, so that the results can be differentiated again.
        only_inputs: has no effect, and warns if False, as in PyTorch.
        allow_unused: give None for an input that `outputs` do not depend on, instead of raising; the default is
            `materialize_grads`.
        materialize_grads: give zeros instead of None for an input that `outputs` do not depend on.

    Returns:
        A tensor for each input, of the same shape.

    Raises:
        RuntimeError: an input requires no gradient or is not part of the graph; otherwise as for `backward`.
        ValueError: `materialize_grads` with ``allow_unused=False``.
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "grad: materialize_grads=True gives zeros for unused inputs, so allow_unused must not be False"
        )
    if not only_inputs:
        warnings.warn("grad: only_inputs=False has no effect; use backward", FutureWarning, stacklevel=2)
    seeds = _seeds("grad", outputs, grad_outputs, create_graph)
    targets = _differentiable("grad", inputs)
    found, retained = run(seeds, targets, retain_graph, create_graph)
    results: list[Variable | None] = []
    for i, tensor in enumerate(targets):
        value = found.get(owner_of(tensor))
        if value is not None:
            results.append(value if isinstance(value, Variable) else wrap(np.array(value, dtype=tensor.dtype)))
        elif materialize_grads:
            results.append(wrap(np.zeros(tensor.shape, tensor.dtype)))
        elif allow_unused:
            results.append(None)
        else:
            raise RuntimeError(
                f"grad: input {i}, of shape {tensor.shape}, was not used to compute the outputs. "
                "Pass allow_unused=True to get None for it."
            )
    with set_grad_enabled(create_graph):
        for tensor, gradient in retained:
            _add_to_grad(tensor, gradient, create_graph)
    return tuple(results)


def _seeds(
    caller: str,
    outputs: Variable | Sequence[Variable],
    weights: Variable | Sequence[Variable | None] | None,
    create_graph: bool,
) -> list[tuple[Variable, Variable]]:
    """Return the pairs of an output and the gradient to start from at that output, checked."""
    outs = [outputs] if isinstance(outputs, Variable) else list(outputs)
    if weights is None:
        given: list[Variable | None] = [None] * len(outs)
    else:
        given = list(weights) if isinstance(weights, tuple | list) else [weights]  # type: ignore[list-item]
    if len(given) != len(outs):
        what = "tensors but {} grad_tensors" if caller == "backward" else "outputs but {} grad_outputs"
        raise RuntimeError(f"{caller}: got {len(outs)} {what.format(len(given))}")
    return [(out, _seed(out, weight, caller, create_graph)) for out, weight in zip(outs, given, strict=True)]


def _differentiable(caller: str, inputs: Variable | Sequence[Variable]) -> list[Variable]:
    """Return `inputs` as a list, checked."""
    tensors = [inputs] if isinstance(inputs, Variable) else list(inputs)
    for i, tensor in enumerate(tensors):
        if not isinstance(tensor, Variable):
            raise TypeError(f"{caller}: expected tensors as inputs, got {type(tensor).__name__} as input {i}")
        if not tensor._requires_grad:
            raise RuntimeError(f"{caller}: input {i}, of shape {tensor.shape}, does not require a gradient")
    return tensors


def _seed(output: Variable, gradient: Variable | None, caller: str, create_graph: bool) -> Variable:
    """Return the gradient to start from at `output`, checked."""
    if not isinstance(output, Variable):
        raise TypeError(f"{caller}: expected tensors, got {type(output).__name__}")
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
        one = np.array(1, output.array.dtype)
        seed = wrap(one.reshape(output.shape) if output.array.ndim else one)
        if create_graph:  # a graph of the gradients shows where they begin
            seed._node = Constant(seed.array.shape, seed.array.dtype, 1)
        return seed
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


def _accumulate(leaf: Variable, sums: Sums, given: list[int], create_graph: bool) -> None:
    """Add the gradient of `leaf` to its ``.grad``, which shares no memory; `given` are the ids of the user's arrays."""
    value = sums.pop(leaf)
    if create_graph or leaf._grad is not None:
        _add_to_grad(leaf, value, create_graph)
        return
    # An array with as many references as a new object is used nowhere else, whatever number Python counts for it.
    unseen = object()
    fresh = value.__class__ is np.ndarray and getrefcount(value) == getrefcount(unseen)
    if not fresh or not (value.base is None or is_lent(value)) or id(value) in given or value.dtype != leaf.array.dtype:
        value = np.array(value, dtype=leaf.dtype)
    leaf._grad = wrap(value)


def _add_to_grad(tensor: Variable, gradient: Any, create_graph: bool) -> None:
    """Add `gradient`, which others may refer to, to the ``.grad`` of a leaf or of a tensor that retains it."""
    old = tensor._grad
    if create_graph:
        tensor._grad = gradient if old is None else old + gradient
    elif old is None:
        tensor._grad = wrap(np.array(gradient, dtype=tensor.dtype))
    else:
        old.array += gradient
        versions.record_write(old.array)
