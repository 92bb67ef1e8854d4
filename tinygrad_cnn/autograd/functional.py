"""Derivatives of functions: products with the Jacobian, the Jacobian, the Hessian.

A function takes one tensor or several and returns one or several. Results are nested like the arguments: a tensor for a
tensor, a tuple for a tuple. Everything here is built on `grad`; it uses the engine and is not a part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from tinygrad_cnn import ops
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd.engine import grad
from tinygrad_cnn.autograd.grad_mode import enable_grad
from tinygrad_cnn.autograd.variable import Variable, wrap
from tinygrad_cnn.tensor import Tensor

_Function: TypeAlias = Callable[..., Any]
_Tensors: TypeAlias = Tensor | Sequence[Tensor]


def vjp(
    func: _Function, inputs: _Tensors, v: _Tensors | None = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return ``func(*inputs)`` and the vector-Jacobian product vᵀ·∂func/∂inputs.

    Args:
        func: takes tensors and returns a tensor or a tuple.
        inputs: a tensor or a tuple.
        v: weights for each output, of the same shape; may be left out if `func` returns one element.
        create_graph: let both results be differentiated further.
        strict: raise where an output depends on no input, or an input reaches no output, instead of giving zeros.

    Returns:
        The outputs, and a product for each input, of the same shape.

    Raises:
        RuntimeError: `v` does not fit the outputs; or, with `strict`, a gradient would be zeros.
        TypeError: `inputs`, `v` or what `func` returns are not tensors.
    """
    with enable_grad():
        several, xs = _inputs("vjp", inputs, create_graph)
        nested, ys = _outputs("vjp", func(*xs))
        weights = _weights("vjp", "output", v, ys)
        found = _grad("vjp", ys, xs, weights, create_graph, strict)
    return _packed(ys, nested, create_graph), _packed(found, several, create_graph)


