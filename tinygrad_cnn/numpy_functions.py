"""NumPy's functions that are operations here, each with those of NumPy's arguments that the operation has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_cnn import ops
from tinygrad_cnn._checks import normalize_dim
from tinygrad_cnn._dtypes import is_floating
from tinygrad_cnn.autograd import Variable, wrap

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
"""NumPy's universal functions and the operations that they are."""


class Refused(Exception):  # noqa: N818 - `numpy_protocol` catches it; users see a TypeError
    """An argument has no meaning for the operation; the text names it."""


def _all(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return ops.all(a, _several(axis), keepdims)


def _any(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return ops.any(a, _several(axis), keepdims)


def _argmax(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return ops.argmax(a, axis, keepdims)


def _argmin(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return ops.argmin(a, axis, keepdims)


def _broadcast_to(array: Any, shape: Any) -> Any:
    return ops.expand(array, shape)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None) -> Any:
    if (a_min is not None or a_max is not None) and (min is not None or max is not None):
        raise ValueError("clip: expected a_min and a_max or min and max, got some of both")
    low, high = a_min if min is None else min, a_max if max is None else max
    return ops.clone(a) if low is None and high is None else ops.clamp(a, low, high)


def _concatenate(arrays: Any, axis: Any = 0) -> Any:
    return ops.cat([ops.ravel(one) for one in arrays], 0) if axis is None else ops.cat(arrays, axis)


def _cumprod(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    return ops.cumprod(*_along(a, axis), dtype=dtype)


def _cumsum(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    return ops.cumsum(*_along(a, axis), dtype=dtype)


def _dot(a: Any, b: Any) -> Any:
    a, b = _tensor(a), _tensor(b)
    if max(a.ndim, b.ndim) > 2:
        raise Refused("of more than two axes")
    return ops.matmul(a, b) if a.ndim and b.ndim else ops.mul(a, b)


def _einsum(*operands: Any, optimize: Any = False) -> Any:  # noqa: ARG001 - it says how, not what, to compute
    return ops.einsum(*operands)


def _expand_dims(a: Any, axis: Any) -> Any:
    return ops.reshape(a, np.expand_dims(np.broadcast_to(0, a.shape), axis).shape)


def _flip(m: Any, axis: Any = None) -> Any:
    return ops.flip(m, range(m.ndim) if axis is None else np.atleast_1d(axis).tolist())


def _max(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return ops.amax(a, _several(axis), keepdims)


def _mean(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    if not is_floating(a.dtype) or (dtype is not None and not is_floating(np.dtype(dtype))):
        raise Refused(f"of {a.dtype} with dtype={dtype}")
    return ops.mean(a, _several(axis), keepdims, dtype=dtype)


def _min(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return ops.amin(a, _several(axis), keepdims)


def _moveaxis(a: Any, source: Any, destination: Any) -> Any:
    return ops.movedim(a, source, destination)


def _outer(a: Any, b: Any) -> Any:
    return ops.outer(ops.ravel(_tensor(a)), ops.ravel(_tensor(b)))


def _prod(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    axes = range(a.ndim) if axis is None else _several(axis if isinstance(axis, tuple) else (axis,))
    order = sorted([normalize_dim("prod", each, a.ndim) for each in axes], reverse=True)
    if len(set(order)) != len(order):
        raise ValueError(f"prod: expected each axis once, got {axis}")
    for one in order:
        a = ops.prod(a, one, keepdims, dtype=dtype)
    return a


def _ravel(a: Any) -> Any:
    return ops.ravel(a)


def _reshape(a: Any, shape: Any) -> Any:
    return ops.reshape(a, (shape,) if isinstance(shape, int) else shape)


def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    if axis is None:
        return ops.roll(a, int(np.sum(shift)))
    shifts, axes = np.broadcast_arrays(np.atleast_1d(shift), np.atleast_1d(axis))
    return ops.roll(a, shifts.tolist(), axes.tolist()) if shifts.size else ops.clone(a)


def _round(a: Any, decimals: int = 0) -> Any:
    return ops.round(a, decimals=decimals)


def _sort(a: Any, axis: Any = -1, kind: Any = None, stable: Any = None, descending: Any = None) -> Any:  # noqa: ARG001
    if descending:  # NumPy keeps NaN last, where the operation puts it first
        raise Refused("with descending=True")
    return ops.sort(*_along(a, axis)).values


def _squeeze(a: Any, axis: Any = None) -> Any:
    return ops.reshape(a, np.squeeze(np.broadcast_to(0, a.shape), axis).shape)


def _stack(arrays: Any, axis: Any = 0) -> Any:
    return ops.stack(arrays, axis)


def _std(a: Any, axis: Any = None, ddof: Any = 0, keepdims: bool = False, correction: Any = None) -> Any:
    return ops.std(a, _several(axis), correction=ddof if correction is None else correction, keepdim=keepdims)


def _sum(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return ops.sum(a, _several(axis), keepdims, dtype=dtype)


def _swapaxes(a: Any, axis1: Any, axis2: Any) -> Any:
    return ops.transpose(a, axis1, axis2)


def _transpose(a: Any, axes: Any = None) -> Any:
    return ops.permute(a, range(a.ndim - 1, -1, -1) if axes is None else axes)


def _tril(m: Any, k: int = 0) -> Any:
    return ops.tril(m, k)


def _triu(m: Any, k: int = 0) -> Any:
    return ops.triu(m, k)


def _var(a: Any, axis: Any = None, ddof: Any = 0, keepdims: bool = False, correction: Any = None) -> Any:
    return ops.var(a, _several(axis), correction=ddof if correction is None else correction, keepdim=keepdims)


def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    condition = _tensor(condition)
    return ops.where(condition if condition.dtype.kind == "b" else ops.ne(condition, 0), x, y)


def _several(axis: Any) -> Any:
    """Return the axes to reduce: NumPy reduces none for (), where an operation would reduce all."""
    if isinstance(axis, tuple) and not axis:
        raise Refused("with axis=()")
    return axis


def _along(a: Any, axis: Any) -> tuple[Any, Any]:
    """Return the tensor and the axis to go along; flat if there is none."""
    return (ops.ravel(a), 0) if axis is None else (a, axis)


def _tensor(value: Any) -> Any:
    return value if isinstance(value, Variable) else wrap(np.asarray(value))


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    getattr(np, meaning.__name__[1:]): meaning
    for meaning in (
        _all, _any, _argmax, _argmin, _broadcast_to, _clip, _concatenate, _cumprod, _cumsum, _dot, _einsum,
        _expand_dims, _flip, _max, _mean, _min, _moveaxis, _outer, _prod, _ravel, _reshape, _roll, _round, _sort,
        _squeeze, _stack, _std, _sum, _swapaxes, _transpose, _tril, _triu, _var, _where,
    )
}  # fmt: skip
"""NumPy's other functions by what they are here."""
