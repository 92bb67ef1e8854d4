"""What NumPy's functions do when they are given tensors: the operation of the same meaning, recorded; never a constant.

`np.sin(t)`, `array * t` and `np.concatenate([t, array])` arrive here through NumPy's ``__array_ufunc__`` and
``__array_function__`` protocols. A function without an operation of its own raises and says what to do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_cnn import ops

_UFUNCS = {
    "absolute": "abs", "add": "add", "bitwise_and": "bitwise_and", "bitwise_or": "bitwise_or", "cos": "cos",
    "divide": "div", "equal": "eq", "exp": "exp", "floor_divide": "floor_divide", "greater": "gt",
    "greater_equal": "ge", "invert": "bitwise_not", "less": "lt", "less_equal": "le", "log": "log", "matmul": "matmul",
    "maximum": "maximum", "minimum": "minimum", "multiply": "mul", "negative": "neg", "not_equal": "ne",
    "power": "pow", "reciprocal": "reciprocal", "remainder": "remainder", "sign": "sign", "sin": "sin", "sqrt": "sqrt",
    "square": "square", "subtract": "sub", "tanh": "tanh",
}  # fmt: skip
"""NumPy's universal functions and the operations that they are."""

_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.all: lambda a, axis=None, *, keepdims=False: ops.all(a, axis, keepdims),
    np.any: lambda a, axis=None, *, keepdims=False: ops.any(a, axis, keepdims),
    np.argmax: lambda a, axis=None, *, keepdims=False: ops.argmax(a, axis, keepdims),
    np.argmin: lambda a, axis=None, *, keepdims=False: ops.argmin(a, axis, keepdims),
    np.broadcast_to: lambda array, shape: ops.expand(array, shape),
    np.clip: lambda a, a_min=None, a_max=None: ops.clamp(a, a_min, a_max),
    np.concatenate: lambda arrays, axis=0: ops.cat(arrays, axis),
    np.cumsum: lambda a, axis: ops.cumsum(a, axis),
    np.dot: lambda a, b: ops.matmul(a, b),
    np.einsum: lambda subscripts, *operands: ops.einsum(subscripts, *operands),
    np.expand_dims: lambda a, axis: ops.unsqueeze(a, axis),
    np.flip: lambda m, axis=None: ops.flip(m, range(m.ndim) if axis is None else np.atleast_1d(axis).tolist()),
    np.max: lambda a, axis=None, *, keepdims=False: ops.amax(a, axis, keepdims),
    np.mean: lambda a, axis=None, *, keepdims=False: ops.mean(a, axis, keepdims),
    np.min: lambda a, axis=None, *, keepdims=False: ops.amin(a, axis, keepdims),
    np.outer: lambda a, b: ops.outer(ops.flatten(a), ops.flatten(b)),
    np.prod: lambda a, axis=None, *, keepdims=False: ops.prod(a, axis, keepdims),
    np.reshape: lambda a, shape: ops.reshape(a, (shape,) if isinstance(shape, int) else shape),
    np.roll: lambda a, shift, axis=None: ops.roll(a, shift, axis),
    np.squeeze: lambda a, axis=None: ops.squeeze(a, axis),
    np.stack: lambda arrays, axis=0: ops.stack(arrays, axis),
    np.std: lambda a, axis=None, *, ddof=0, keepdims=False: ops.std(a, axis, correction=ddof, keepdim=keepdims),
    np.sum: lambda a, axis=None, *, keepdims=False: ops.sum(a, axis, keepdims),
    np.swapaxes: lambda a, axis1, axis2: ops.transpose(a, axis1, axis2),
    np.transpose: lambda a, axes=None: ops.permute(a, range(a.ndim - 1, -1, -1) if axes is None else axes),
    np.tril: lambda m, k=0: ops.tril(m, k),
    np.triu: lambda m, k=0: ops.triu(m, k),
    np.var: lambda a, axis=None, *, ddof=0, keepdims=False: ops.var(a, axis, correction=ddof, keepdim=keepdims),
    np.where: lambda condition, x, y: ops.where(condition, x, y),
}
"""NumPy's other functions by what they are here, with NumPy's arguments as far as they have a meaning."""


def call_ufunc(tensor_of: Callable[[Any], Any], ufunc: np.ufunc, method: str, inputs: Any, kwargs: Any) -> Any:
    """Return what `ufunc` means on tensors.

    Args:
        tensor_of: makes a tensor of an array.
        ufunc: NumPy's function.
        method: how it was called; only a plain call is an operation.
        inputs: its arguments, tensors among them.
        kwargs: its options; there is none that is understood here.

    Raises:
        TypeError: there is no such operation.
    """
    name = _UFUNCS.get(ufunc.__name__)
    if method != "__call__" or kwargs or name is None:
        raise TypeError(_refusal(ufunc.__name__))
    return getattr(ops, name)(*[_as_tensor(tensor_of, one) for one in inputs])


def call_function(tensor_of: Callable[[Any], Any], function: Any, args: Any, kwargs: Any) -> Any:
    """Return what NumPy's `function` means on tensors; `tensor_of` and errors as for `call_ufunc`."""
    meaning = _FUNCTIONS.get(function)
    refusal = _refusal(getattr(function, "__name__", str(function)))
    if meaning is None:
        raise TypeError(refusal)
    given: list[Any] = [
        [_as_tensor(tensor_of, part) for part in one] if isinstance(one, list | tuple) else _as_tensor(tensor_of, one)
        for one in args
    ]
    import inspect  # for what NumPy's own dispatch brings here only

    try:
        inspect.signature(meaning).bind(*given, **kwargs)
    except TypeError as error:
        raise TypeError(f"{refusal} ({error})") from None
    if function is np.dot and max(one.ndim for one in given) > 2:
        raise TypeError(refusal)
    return meaning(*given, **kwargs)


def _as_tensor(tensor_of: Callable[[Any], Any], value: Any) -> Any:
    return tensor_of(value) if isinstance(value, np.ndarray) else value


def _refusal(name: str) -> str:
    return (
        f"numpy.{name} on a tensor, called this way, is not recorded here; use an operation of tinygrad_cnn, or "
        ".detach().numpy() for a plain array"
    )
