"""`Function`: operations that users define, with a backward pass of their own."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from tinygrad_cnn._types import Array, DType, Shape
from tinygrad_cnn.autograd.function_ctx import FunctionCtx, OutputGradients, Saved, output_node
from tinygrad_cnn.autograd.grad_mode import is_grad_enabled, no_grad
from tinygrad_cnn.autograd.node import Node, notify, observers
from tinygrad_cnn.autograd.operation import Attrs, Formula
from tinygrad_cnn.autograd.primitive import Op
from tinygrad_cnn.autograd.scope import current_scope
from tinygrad_cnn.autograd.variable import Constant, Source, Values, Variable, source_of, wrap
from tinygrad_cnn.autograd.versions import storage
from tinygrad_cnn.autograd.views import refresh


class Function:
    """Base of operations with a backward pass of your own.

    Write `forward` and `backward` as static methods and call ``MyFunction.apply(...)``. `forward` runs without
    recording. `backward` gets a gradient for each output and returns one for each argument, None where there is none;
    if it is written with differentiable operations, it can be differentiated again. The operation has the name of the
    class in pictures, messages and gradient checks.

    Example:
        >>> class Cube(Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.save_for_backward(x)
        ...         return x * x * x
        ...
        ...     @staticmethod
        ...     def backward(ctx, g):
        ...         (x,) = ctx.saved_tensors
        ...         return g * 3 * x * x
        >>> y = Cube.apply(x)
    """

    _op: _FunctionOp

    def __init__(self) -> None:
        name = type(self).__name__
        raise RuntimeError(f"{name}: a Function is not instantiated; call {name}.apply(...)")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._op = _FunctionOp(cls)

    @staticmethod
    def forward(*args: Any) -> Any:
        """Compute a tensor or a tuple: ``forward(ctx, *args)``, or ``forward(*args)`` with `setup_context`."""
        raise NotImplementedError("a Function needs a static method forward(ctx, ...)")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Save what `backward` needs, for a `forward` that takes no `ctx`."""
        raise NotImplementedError

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Return the gradient of each argument of `forward`, None where there is none."""
        raise NotImplementedError("a Function needs a static method backward(ctx, ...) for its gradient")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run `forward` and record it.

        Args:
            args: the arguments of `forward`: tensors, which gradients may flow to, and any other values.
            kwargs: keyword arguments, if `setup_context` is defined; omitted arguments get the defaults of `forward`.

        Returns:
            What `forward` returned: a tensor, or a tuple. A returned input is copied.
        """
        return cls._op(*args, **kwargs)


def once_differentiable(backward: Formula) -> Formula:
    """Mark a `Function.backward` whose gradients cannot be differentiated again, such as one that calls NumPy.

    It runs without recording. A second backward pass raises a RuntimeError instead of treating the gradients as
    constants.
    """

    @functools.wraps(backward)
    def run(ctx: FunctionCtx, *grads: Any) -> Any:
        with no_grad():
            found = backward(ctx, *grads)
        node = ctx._node()
        if not is_grad_enabled() or node is None:
            return found
        sources = [source_of(one) for one in grads if isinstance(one, Variable) and one._requires_grad]
        parents = (*node.parents, *sources)

        def end(gradient: object) -> object:
            if not isinstance(gradient, Variable):
                return gradient
            array = gradient.array
            return wrap(array, Node(_Once(ctx._name), (), None, {}, None, parents, array.shape, array.dtype, None))

        return tuple([end(one) for one in found]) if isinstance(found, tuple | list) else end(found)

    return run


class _FunctionOp(Op):
    """The operation that a `Function` defines."""

    def __init__(self, function: type[Function]) -> None:
        super().__init__(self._recompute, function.__name__, keeps_half=True)
        self.function = function
        self.gradients = self._joint_gradients
        self._has_setup = function.setup_context is not Function.setup_context

    def __call__(self, *args: Any, **attrs: Any) -> Any:
        if self._has_setup:
            bound = self._signature.bind(*args, **attrs)
            bound.apply_defaults()
            args = bound.args
        elif attrs:
            raise TypeError(
                f"{self.name}: apply takes no keyword arguments, got {', '.join(attrs)}; with setup_context it does"
            )
        for arg in args:
            if isinstance(arg, Variable):
                refresh(arg)
        needs = tuple([isinstance(arg, Variable) and arg._requires_grad for arg in args])
        ctx = FunctionCtx(self.name, needs)
        result = self._forward(ctx, args)
        raw = tuple(result) if isinstance(result, tuple | list) else (result,)
        memory = {id(storage(arg.array)) for arg in args if isinstance(arg, Variable)}
        arrays = [_apart(out.array, memory) if isinstance(out, Variable) else None for out in raw]
        smooth = [
            array is not None and array.dtype.kind == "f" and not any(out is one for one in ctx._constant)
            for out, array in zip(raw, arrays, strict=True)
        ]
        node = None
        if any(needs) and any(smooth) and is_grad_enabled():
            node = self._record(ctx, args, raw, arrays, smooth)
            ctx._several = isinstance(result, tuple | list)
        if observers:
            values = [arg.array if isinstance(arg, Variable) else arg for arg in args]
            settings = self._settings(args)
            for array in arrays:
                if array is not None:
                    notify(self, values, settings, array, node)
        ctx._given = ctx._constant = ()  # the node has their arrays now, and a backward pass frees them
        outputs: list[object] = []
        for i, (out, array) in enumerate(zip(raw, arrays, strict=True)):
            if array is None:
                outputs.append(out)
            elif node is None or not smooth[i]:
                outputs.append(wrap(array))
            else:
                outputs.append(wrap(array, output_node(node, i, ctx._outputs) if ctx._several else node))
        return tuple(outputs) if isinstance(result, tuple | list) else outputs[0]

    def _forward(self, ctx: FunctionCtx, args: tuple[object, ...]) -> Any:
        with no_grad():
            if not self._has_setup:
                return self.function.forward(ctx, *args)
            result = self.function.forward(*args)
            self.function.setup_context(ctx, args, result)
            return result

    def _record(
        self, ctx: FunctionCtx, args: tuple[object, ...], raw: tuple[object, ...], arrays: list[Array | None],
        smooth: list[bool],
    ) -> Node:  # fmt: skip
        """Return the node. Its `args` are the saved inputs, at their positions, followed by all other saved values."""
        parents = [source_of(arg) if isinstance(arg, Variable) else None for arg in args]
        values: list[Array | None] = [None] * len(args)
        ctx._outputs = [None if array is None else Constant(array.shape, array.dtype) for array in arrays]
        for tensor in ctx._given:
            if tensor is None:
                ctx._saved.append(None)
                continue
            position = _find(tensor, args)
            number = _find(tensor, raw)
            source: Source | int | None
            if position is not None:
                values[position] = tensor.array
                known = parents[position]
                source = None if isinstance(known, Constant) else known
            else:
                position = len(values)
                array = tensor.array if number is None else arrays[number]
                values.append(array)
                if number is not None:
                    source = number if smooth[number] else None
                else:
                    known = source_of(tensor)
                    source = None if isinstance(known, Constant) else known
            ctx._saved.append(Saved(position, source))
        first = ctx._outputs[smooth.index(True)]
        assert first is not None  # only tensors are smooth
        node = Node(
            self, tuple(values), None, self._settings(args), {"ctx": ctx}, tuple(parents), first.shape, first.dtype,
            current_scope(),
        )  # fmt: skip
        ctx._node = weakref.ref(node)
        return node

    def _joint_gradients(self, node: Node, g: Any, wanted: Sequence[bool]) -> list[Values | None]:
        """Return the gradient of each of the `wanted` inputs: arrays for an array `g`, else tensors."""
        assert node.aux is not None  # checked before the walk began
        ctx: FunctionCtx = node.aux["ctx"]
        ctx.needs_input_grad = tuple(wanted)
        gradients = self._run_backward(ctx, g, len(node.parents))
        arrays = not (isinstance(g, Variable) or (isinstance(g, OutputGradients) and g.recorded))
        found: list[Values | None] = [None] * len(gradients)
        for i, (parent, gradient) in enumerate(zip(node.parents, gradients, strict=True)):
            if gradient is None:
                continue
            if not isinstance(gradient, Variable):
                raise RuntimeError(
                    f"{self.name}: expected backward to return tensors or None, got {type(gradient).__name__} "
                    f"for argument {i}"
                )
            if parent is None:
                raise RuntimeError(
                    f"{self.name}: expected backward to return None for argument {i}, which is no tensor, "
                    f"got a gradient of shape {gradient.shape}"
                )
            if wanted[i]:
                fitted = _fitted(gradient, parent.shape, parent.dtype)
                found[i] = fitted.array if arrays else fitted
        return found

    def _run_backward(self, ctx: FunctionCtx, g: Any, count: int) -> list[Any]:
        """Call `backward` with `g`, the gradient of the outputs; return the gradients of the `count` inputs."""
        grads = []
        for one, spec in zip(g.values if ctx._several else (g,), ctx._outputs, strict=True):
            if one is None and spec is not None and ctx._materialize:
                one = np.zeros(spec.shape, spec.dtype)
            grads.append(one if one is None or isinstance(one, Variable) else wrap(one))
        found = self.function.backward(ctx, *grads)
        gradients = list(found) if isinstance(found, tuple | list) else [found]
        while len(gradients) > count and gradients[-1] is None:
            gradients.pop()
        if len(gradients) != count:
            raise RuntimeError(
                f"{self.name}: expected backward to return {count} gradients, one for each argument of forward, "
                f"got {len(gradients)}"
            )
        return gradients

    def _settings(self, args: tuple[object, ...]) -> Attrs:
        """Return the numbers and texts among `args` under their names in `forward`, for pictures."""
        return {
            name: arg
            for name, arg in zip(self.argument_names, args, strict=False)
            if isinstance(arg, bool | int | float | str | tuple)
        }

    @functools.cached_property
    def argument_names(self) -> list[str]:
        """The names of the arguments of `forward`, up to ``*args`` if there is one."""
        names = [
            name
            for name, one in self._signature.parameters.items()
            if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
        ]
        return names if self._has_setup else names[1:]

    @functools.cached_property
    def _signature(self) -> Any:
        import inspect  # here, because it takes longer to import than all of `autograd`

        return inspect.signature(self.function.forward)

    def _recompute(self, *arrays: Array) -> Any:
        """Return the output, as an array, for inputs given as arrays; pictures with values call it."""
        result = self._forward(FunctionCtx(self.name, (False,) * len(arrays)), tuple([wrap(one) for one in arrays]))
        return tuple([one.array for one in result]) if isinstance(result, tuple | list) else result.array


def _find(tensor: Variable, among: tuple[object, ...]) -> int | None:
    return next((i for i, one in enumerate(among) if one is tensor), None)


def _apart(array: Array, memory: set[int]) -> Array:
    """Return `array`, copied if it shares `memory` with an input: a Function returns no views."""
    return array.copy() if id(storage(array)) in memory else array


def _fitted(gradient: Any, shape: Shape, dtype: DType) -> Any:
    """Return `gradient` in the dtype of an input and, if the input was broadcast, summed to its shape."""
    if gradient.dtype != dtype:
        gradient = gradient.to(dtype)
    lead = len(gradient.shape) - len(shape)
    pairs = list(zip(shape, gradient.shape[max(lead, 0) :], strict=False))
    if gradient.shape == shape or lead < 0 or any(size not in (1, given) for size, given in pairs):
        return gradient
    dims = [*range(lead), *[lead + i for i, (size, given) in enumerate(pairs) if size != given]]
    return gradient.sum(dims, keepdim=True).reshape(shape)


class _Once(Op):
    """The backward pass of an operation whose gradients cannot be differentiated again."""

    def __init__(self, name: str) -> None:
        super().__init__(self._recompute, f"{name}.backward")
        self.gradients = self._refuse

    def _recompute(self, *_: Array) -> Array:
        raise RuntimeError(f"{self.name}: was not recorded")

    def _refuse(self, _node: Node, _g: object, _wanted: Sequence[bool]) -> NoReturn:
        raise RuntimeError(
            f"{self.name}: marked with once_differentiable, so its gradients cannot be differentiated again; write it "
            "with differentiable operations and drop the mark"
        )
