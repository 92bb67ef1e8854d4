"""Broadcasting, its inverse, and dtype changes: what elementwise operations do to their inputs before computing."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from typing_extensions import Unpack

from tinygrad_cnn import kernels
from tinygrad_cnn._dtypes import as_dtype, is_floating, result_type
from tinygrad_cnn._dtypes import get_default_dtype as default_dtype
from tinygrad_cnn._types import Array, DType, DTypeLike, Shape
from tinygrad_cnn.autograd import A, Spec, T, Variable, primitive
from tinygrad_cnn.autograd.primitive import FromKernel
from tinygrad_cnn.autograd.signatures import Options

Args: TypeAlias = tuple[Any, ...]
"""The inputs of an operation as it is called: tensors, arrays, numbers or None."""


@primitive(views=True)
def broadcast_to(x: Array, *, shape: Shape) -> Array:
    """Repeat `x` along new or length-1 axes until it has `shape`; a read-only view."""
    return np.broadcast_to(x, shape)


@broadcast_to.vjp(0)
def broadcast_to_vjp_0(g: A, _y: object, x: Spec, **_: object) -> A:
    return sum_to(g, shape=x.shape)


@primitive()
def sum_to(x: Array, *, shape: Shape) -> Array:
    """Sum `x` over the axes along which `shape` broadcasts to its shape."""
    lead = x.ndim - len(shape)
    kept = tuple(lead + i for i, size in enumerate(shape) if size == 1 and x.shape[lead + i] != 1)
    return kernels.total(x, tuple(range(lead)) + kept, True).reshape(shape)


@sum_to.vjp(0)
def sum_to_vjp_0(g: A, _y: object, x: Spec, **_: object) -> A:
    return broadcast_to(g, shape=x.shape)


@primitive(keeps_half=True)
def cast(x: Array, *, dtype: DType) -> Array:
    """Convert to `dtype`; floating point to integer truncates toward zero."""
    return x.astype(dtype)


@cast.vjp(0)
def cast_vjp_0(g: A, _y: object, x: Spec, **_: object) -> A:
    return cast(g, dtype=x.dtype)


def convert(x: T, dtype: DTypeLike) -> T:
    """Return `x` in `dtype`; `x` itself if `dtype` is its own or None."""
    wanted = x.dtype if dtype is None else as_dtype(dtype)
    return x if wanted == x.dtype else cast(x, dtype=wanted)


def fit(g: T, shape: Shape) -> T:
    """Return the gradient of an input of `shape` from that of its broadcast form."""
    return sum_to(g, shape=shape)


def promote(args: Args) -> Args:
    """Return `args` with tensors of differing dtypes cast to their common dtype; arrays alone stay unchanged."""
    if len(args) == 2:
        a, b = args
        if isinstance(a, Variable):
            if isinstance(b, Variable):
                if a.array.dtype is b.array.dtype:
                    return args
            elif type(b) in (float, int) and a.array.dtype.kind == "f":
                return args
    elif len(args) == 1:
        return args
    if not any(isinstance(arg, Variable) for arg in args):
        return args
    args = tuple([arg.item() if isinstance(arg, np.generic) else arg for arg in args])
    dtype = result_type([arg.array if isinstance(arg, Variable) else arg for arg in args])
    return tuple([_cast_if_needed(arg, dtype) for arg in args])


def promote_to_float(args: Args) -> Args:
    """Return `args` promoted, with integers and booleans cast to the default dtype, for `exp`, `div` and the like."""
    args = promote(args)
    if len(args) == 1 and isinstance(args[0], Variable) and is_floating(args[0].array.dtype):
        return args
    return tuple(
        [
            _cast_if_needed(arg, default_dtype()) if isinstance(arg, Variable) and not is_floating(arg.dtype) else arg
            for arg in args
        ]
    )


def _cast_if_needed(arg: object, dtype: DType) -> object:
    if isinstance(arg, Variable):
        return arg if arg.array.dtype == dtype else cast(arg, dtype=dtype)
    if isinstance(arg, np.ndarray):
        return arg.astype(dtype, copy=False)
    return arg


def refuse(op: str, values: list[object], error: Exception) -> Exception:
    """Return the error to raise for NumPy's `error`: it names a wrong type, shapes that do not broadcast, or dtypes."""
    given = [value for value in values if value is not None]
    for value in given:
        if not isinstance(value, np.ndarray | np.generic | bool | int | float):
            return TypeError(f"{op}: expected tensors or numbers, got {type(value).__name__}")
    shapes = [np.asarray(value).shape for value in given]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return RuntimeError(
            f"{op}: expected shapes that broadcast (from the last axis on equal, or one of them 1), got "
            + " and ".join(str(shape) for shape in shapes)
        )
    if isinstance(error, OverflowError):
        return RuntimeError(f"{op}: a number does not fit the dtype of the tensor ({error}); convert the tensor first")
    dtypes = " and ".join(str(value.dtype) for value in given if isinstance(value, np.ndarray | np.generic))
    return RuntimeError(f"{op}: not defined for {dtypes or given}: {error}")


def elementwise(name: str | None = None, *, floating: bool = False, **options: Unpack[Options]) -> FromKernel:
    """Make the decorated kernel an op that broadcasts and promotes dtypes, with `floating` to a floating one."""
    shared: Options = {"prepare": promote_to_float if floating else promote, "fit": fit, "explain": refuse}
    return primitive(name=name, **(shared | options))
