"""NumPy's functions for which there is an operation, with the arguments that the operation supports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from tinygrad_cnn import ops
from tinygrad_cnn._checks import normalize_dim
from tinygrad_cnn._dtypes import is_floating
from tinygrad_cnn._types import DTypeLike
from tinygrad_cnn.autograd import Operand, Variable, wrap
from tinygrad_cnn.ops.reduce import Dims

D = TypeVar("D")

UFUNCS = {
    "absolute": "abs", "add": "add", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh",
    "arctan": "atan", "arctan2": "atan2", "arctanh": "atanh", "bitwise_and": "bitwise_and", "bitwise_or": "bitwise_or",
    "bitwise_xor": "bitwise_xor", "ceil": "ceil", "cos": "cos", "cosh": "cosh", "divide": "div", "equal": "eq",
    "exp": "exp", "expm1": "expm1", "floor": "floor", "floor_divide": "floor_divide", "fmod": "fmod", "greater": "gt",
    "greater_equal": "ge", "invert": "bitwise_not", "isfinite": "isfinite", "isinf": "isinf", "isnan": "isnan",
    "less": "lt", "less_equal": "le", "log": "log", "log10": "log10", "log1p": "log1p", "log2": "log2",
    "logical_and": "logical_and", "logical_not": "logical_not", "logical_or": "logical_or",
    "logical_xor": "logical_xor", "matmul": "matmul", "maximum": "maximum", "minimum": "minimum", "multiply": "mul",
    "negative": "neg", "not_equal": "ne", "power": "pow", "reciprocal": "reciprocal", "remainder": "remainder",
    "rint": "round", "sign": "sign", "sin": "sin", "sinh": "sinh", "sqrt": "sqrt", "square": "square",
    "subtract": "sub", "tan": "tan", "tanh": "tanh", "trunc": "trunc",
}  # fmt: skip
"""NumPy's universal functions, each with its operation."""


class Refused(Exception):  # noqa: N818 - `numpy_protocol` catches it; users see a TypeError
    """The operation does not support an argument; the text names the argument."""


def _clip(
    a: Variable,
    a_min: Operand | None = None,
    a_max: Operand | None = None,
    min: Operand | None = None,
    max: Operand | None = None,
) -> object:
    if (a_min is not None or a_max is not None) and (min is not None or max is not None):
        raise ValueError("clip: expected a_min and a_max or min and max, got some of both")
    low, high = a_min if min is None else min, a_max if max is None else max
    return ops.clone(a) if low is None and high is None else ops.clamp(a, low, high)


def _concatenate(arrays: Sequence[Variable], axis: int | None = 0) -> object:
    return ops.cat([ops.ravel(one) for one in arrays], 0) if axis is None else ops.cat(arrays, axis)


def _dot(a: Variable, b: Variable) -> object:
    a, b = _tensor(a), _tensor(b)
    if max(a.ndim, b.ndim) > 2:
        raise Refused("of more than two axes")
    return ops.matmul(a, b) if a.ndim and b.ndim else ops.mul(a, b)


def _einsum(*operands: object, optimize: object = False) -> object:  # noqa: ARG001 - not about the result
    return ops.einsum(*operands)


def _mean(a: Variable, axis: Dims = None, dtype: DTypeLike = None, keepdims: bool = False) -> object:
    if not is_floating(a.dtype) or (dtype is not None and not is_floating(np.dtype(dtype))):
        raise Refused(f"of {a.dtype} with dtype={dtype}")
    return ops.mean(a, _several(axis), keepdims, dtype=dtype)


def _prod(a: Variable, axis: Dims = None, dtype: DTypeLike = None, keepdims: bool = False) -> object:
    axes = range(a.ndim) if axis is None else _several(axis if isinstance(axis, tuple) else (axis,))
    order = sorted([normalize_dim("prod", each, a.ndim) for each in axes], reverse=True)
    if len(set(order)) != len(order):
        raise ValueError(f"prod: expected each axis once, got {axis}")
    for one in order:
        a = ops.prod(a, one, keepdims, dtype=dtype)
    return a


def _roll(a: Variable, shift: int | Sequence[int], axis: Dims = None) -> object:
    if axis is None:
        return ops.roll(a, int(np.sum(shift)))
    shifts, axes = np.broadcast_arrays(np.atleast_1d(shift), np.atleast_1d(axis))
    return ops.roll(a, shifts.tolist(), axes.tolist()) if shifts.size else ops.clone(a)


