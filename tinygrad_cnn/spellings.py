"""Further arguments that calls accept: NumPy's names, ``out=``, and for new tensors ``memory_format=``."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np

from tinygrad_cnn.autograd import Op, Variable, is_grad_enabled
from tinygrad_cnn.memory_format import MemoryFormat, preserve_format
from tinygrad_cnn.ops.inplace import write
from tinygrad_cnn.ops.layout import contiguous, is_contiguous

F = TypeVar("F", bound=Callable[..., object])

_NUMPY = {"axis": "dim", "keepdims": "keepdim", "a": "input", "x": "input", "x1": "input", "x2": "other"}
"""NumPy's names of arguments, and PyTorch's."""

TAKING_OUT = (
    "abs", "acos", "acosh", "add", "addmm", "all", "amax", "amin", "any", "argmax", "argmin", "argsort", "asin",
    "asinh", "atan", "atan2", "atanh", "bernoulli", "bitwise_and", "bitwise_not", "bitwise_or", "bitwise_xor",
    "bmm", "cat", "ceil", "clamp", "clip", "cos", "cosh", "cumprod", "cumsum", "div", "dot", "eq", "erf", "exp",
    "expm1", "floor", "floor_divide", "fmod", "gather", "ge", "gt", "index_add", "index_select", "le", "log",
    "log10", "log1p", "log2", "logical_and", "logical_not", "logical_or", "logical_xor", "logsumexp", "lt",
    "masked_select", "matmul", "max", "maximum", "mean", "median", "min", "minimum", "mm", "mode", "mul",
    "multinomial", "mv", "ne", "neg", "nonzero", "norm", "normal", "outer", "pow", "prod", "reciprocal",
    "remainder", "round", "rsqrt", "scatter", "scatter_add", "sigmoid", "sign", "sin", "sinh", "sort", "sqrt",
    "square", "stack", "std", "sub", "sum", "tan", "tanh", "topk", "tril", "triu", "trunc", "var", "where",
)  # fmt: skip
"""The functions that write their result into tensors given as ``out=``."""

TAKING_DIM = (
    "chunk", "log_softmax", "narrow", "repeat_interleave", "select", "softmax", "split", "squeeze", "unbind",
    "unique", "unsqueeze",
)  # fmt: skip
"""The other functions along one axis, which take it as ``axis=``, too."""

TAKING_MEMORY_FORMAT = (
    "empty_like", "full_like", "ones_like", "rand_like", "randint_like", "randn_like", "zeros_like",
)  # fmt: skip
"""The functions that make a tensor and take its layout as ``memory_format=``."""


def numpy_names(function: F) -> F:
    """Let `function` take NumPy's names of its arguments: ``axis=`` for `dim`, ``keepdims=`` for `keepdim`."""

    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> object:
        return function(*args, **_renamed(function.__name__, kwargs)) if kwargs else function(*args)

    return cast(F, call)


def with_out(function: F) -> F:
    """Let `function` take ``out=``, and NumPy's names of its arguments.

    The result is written into `out`, unrecorded: neither it nor what is computed may require a gradient. A tensor of
    another shape is resized, with a warning unless it is empty; of the dtypes, floating point does not fit into
    integers, nor numbers into booleans.
    """

    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> object:
        if not kwargs:
            return function(*args)
        out = kwargs.pop("out", None)
        kwargs = _renamed(function.__name__, kwargs)
        if isinstance(function, Op):  # whose inputs have no names
            args = (*[kwargs.pop(name) for name in ("input",) if name in kwargs], *args)
            args = (*args, *[kwargs.pop(name) for name in ("other", "exponent") if name in kwargs])
        result = function(*args, **kwargs)
        return result if out is None else _written(function.__name__, out, result)

    return cast(F, call)


def with_memory_format(function: F) -> F:
    """Let `function`, which makes a tensor, take ``memory_format=``."""

    @functools.wraps(function)
    def call(*args: object, memory_format: MemoryFormat = preserve_format, **kwargs: object) -> object:
        made = cast("Variable", function(*args, **kwargs))
        if not is_contiguous(made, memory_format):
            made.array = contiguous(made.array, memory_format)
        return made

    return cast(F, call)


def _renamed(op: str, kwargs: dict[str, object]) -> dict[str, object]:
    """Return the keywords under PyTorch's names."""
    if _NUMPY.keys().isdisjoint(kwargs):
        return kwargs
    renamed: dict[str, object] = {}
    for name, value in kwargs.items():
        meant = _NUMPY.get(name, name)
        if meant in renamed:
            raise TypeError(f"{op}: expected {meant} once, got it under two names")
        renamed[meant] = value
    return renamed


def _written(op: str, out: object, result: object) -> object:
    """Write `result`, a tensor or a tuple of them, into `out`, which is returned."""
    if isinstance(result, tuple):
        if not isinstance(out, tuple | list) or len(out) != len(result):
            raise TypeError(f"{op}: expected out as {len(result)} tensors, got {type(out).__name__}")
        kind = cast("Callable[..., object]", type(result))
        return kind(*[_written(op, one, part) for one, part in zip(out, result, strict=True)])
    result = cast("Variable", result)
    if not isinstance(out, Variable):
        raise TypeError(f"{op}: expected out as a tensor, got {type(out).__name__}")
    if is_grad_enabled() and (out._requires_grad or result._requires_grad):
        raise RuntimeError(f"{op}: writing into out= is not recorded, and a gradient is required; use {op}(...) alone")
    given, wanted = result.dtype.kind, out.dtype.kind
    if (given == "f" and wanted != "f") or (given != "b" and wanted == "b"):
        raise RuntimeError(f"{op}: the result, of {result.dtype}, does not fit into out of {out.dtype}")
    if out.shape != result.shape:
        if out.array.size:
            warnings.warn(f"{op}: out is resized from shape {out.shape} to {result.shape}", UserWarning, stacklevel=4)
        out.array = np.empty(result.shape, out.dtype)
        out._view = out._node = None
    write(op, out, result.array)
    return out
