"""What NumPy's functions do when they are given tensors.

`np.sin(t)`, `array * t` and `np.concatenate([t, array])` arrive here through NumPy's ``__array_ufunc__`` and
``__array_function__`` protocols. A function that is an operation here is that operation, recorded, and gives a tensor.
Any other, or one called with an argument that the operation does not have, is computed by NumPy on plain arrays, if no
gradient is asked for; otherwise it raises and says what to do. Nothing becomes a constant in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import Variable, is_grad_enabled, wrap
from tinygrad_cnn.numpy_functions import FUNCTIONS, UFUNCS, Refused

_WRITING = {np.copyto, np.fill_diagonal, np.place, np.put, np.put_along_axis, np.putmask}
"""Functions that write into an argument, which must not escape the record of changes."""


def call_ufunc(ufunc: np.ufunc, method: str, inputs: Sequence[object], kwargs: dict[str, object]) -> object:
    """Return what `ufunc` means on tensors.

    Args:
        ufunc: NumPy's function.
        method: how it was called; only a plain call is an operation.
        inputs: its arguments, tensors among them.
        kwargs: its options; no operation has any.

    Raises:
        TypeError: a gradient is asked for and there is no such operation, or the result would be written into a tensor.
    """
    name = UFUNCS.get(ufunc.__name__)
    if method == "__call__" and not kwargs and name is not None:
        return getattr(ops, name)(*[wrap(one) if isinstance(one, np.ndarray) else one for one in inputs])
    result = _computed(getattr(ufunc, method), inputs, kwargs, ufunc.__name__, ", ".join(kwargs))
    return result if name is None or "out" in kwargs else _as_tensor(result)


def call_function(function: Callable[..., object], args: Sequence[object], kwargs: dict[str, object]) -> object:
    """Return what NumPy's `function` means on tensors; errors as for `call_ufunc`."""
    meaning = FUNCTIONS.get(function)
    name = getattr(function, "__name__", str(function))
    if meaning is None:
        return _computed(function, args, kwargs, name, "")
    try:
        positional, named = _arguments(function, meaning, args, kwargs)
        return meaning(*positional, **named)
    except Refused as refused:
        result = _computed(function, args, kwargs, name, str(refused))
    return result if kwargs.get("out") is not None else _as_tensor(result)


def _arguments(
    function: Callable[..., object], meaning: Callable[..., object], args: Sequence[object], kwargs: dict[str, object]
) -> tuple[list[object], dict[str, object]]:
    """Return the arguments of `meaning`, tensors in place of arrays: positional ones, and those by their names."""
    import inspect  # for what NumPy's own dispatch brings here only

    signature = inspect.signature(function)
    known = inspect.signature(meaning).parameters
    positional: list[object] = []
    named: dict[str, object] = {}
    for name, value in signature.bind(*args, **kwargs).arguments.items():
        parameter = signature.parameters[name]
        if parameter.kind is parameter.VAR_POSITIONAL:
            positional.extend(_with_tensors(one) for one in value)
        elif parameter.kind is parameter.VAR_KEYWORD:
            named.update(value)
        elif value is not None and (type(value) is not type(parameter.default) or value != parameter.default):
            named[name] = _with_tensors(value)
        elif value is None and parameter.default is not None and name in known:
            named[name] = None
    unknown = [name for name in named if name not in known]
    if unknown:
        raise Refused(f"with {', '.join(unknown)}")
    return positional, named


def _with_tensors(value: object) -> object:
    """Return `value` with tensors in place of arrays, also within a list or tuple."""
    if isinstance(value, list | tuple) and any(isinstance(part, Variable | np.ndarray) for part in value):
        return [wrap(part) if isinstance(part, np.ndarray) else part for part in value]
    return wrap(value) if isinstance(value, np.ndarray) else value


def _as_tensor(result: object) -> object:
    return wrap(np.asarray(result)) if isinstance(result, np.ndarray | np.generic) else result


def _computed(
    function: Callable[..., object], args: Sequence[object], kwargs: dict[str, object], name: str, how: str
) -> object:
    """Return what NumPy computes from the values, if that loses no gradient."""
    out = kwargs.get("out")
    if function in _WRITING or any(isinstance(one, Variable) for one in (out if isinstance(out, tuple) else (out,))):
        raise TypeError(f"numpy.{name} would write into a tensor unnoticed; assign to it (t[...] = values) instead")
    if is_grad_enabled() and any(one._requires_grad for one in _tensors((args, kwargs))):
        instead = UFUNCS.get(name, name)
        use = f"tinygrad_cnn.{instead}" if hasattr(ops, instead) else "an operation of tinygrad_cnn"
        raise TypeError(
            f"numpy.{name} on a tensor that requires a gradient{how and ', ' + how + ','} is not recorded here; use "
            f"{use}, or .detach().numpy() for a plain array"
        )
    return function(*_plain(args), **_plain(kwargs))


def _tensors(value: object) -> Iterator[Variable]:
    """Yield the tensors in nested containers."""
    if isinstance(value, Variable):
        yield value
    elif isinstance(value, list | tuple | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _tensors(part)


def _plain(value: Any) -> Any:
    """Return nested containers with arrays in place of tensors."""
    if isinstance(value, Variable):
        return value.array
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return type(value)(map(_plain, value)) if type(value) in (list, tuple) else value