def _sort(
    a: Variable,
    axis: int | None = -1,
    kind: object = None,  # noqa: ARG001
    stable: object = None,  # noqa: ARG001
    descending: object = None,
) -> object:
    if descending:  # NumPy keeps NaN last, where the operation puts it first
        raise Refused("with descending=True")
    return ops.sort(*_along(a, axis)).values


def _std(
    a: Variable, axis: Dims = None, ddof: float = 0, keepdims: bool = False, correction: float | None = None
) -> object:
    return ops.std(a, _several(axis), correction=ddof if correction is None else correction, keepdim=keepdims)


def _var(
    a: Variable, axis: Dims = None, ddof: float = 0, keepdims: bool = False, correction: float | None = None
) -> object:
    return ops.var(a, _several(axis), correction=ddof if correction is None else correction, keepdim=keepdims)


def _where(condition: object, x: Operand | None = None, y: Operand | None = None) -> object:
    condition = _tensor(condition)
    return ops.where(condition if condition.dtype.kind == "b" else ops.ne(condition, 0), x, y)


def _several(axis: D) -> D:
    """Return the axes to reduce: NumPy reduces none for (), where an operation would reduce all."""
    if isinstance(axis, tuple) and not axis:
        raise Refused("with axis=()")
    return axis


def _along(a: Variable, axis: int | None) -> tuple[Variable, int]:
    """Return `a` and `axis`; if `axis` is None, the flattened tensor and its only axis."""
    return (ops.ravel(a), 0) if axis is None else (a, axis)


def _tensor(value: object) -> Variable:
    return value if isinstance(value, Variable) else wrap(np.asarray(value))


FUNCTIONS: dict[object, Callable[..., object]] = {
    np.all: lambda a, axis=None, keepdims=False: ops.all(a, _several(axis), keepdims),
    np.any: lambda a, axis=None, keepdims=False: ops.any(a, _several(axis), keepdims),
    np.argmax: lambda a, axis=None, keepdims=False: ops.argmax(a, axis, keepdims),
    np.argmin: lambda a, axis=None, keepdims=False: ops.argmin(a, axis, keepdims),
    np.broadcast_to: lambda array, shape: ops.expand(array, shape),
    np.cumprod: lambda a, axis=None, dtype=None: ops.cumprod(*_along(a, axis), dtype=dtype),
    np.cumsum: lambda a, axis=None, dtype=None: ops.cumsum(*_along(a, axis), dtype=dtype),
    np.expand_dims: lambda a, axis: ops.reshape(a, np.expand_dims(np.broadcast_to(0, a.shape), axis).shape),
    np.flip: lambda m, axis=None: ops.flip(m, range(m.ndim) if axis is None else np.atleast_1d(axis).tolist()),
    np.max: lambda a, axis=None, keepdims=False: ops.amax(a, _several(axis), keepdims),
    np.min: lambda a, axis=None, keepdims=False: ops.amin(a, _several(axis), keepdims),
    np.moveaxis: lambda a, source, destination: ops.movedim(a, source, destination),
    np.outer: lambda a, b: ops.outer(ops.ravel(_tensor(a)), ops.ravel(_tensor(b))),
    np.ravel: lambda a: ops.ravel(a),
    np.reshape: lambda a, shape: ops.reshape(a, (shape,) if isinstance(shape, int) else shape),
    np.round: lambda a, decimals=0: ops.round(a, decimals=decimals),
    np.squeeze: lambda a, axis=None: ops.reshape(a, np.squeeze(np.broadcast_to(0, a.shape), axis).shape),
    np.stack: lambda arrays, axis=0: ops.stack(arrays, axis),
    np.sum: lambda a, axis=None, dtype=None, keepdims=False: ops.sum(a, _several(axis), keepdims, dtype=dtype),
    np.swapaxes: lambda a, axis1, axis2: ops.transpose(a, axis1, axis2),
    np.transpose: lambda a, axes=None: ops.permute(a, range(a.ndim - 1, -1, -1) if axes is None else axes),
    np.tril: lambda m, k=0: ops.tril(m, k),
    np.triu: lambda m, k=0: ops.triu(m, k),
    **{
        getattr(np, meaning.__name__[1:]): meaning
        for meaning in (_clip, _concatenate, _dot, _einsum, _mean, _prod, _roll, _sort, _std, _var, _where)
    },
}
"""NumPy's other functions, each with a function that has NumPy's argument names and runs the operation."""
