"""How many products an operation sums: what a network costs, whatever the machine.

Convolutions, linear maps, matrix products and einsum are counted, with one multiply-add for each product that goes into
a sum, zeros of the padding included. Everything else (biases, activations, pooling, normalisation) counts as 0, as is
usual: it grows with the number of elements, not with a sum over them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tinygrad_cnn._types import Array


def multiply_adds(op: str, inputs: Sequence[Any], out: Array, attrs: Mapping[str, Any]) -> int:
    """Return the multiply-adds of one call of the operation named `op`.

    Args:
        op: its name in the registry.
        inputs: its arrays.
        out: its result.
        attrs: its static arguments as far as they are known; einsum without them counts as 0.
    """
    count = _COUNTS.get(op)
    return 0 if count is None else count(inputs, out, attrs)


def _conv(inputs: Sequence[Any], out: Array, _attrs: Mapping[str, Any]) -> int:
    w: Array = inputs[1]  # (O, C/groups, ...)
    return out.size * math.prod(w.shape[1:])


def _conv_transpose(inputs: Sequence[Any], _out: Array, _attrs: Mapping[str, Any]) -> int:
    x, w = inputs[:2]  # w (C, O/groups, ...): each element of x meets a whole filter
    return int(x.size) * math.prod(w.shape[1:])


def _product(inputs: Sequence[Any], out: Array, _attrs: Mapping[str, Any]) -> int:
    return out.size * int(inputs[0].shape[-1])


def _addmm(inputs: Sequence[Any], out: Array, attrs: Mapping[str, Any]) -> int:
    return _product(inputs[1:], out, attrs)


def _outer(_inputs: Sequence[Any], out: Array, _attrs: Mapping[str, Any]) -> int:
    return out.size


def _einsum(inputs: Sequence[Any], _out: Array, attrs: Mapping[str, Any]) -> int:
    """Count the terms of the sum over all letters at once, of two operands or more."""
    terms = attrs.get("terms", ())
    sizes = {letter: n for term, x in zip(terms, inputs, strict=False) for letter, n in zip(term, x.shape, strict=True)}
    return math.prod(sizes.values()) if len(terms) > 1 else 0


_COUNTS: dict[str, Callable[[Sequence[Any], Array, Mapping[str, Any]], int]] = {
    "addmm": _addmm,
    "conv1d": _conv,
    "conv2d": _conv,
    "conv_transpose2d": _conv_transpose,
    "dot": _product,
    "einsum": _einsum,
    "linear": _product,
    "matmul": _product,
    "mv": _product,
    "outer": _outer,
}
