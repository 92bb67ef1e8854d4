"""`Op`: an array kernel with one vector-Jacobian product per input.

    @primitive()
    def exp(x: Array) -> Array:
        return np.exp(x)

    @exp.vjp(0)
    def exp_vjp_0(g: A, y: A, _x: object) -> A:
        return g * y

Positional arguments are the inputs (tensors, arrays, numbers or None); keyword arguments are static attributes. Given
arrays an op returns an array and records nothing; given tensors it returns a tensor and, where a gradient may be
asked for, records a `Node`. A VJP is written with operators and other ops only, so the same lines serve first order
(on arrays) and every higher order (on tensors, recorded in their turn).

How a VJP names and types an input says what is saved for the backward pass:

    x: A         its values
    x: Spec      its shape and dtype only (the values come too where another VJP of the op reads them)
    _x: object   nothing
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast, overload

import numpy as np

from tinygrad_cnn._types import A, Scalar, Shape
from tinygrad_cnn.autograd.grad_mode import is_grad_enabled
from tinygrad_cnn.autograd.node import Node
from tinygrad_cnn.autograd.scope import current_scope
from tinygrad_cnn.autograd.variable import Constant, Variable, wrap

if TYPE_CHECKING:
    from tinygrad_cnn.tensor import Tensor

registry: dict[str, Op] = {}
"""Every operation by name."""


class Op:
    """A differentiable operation: call it on arrays or on tensors.

    Attributes:
        name: what graphs and messages call it.
        kernel: arrays in, array out; with `supplies`, a tuple of the array and the supplied values.
        vjps: the vector-Jacobian product of each input, or None where none is defined.
        variadic: the one of every input, for an op that takes any number of them.
        supplies: names under which the kernel's further results reach the VJPs.
        differentiable: False where the output is piecewise constant, such as a comparison.
        prepare: turns the inputs into those the kernel takes (dtype promotion), before anything else.
        fit: brings a VJP's result to an input's shape, for ops that broadcast their inputs.
    """

    def __init__(
        self,
        kernel: Callable[..., Any],
        name: str,
        *,
        supplies: tuple[str, ...] = (),
        differentiable: bool = True,
        prepare: Callable[[tuple[Any, ...]], tuple[Any, ...]] | None = None,
        fit: Callable[[Any, Shape], Any] | None = None,
    ) -> None:
        if name in registry:
            raise ValueError(f"an operation named {name!r} exists already")
        self.name = self.__name__ = name
        self.__doc__ = kernel.__doc__
        self.kernel = self.__wrapped__ = kernel
        self.supplies = supplies
        self.differentiable = differentiable
        self.prepare = prepare
        self.fit = fit
        self.vjps: list[Callable[..., Any] | None] = []
        self.saves: list[bool] = []
        self.measures: list[bool] = []
        self.specs: tuple[int, ...] = ()
        self.saves_output = False
        self.variadic: Callable[..., Any] | None = None
        registry[name] = self

    def vjp(self, i: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register the decorated function as the VJP of input `i`.

        It is called as ``vjp(g, y, *inputs, **attrs)`` and returns gᵀ·∂y/∂inputs[i], shaped like inputs[i].
        """

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            code = function.__code__
            y, *inputs = code.co_varnames[1 : code.co_argcount]
            while len(self.vjps) < max(i + 1, len(inputs)):
                self.vjps.append(None)
                self.saves.append(False)
                self.measures.append(False)
            if self.vjps[i] is not None:
                raise ValueError(f"{self.name} has a VJP for input {i} already")
            self.vjps[i] = function
            self.saves_output |= not y.startswith("_")
            for k, name in enumerate(inputs):
                if function.__annotations__.get(name) == "Spec":
                    self.measures[k] = True
                elif not name.startswith("_"):
                    self.saves[k] = True
            self.specs = tuple([k for k, wanted in enumerate(self.measures) if wanted and not self.saves[k]])
            return function

        return register

    def vjp_n(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Register the decorated function as the VJP of every input, for an op that takes any number of them.

        It is called as ``vjp(n, g, y, *inputs, **attrs)`` and returns gᵀ·∂y/∂inputs[n]; written ``*_inputs`` it saves
        none of them.
        """
        code = function.__code__
        self.variadic = function
        self.saves_output = not code.co_varnames[2].startswith("_")
        self.saves = [not code.co_varnames[code.co_argcount + code.co_kwonlyargcount].startswith("_")]
        return function

    def vjp_of(self, i: int) -> Callable[..., Any]:
        """Return the VJP of input `i`.

        Raises:
            RuntimeError: none is defined. There are no silent zeros.
        """
        if self.variadic is not None:
            return functools.partial(self.variadic, i)
        vjp = self.vjps[i] if i < len(self.vjps) else None
        if vjp is None:
            raise RuntimeError(f"{self.name}: no gradient is defined for input {i}")
        return vjp

    @overload
    def __call__(self, *args: A | Scalar | None, **attrs: Any) -> A: ...
    @overload
    def __call__(self, *args: Any, **attrs: Any) -> Tensor: ...
    def __call__(self, *args: Any, **attrs: Any) -> Any:
        """Compute, and record if a tensor among `args` requires a gradient and recording is on."""
        if self.prepare is not None:
            args = self.prepare(args)
        values: list[Any] = []
        parents: list[Any] = []
        traced = tensors = False
        for arg in args:
            if isinstance(arg, Variable):
                tensors = True
                values.append(arg.array)
                if arg._requires_grad:
                    traced = True
                    node = arg._node
                    parents.append(arg if node is None else node)
                else:
                    parents.append(arg)
            else:
                values.append(arg)
                parents.append(arg)
        out = self.kernel(*values, **attrs)
        aux: dict[str, Any] | None = None
        if self.supplies:
            out, *rest = out
            aux = dict(zip(self.supplies, rest, strict=True))
        if not tensors:
            return out
        if type(out) is not np.ndarray:
            out = np.asarray(out)
        if not (traced and self.differentiable and out.dtype.kind == "f" and is_grad_enabled()):
            return wrap(out)
        for i, parent in enumerate(parents):
            if parent.__class__ is not Node:
                parents[i] = _origin(parent)
        saves = self.saves if self.variadic is None else self.saves * len(values)
        made = Node(
            self,
            tuple([value if saved else None for value, saved in zip(values, saves, strict=False)]),
            out if self.saves_output else None,
            attrs,
            aux,
            tuple(parents),
            out.shape,
            out.dtype,
            current_scope(),
        )
        return wrap(out, made)

    def __repr__(self) -> str:
        return f"<op {self.name}>"


def _origin(value: object) -> Variable | Constant | None:
    """Return what the graph keeps of an input that no recorded operation made."""
    if isinstance(value, Variable):
        if value._requires_grad:
            return value
        if value._node is None:
            value._node = Constant(value.array.shape, value.array.dtype)
        return cast(Constant, value._node)
    if isinstance(value, np.ndarray):
        return Constant(value.shape, value.dtype)
    return Constant((), np.dtype(type(value)), value) if isinstance(value, float | int) else None


def primitive(name: str | None = None, **options: Any) -> Callable[[Callable[..., Any]], Op]:
    """Make the decorated array kernel an `Op`, named like the function unless `name` is given."""

    def make(kernel: Callable[..., Any]) -> Op:
        return Op(kernel, name or kernel.__name__, **options)

    return make