def jvp(
    func: _Function, inputs: _Tensors, v: _Tensors | None = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return ``func(*inputs)`` and the Jacobian-vector product ∂func/∂inputs·v.

    The vector-Jacobian product uᵀ·J is linear in u, and its derivative with respect to u, weighted by v, is J·v,
    so two backward passes replace one forward-mode pass.

    Args:
        func: takes tensors and returns a tensor or a tuple.
        inputs: a tensor or a tuple.
        v: a direction for each input, of the same shape; may be left out for one input of one element.
        create_graph: let both results be differentiated further.
        strict: raise where an output depends on no input, or an input reaches no output, instead of giving zeros.

    Returns:
        The outputs, and a product for each output, of the same shape.

    Raises:
        RuntimeError: `v` does not fit the inputs; or, with `strict`, a gradient would be zeros.
        TypeError: `inputs`, `v` or what `func` returns are not tensors.
    """
    with enable_grad():
        _, xs = _inputs("jvp", inputs, create_graph)
        directions = _weights("jvp", "input", v, xs)
        nested, ys = _outputs("jvp", func(*xs))
        us = [_tensor(np.zeros(y.shape, y.dtype)).requires_grad_() for y in ys]
        products = _grad("jvp", ys, xs, us, create_graph=True, strict=strict)
        found = _grad("jvp", products, us, directions, create_graph, strict=False)
    return _packed(ys, nested, create_graph), _packed(found, nested, create_graph)


def jacobian(
    func: _Function,
    inputs: _Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,  # noqa: ARG001 - PyTorch's way of asking for speed; the values are the same
    strategy: str = "reverse-mode",
) -> Any:
    """Return the Jacobian: every ∂output[i…]/∂input[j…], one backward pass for each element of the outputs.

    Args:
        func: takes tensors and returns a tensor or a tuple.
        inputs: a tensor or a tuple.
        create_graph: let the Jacobian be differentiated further.
        strict: raise where an output does not depend on an input, instead of giving zeros.
        vectorize: accepted, without effect.
        strategy: ``"reverse-mode"``.

    Returns:
        A tensor of shape (*output.shape, *input.shape); for several outputs or inputs, tuples of these, indexed
        by the output first.

    Raises:
        RuntimeError: with `strict`, an output does not depend on an input.
        TypeError: `inputs` or what `func` returns are not tensors.
        ValueError: `strategy` is anything else.

    Example:
        >>> jacobian(lambda x: x * x, tensor([1.0, 2.0]))
        tensor([[2., 0.], [0., 4.]])
    """
    if strategy != "reverse-mode":
        raise ValueError(f"jacobian: expected strategy 'reverse-mode', got {strategy!r}")
    with enable_grad():
        several, xs = _inputs("jacobian", inputs, create_graph)
        nested, ys = _outputs("jacobian", func(*xs))
        rows = [_packed(_rows(y, xs, create_graph, strict), several, create_graph) for y in ys]
    return tuple(rows) if nested else rows[0]


def hessian(
    func: _Function,
    inputs: _Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Return the Hessian of a function with one output element: every ∂²func/∂input[i…]∂input[j…].

    Args:
        func: takes tensors and returns a tensor of one element.
        inputs: a tensor or a tuple.
        create_graph: let the Hessian be differentiated further.
        strict: raise where the function or its gradient does not depend on an input, instead of giving zeros.
        vectorize: accepted, without effect.
        outer_jacobian_strategy: ``"reverse-mode"``.

    Returns:
        A tensor of shape (*input.shape, *input.shape); for several inputs a tuple of tuples of these.

    Raises:
        RuntimeError: `func` returns more than one element; or, with `strict`, a derivative would be zeros.
        TypeError: `inputs` or what `func` returns are not tensors.
        ValueError: `outer_jacobian_strategy` is anything else.
    """
    several = not isinstance(inputs, Variable)

    def gradient(*xs: Tensor) -> Any:
        nested, ys = _outputs("hessian", func(*xs))
        if nested or ys[0].numel() != 1:
            got = f"{len(ys)} tensors" if nested else f"shape {ys[0].shape}"
            raise RuntimeError(f"hessian: expected the function to return one element, got {got}")
        return tuple(
            _grad(
                "hessian", ys, list(xs), [_tensor(np.ones(ys[0].shape, ys[0].dtype))], create_graph=True, strict=strict
            )
        )

    found = jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return found if several else found[0]


def _inputs(caller: str, inputs: _Tensors, create_graph: bool) -> tuple[bool, list[Tensor]]:
    """Return whether `inputs` is a sequence, and a leaf for each; with `create_graph`, a tensor connected to it."""
    several = not isinstance(inputs, Variable)
    xs: list[Tensor] = []
    for i, x in enumerate(inputs if isinstance(inputs, tuple | list) else [inputs]):
        if not isinstance(x, Tensor):
            raise TypeError(f"{caller}: expected a tensor or a tuple as inputs, got {type(x).__name__} as input {i}")
        xs.append(x.clone() if create_graph and x.requires_grad else x.detach().requires_grad_())
    return several, xs


def _outputs(caller: str, result: Any) -> tuple[bool, list[Tensor]]:
    """Return whether a function returned several outputs, and the outputs."""
    several = not isinstance(result, Variable)
    ys = list(result) if isinstance(result, tuple | list) else [result]
    for y in ys:
        if not isinstance(y, Tensor):
            raise TypeError(f"{caller}: expected the function to return a tensor or a tuple, got {type(y).__name__}")
    return several, ys


def _weights(caller: str, what: str, v: _Tensors | None, tensors: list[Tensor]) -> list[Tensor]:
    """Return a weight for each of `tensors`, checked."""
    if v is None:
        if len(tensors) != 1 or tensors[0].numel() != 1:
            shapes = ", ".join(str(tensor.shape) for tensor in tensors)
            raise RuntimeError(f"{caller}: v may be left out for one {what} of one element, got shape {shapes}")
        return [_tensor(np.ones(tensors[0].shape, tensors[0].dtype))]
    given: list[Tensor] = [v] if isinstance(v, Tensor) else list(v)
    if len(given) != len(tensors):
        raise RuntimeError(f"{caller}: expected a v for each {what}, got {len(given)} for {len(tensors)}")
    for i, (one, tensor) in enumerate(zip(given, tensors, strict=True)):
        if not isinstance(one, Tensor):
            raise TypeError(f"{caller}: expected v as a tensor or a tuple, got {type(one).__name__}")
        if one.shape != tensor.shape:
            raise RuntimeError(f"{caller}: expected v {i} of shape {tensor.shape}, that of the {what}, got {one.shape}")
    return given


def _grad(
    caller: str, ys: list[Tensor], xs: list[Tensor], weights: list[Tensor], create_graph: bool, strict: bool
) -> list[Tensor]:
    """Return the gradient of Σ weights · ys with respect to each of `xs`; zeros where nothing flows."""
    if strict:
        for i, y in enumerate(ys):
            if not y.requires_grad:
                raise RuntimeError(f"{caller}: output {i}, of shape {y.shape}, does not depend on any input")
    flowing = [(y, weight) for y, weight in zip(ys, weights, strict=True) if y.requires_grad]
    found: Sequence[Tensor | None] = [None] * len(xs)
    if flowing:
        outputs, seeds = zip(*flowing, strict=True)
        found = grad(outputs, xs, seeds, retain_graph=True, create_graph=create_graph, allow_unused=True)
    results = []
    for i, (x, one) in enumerate(zip(xs, found, strict=True)):
        if one is None and strict:
            raise RuntimeError(f"{caller}: no output depends on input {i}, of shape {x.shape}")
        results.append(_tensor(np.zeros(x.shape, x.dtype)) if one is None else one)
    return results


def _rows(y: Tensor, xs: list[Tensor], create_graph: bool, strict: bool) -> list[Tensor]:
    """Return the Jacobian of one output with respect to each of `xs`."""
    rows = []
    for index in np.ndindex(y.shape):
        seed = np.zeros(y.shape, y.dtype)
        seed[index] = 1
        rows.append(_grad("jacobian", [y], xs, [_tensor(seed)], create_graph, strict))
    if not rows:
        return [_tensor(np.zeros(y.shape + x.shape, x.dtype)) for x in xs]
    return [ops.stack(column).reshape(y.shape + x.shape) for column, x in zip(zip(*rows, strict=True), xs, strict=True)]


def _packed(tensors: list[Tensor], several: bool, create_graph: bool) -> Any:
    """Return `tensors` as a tuple if `several`, else the only tensor; detached unless `create_graph`."""
    done = tuple(tensors if create_graph else [tensor.detach() for tensor in tensors])
    return done if several else done[0]


def _tensor(array: Array) -> Tensor:
    tensor = wrap(array)
    assert isinstance(tensor, Tensor)  # the only concrete class
    return tensor
