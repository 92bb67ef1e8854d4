"""What NumPy's functions do when they are given tensors.

`np.sin(t)`, `array * t` and `np.concatenate([t, array])` arrive here through NumPy's ``__array_ufunc__`` and
``__array_function__`` protocols. A function with an operation of its own runs that operation, which is recorded and
returns a tensor. Every other function, or an argument that the operation does not support, is computed by NumPy on
plain arrays if no input requires a gradient; otherwise the call raises an error that says what to do instead. No tensor
that requires a gradient silently becomes a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import Variable, is_grad_enabled, wrap
from tinygrad_cnn.numpy_functions import FUNCTIONS, UFUNCS, Refused

_WRITING = {np.copyto, np.fill_diagonal, np.place, np.put, np.put_along_axis, np.putmask}
"""Functions that write into an argument; the engine would not see such a write, so they are refused."""


def call_ufunc(ufunc: np.ufunc, method: str, inputs: Sequence[object], kwargs: dict[str, object]) -> object:
    """Return the result of `ufunc` for tensors.

    Args:
        ufunc: NumPy's function.
        method: how it was called; only a plain call is an operation.
        inputs: its arguments, tensors among them.
        kwargs: its options; no operation has any.

    Raises:
        TypeError: an input requires a gradient and there is no operation for `ufunc`, or the result would be written
            into a tensor.
    """
    name = UFUNCS.get(ufunc.__name__)
    if method == "__call__" and not kwargs and name is not None:
        return getattr(ops, name)(*[wrap(one) if isinstance(one, np.ndarray) else one for one in inputs])
    result = _computed(getattr(ufunc, method), inputs, kwargs, ufunc.__name__, ", ".join(kwargs))
    return result if name is None or "out" in kwargs else _as_tensor(result)


def call_function(function: Callable[..., object], args: Sequence[object], kwargs: dict[str, object]) -> object:
    """Return the result of NumPy's `function` for tensors; errors as for `call_ufunc`."""
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
    """Return the positional and the keyword arguments for `meaning`, with tensors in place of arrays."""
    import inspect  # imported here: only calls through NumPy's dispatch need it

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
    """Return the result that NumPy computes from the values, if no gradient is lost by that."""
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
    return function(*map(_plain, args), **{key: _plain(value) for key, value in kwargs.items()})


def _tensors(value: object) -> Iterator[Variable]:
    """Yield the tensors in nested containers."""
    if isinstance(value, Variable):
        yield value
    elif isinstance(value, list | tuple | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _tensors(part)


def _plain(value: object) -> object:
    """Return nested containers with arrays in place of tensors."""
    if isinstance(value, Variable):
        return value.array
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return (
        type(value)(map(_plain, value)) if isinstance(value, list | tuple) and type(value) in (list, tuple) else value
    )
