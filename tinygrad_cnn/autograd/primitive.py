"""`Op`: an array kernel with one vector-Jacobian product per input.

    @primitive()
    def exp(x: Array) -> Array:
        return np.exp(x)

    @exp.vjp(0)
    def exp_vjp_0(g: A, y: A, _x: object) -> A:
        return g * y

Positional arguments are the inputs (tensors, arrays, numbers or None); keyword arguments are static attributes. Given
arrays, an op returns an array and records nothing. Given tensors, it returns a tensor and, if one of them requires a
gradient, records a `Node`. A VJP uses only operators and other ops, so the same lines give first-order gradients (on
arrays) and gradients of every higher order (on tensors, whose operations are recorded).

The name and type of a VJP's parameter say what is saved of that input for the backward pass:

    x: A         its values
    x: Spec      its shape and dtype only (it gets the values if another VJP of the op reads them)
    _x: object   nothing

Values are saved only if a gradient may flow to the input that the VJP is for.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, Generic, Protocol, overload

import numpy as np
from typing_extensions import Unpack

from tinygrad_cnn._dtypes import check_real
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd.grad_mode import is_grad_enabled
from tinygrad_cnn.autograd.half import HALF, narrowed, widened
from tinygrad_cnn.autograd.node import Node, clock, notify, observers
from tinygrad_cnn.autograd.operation import Attrs, Explain, Fit, Formula, JointGradients, Prepare
from tinygrad_cnn.autograd.saving import VALUE, Plan, Reads, plan_of, reads_of, reads_of_any
from tinygrad_cnn.autograd.scope import current_scope
from tinygrad_cnn.autograd.signatures import VJP, Binary, Computed, F, Options, P, Ternary, Unary
from tinygrad_cnn.autograd.variable import Source, Variable, origin
from tinygrad_cnn.autograd.versions import storage
from tinygrad_cnn.autograd.views import refresh, view_of

_new: Any = object.__new__
_array, _asarray, _number = np.ndarray, np.asarray, np.generic

registry: dict[str, Op] = {}
"""Every operation by name."""


class Op(Generic[F]):
    """A differentiable operation: call it on arrays or on tensors. `F` is its signature, for type checkers.

    Attributes:
        name: its name in graphs and messages.
        kernel: arrays in, array out; with `supplies`, a tuple of the array and the supplied values.
        vjps: the vector-Jacobian product of each input, or None where none is defined.
        variadic: the VJP of every input, for an op that takes any number of inputs.
        gradients: computes the gradients of all inputs in one call; None if the VJPs do. ``gradients(node, g, wanted)``
            returns a gradient for each input, or None where it is not wanted: tensors if g is a tensor, else arrays
            or `Pending` gradients. It may decline by returning None, and then the VJPs compute them.
        supplies: the names of the kernel's further results, which VJPs get as keyword arguments.
        differentiable: False where the output is piecewise constant, such as a comparison.
        prepare: converts the inputs to what the kernel takes (dtype promotion), before anything else.
        fit: brings a VJP's result to an input's shape, for ops that broadcast their inputs.
        explain: given (name, inputs, error) for a TypeError or ValueError of the kernel, returns the error to raise.
        recorded: the operation that the graph shows: this one, or the one of which it is a `variant`.
        views: whether the output may share memory with the first input. The output of other ops never does.
        keeps_half: whether the kernel and the VJPs get float16 arrays as they are, rather than as float32 (see `half`):
            for views, conversions, and operations without gradients, such as a comparison.
        overwrites: whether the kernel writes into its input and returns it, for a change in place (`ops.inplace`).
    """

    def __init__(
        self,
        kernel: Formula,
        name: str,
        *,
        supplies: tuple[str, ...] = (),
        differentiable: bool = True,
        prepare: Prepare | None = None,
        fit: Fit | None = None,
        explain: Explain | None = None,
        views: bool = False,
        keeps_half: bool = False,
    ) -> None:
        self.name = self.__name__ = name
        self.__doc__ = kernel.__doc__
        self.kernel = self.__wrapped__ = kernel
        self.recorded = self
        self.supplies = supplies
        self.differentiable = differentiable
        self.prepare = prepare
        self.fit = fit
        self.explain = explain
        self.views = views
        self.keeps_half = keeps_half or views or not differentiable
        self.vjps: list[Formula | None] = []
        self.reads: list[Reads] = []
        self._plans: dict[int, Plan] = {}
        self.variadic: Formula | None = None
        self.gradients: JointGradients | None = None
        self.overwrites = False

    def variant(self, kernel: Formula, *, overwrites: bool = False) -> Op[F]:
        """Return this operation with another kernel that computes the same values; the graph shows this operation."""
        other = copy.copy(self)
        other.kernel = kernel
        other.overwrites = overwrites
        return other

    def vjp(self, i: int) -> Callable[[VJP], VJP]:
        """Register the decorated function as the VJP of input `i`.

        It is called as ``vjp(g, y, *inputs, **attrs)`` and returns gᵀ·∂y/∂inputs[i], shaped like inputs[i].
        """

        def register(function: VJP) -> VJP:
            reads, count = reads_of(function)
            while len(self.vjps) < max(i + 1, count):
                self.vjps.append(None)
                self.reads.append(Reads())
            if self.vjps[i] is not None:
                raise ValueError(f"{self.name} has a VJP for input {i} already")
            self.vjps[i] = function
            self.reads[i] = reads
            self._plans.clear()
            return function

        return register

    def vjp_n(self, function: VJP) -> VJP:
        """Register the decorated function as the VJP of every input, for an op that takes any number of them.

        It is called as ``vjp(n, g, y, *inputs, **attrs)`` and returns gᵀ·∂y/∂inputs[n]. If the parameter is called
        ``*_inputs``, no inputs are saved.
        """
        self.variadic = function
        self.reads = [reads_of_any(function)]
        return function

    def _plan(self, tracked: int, count: int) -> Plan:
        """Return what a call with `count` inputs saves; bit i of `tracked` is set if input i requires a gradient."""
        plan = plan_of(self.reads, tracked, count, variadic=self.variadic is not None)
        if self.variadic is None:
            self._plans[tracked] = plan
        return plan

    def saves(self, i: int) -> bool:
        """Return whether some VJP reads the values of input `i`."""
        return any(i in reads.inputs for reads in self.reads)

    def vjp_of(self, i: int) -> Formula:
        """Return the VJP of input `i`.

        Raises:
            RuntimeError: no VJP is defined for it; zeros would hide the omission.
        """
        if self.variadic is not None:
            return functools.partial(self.variadic, i)
        vjp = self.vjps[i] if i < len(self.vjps) else None
        if vjp is None:
            raise RuntimeError(f"{self.name}: no gradient is defined for input {i}")
        return vjp

    def _call(self, *args: Any, **attrs: Any) -> Any:
        """Compute the output; record a node if a tensor among `args` requires a gradient and recording is on."""
        # This runs for every operation of a program, so it avoids function calls; benchmarks/overhead.py times it.
        if self.prepare is not None:
            args = self.prepare(args)
        values: list[Any] = []
        tensors = half = False
        tracked, bit = 0, 1
        for arg in args:
            if isinstance(arg, Variable):
                tensors = True
                if arg._view is not None:
                    refresh(arg)
                array = arg.array
                values.append(array)
                if array.dtype.num == HALF:
                    half = True
                if arg._requires_grad:
                    tracked |= bit
            else:
                values.append(_asarray(arg) if isinstance(arg, _number) else arg)
            bit <<= 1
        half = half and not self.keeps_half
        given = widened(values) if half else values
        try:
            out = self.kernel(*given, **attrs) if attrs else self.kernel(*given)
        except (TypeError, ValueError, OverflowError) as error:
            if self.explain is None:
                raise
            raise self.explain(self.name, values, error) from None
        aux: Attrs | None = None
        if self.supplies:
            out, *rest = out
            aux = dict(zip(self.supplies, rest, strict=True))
        if out.__class__ is not _array:  # NumPy returns numbers in place of 0-d arrays
            out = _asarray(out)
        if not tensors:
            return out
        if half:
            out = narrowed(out)
        node: Node | None = None
        if tracked and self.differentiable and is_grad_enabled() and out.dtype.kind == "f":
            plan = self._plans.get(tracked)
            saves, saves_output, saved, flows = self._plan(tracked, len(values)) if plan is None else plan
            parents: list[Source | None] = []
            kept: list[object] = []
            for i, arg in enumerate(args):
                if isinstance(arg, Variable):
                    found = arg._node
                    if found is None:
                        found = arg if arg._requires_grad else origin(arg)
                    elif found.__class__ is not Node:
                        found = origin(found if arg._requires_grad else arg)
                else:
                    found = origin(arg)
                parents.append(found)
                kind = saves[i]
                kept.append(values[i] if kind == VALUE else found if kind else None)
            node = _new(Node)  # the lines below do what its `__init__` does
            node.seq = next(clock)
            node.op = self.recorded
            node.args = tuple(kept)
            node.out = out if saves_output else None
            node.attrs = attrs
            node.aux = aux
            node.parents = tuple(parents)
            node.flows = flows
            node.saved = saved or aux is not None
            node.shape = out.shape
            node.dtype = out.dtype
            node.scope = current_scope()
            node.hooks = None
        elif out.dtype.kind == "c":
            check_real(self.name, out)
        if observers:
            notify(self, values, attrs, out, node)
        result = _new(Variable.concrete)  # the lines below do what `wrap` does
        result.array = out
        result._requires_grad = node is not None
        result._grad = None
        result._node = node
        result._view = None
        if self.views and out.base is not None:
            self._as_view(args[0], result, attrs)
        return result

    if TYPE_CHECKING:
        __call__: F
    else:
        __call__ = _call

    def _as_view(self, source: object, result: Variable, attrs: Attrs) -> None:
        """Mark `result` as a view of `source` if they share memory."""
        if isinstance(source, Variable):
            array, base = source.array, result.array.base
            if base is array or (base is not None and storage(base) is storage(array)):
                result._view = view_of(source, self, attrs)

    def __repr__(self) -> str:
        return f"<op {self.name}>"


class FromKernel(Protocol):
    """Makes an `Op` of the array kernel that it decorates; `signatures` describes the types of the op."""

    @overload
    def __call__(self, kernel: Callable[Concatenate[Array, Array, Array, P], Computed], /) -> Op[Ternary[P]]: ...
    @overload
    def __call__(self, kernel: Callable[Concatenate[Array, Array, P], Computed], /) -> Op[Binary[P]]: ...
    @overload
    def __call__(self, kernel: Callable[Concatenate[Array, P], Computed], /) -> Op[Unary[P]]: ...


@overload
def primitive(kernel: None = None, *, name: str | None = None, **options: Unpack[Options]) -> FromKernel: ...
@overload
def primitive(
    kernel: Callable[..., object], *, name: str | None = None, **options: Unpack[Options]
) -> Callable[[F], Op[F]]: ...
def primitive(
    kernel: Callable[..., object] | None = None, *, name: str | None = None, **options: Unpack[Options]
) -> Any:
    """Make the decorated array kernel an `Op`.

    Args:
        kernel: the function that computes; the decorated function then only declares the signature.
        name: the name of the op; by default that of the decorated function, without a leading underscore.
        **options: as for `Op`.

    Raises:
        ValueError: an operation of that name exists already.
    """

    def make(function: Callable[..., object]) -> Op:
        op: Op = Op(kernel or function, name or function.__name__.lstrip("_"), **options)
        if op.name in registry:
            raise ValueError(f"an operation named {op.name!r} exists already")
        registry[op.name] = op
        return op

    return make
