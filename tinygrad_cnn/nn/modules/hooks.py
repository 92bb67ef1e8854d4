"""Hooks of a module: functions called before and after `forward`, and with the gradients of its inputs and outputs.

A module has no `ModuleHooks` until a hook is registered, so that calls without hooks cost nothing. Gradients are
intercepted by two operations that compute nothing: one on the outputs, which the backward pass reaches first, and one
on the inputs, which it reaches last.
"""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from tinygrad_cnn.autograd import Function
from tinygrad_cnn.autograd.hooks import RemovableHandle
from tinygrad_cnn.nn.modules.registry import Registry
from tinygrad_cnn.tensor import Tensor

Hook: TypeAlias = Callable[..., Any]
Gradients: TypeAlias = tuple[Tensor | None, ...]


class ModuleHooks:
    """The hooks of one module, each table in the order of the calls.

    Attributes:
        forward_pre, forward: called before and after `forward`.
        backward_pre, backward: called with the gradients of the outputs, and with those of the inputs.
        with_kwargs: the ids of the forward hooks that also take the keyword arguments.
    """

    def __init__(self) -> None:
        self.forward_pre: dict[int, Hook] = {}
        self.forward: dict[int, Hook] = {}
        self.backward_pre: dict[int, Hook] = {}
        self.backward: dict[int, Hook] = {}
        self.with_kwargs: set[int] = set()

    def __getstate__(self) -> dict[str, object]:
        for table in (self.forward_pre, self.forward, self.backward_pre, self.backward):
            for hook in table.values():
                try:
                    pickle.dumps(hook)
                except (AttributeError, TypeError, pickle.PicklingError) as error:
                    raise pickle.PicklingError(
                        f"Module: the hook {_name(hook)} cannot be pickled with it ({error}); remove it by its handle "
                        "first, or define it at the top level of a file"
                    ) from None
        return self.__dict__

    def __deepcopy__(self, memo: dict[int, object]) -> ModuleHooks:
        clone = ModuleHooks()  # the tables are copied, the functions in them are not
        memo[id(self)] = clone
        for name, table in vars(self).items():
            setattr(clone, name, table.copy())
        return clone

    def add(self, table: str, hook: Hook, prepend: bool, with_kwargs: bool = False) -> RemovableHandle:
        """Put `hook` last in `table`, or first with `prepend`."""
        handle = RemovableHandle(self, table, hook)
        if with_kwargs:
            self.with_kwargs.add(handle.id)
        if prepend:
            setattr(self, table, {handle.id: hook, **getattr(self, table)})
        return handle

    def call(
        self, module: Hookable, forward: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]
    ) -> object:
        """Run `forward`, the method of `module`, with the hooks around it."""
        for key, hook in list(self.forward_pre.items()):
            if key in self.with_kwargs:
                found = hook(module, args, kwargs)
                if found is None:
                    continue
                if not (isinstance(found, tuple) and len(found) == 2):
                    raise RuntimeError(
                        f"forward pre-hook {_name(hook)}: expected None or a tuple (args, kwargs) to be returned, "
                        f"got {type(found).__name__}"
                    )
                args, kwargs = found
            else:
                found = hook(module, args)
                if found is not None:
                    args = found if isinstance(found, tuple) else (found,)
        gradients = _GradientHooks(module, self) if self.backward or self.backward_pre else None
        if gradients is not None:
            args = gradients.enter(args)
        result = forward(*args, **kwargs)
        for key, hook in list(self.forward.items()):
            given = (args, kwargs, result) if key in self.with_kwargs else (args, result)
            found = hook(module, *given)
            if found is not None:
                result = found
        return result if gradients is None else gradients.leave(result)


class _GradientHooks:
    """The backward hooks in one call of a module."""

    def __init__(self, module: Hookable, hooks: ModuleHooks) -> None:
        self.module = module
        self.before = list(hooks.backward_pre.values())
        self.after = list(hooks.backward.values())
        self.entered = False
        self.inputs = 0
        self.outgoing: Gradients | None = None  # gradients of the outputs, kept until those of the inputs are known

    def enter(self, args: tuple[object, ...]) -> tuple[object, ...]:
        """Return the inputs, passed through the operation that intercepts their gradients."""
        self.inputs = len(args)
        if not self.after:
            return args
        passed = self._through(args, self._inputs_known, zeros=True)
        self.entered = passed is not args
        return passed

    def leave(self, result: object) -> object:
        """Return the outputs, passed through the operation that intercepts their gradients."""
        passed = self._through(_as_tuple(result), self._outputs_known, zeros=False)
        return passed if isinstance(result, tuple) else passed[0]

    @staticmethod
    def _through(
        values: tuple[object, ...], known: Callable[[Gradients], Gradients], *, zeros: bool
    ) -> tuple[object, ...]:
        """Return `values`, with the tensors passed through an operation that calls `known` with all their gradients.

        As in PyTorch, an input that no gradient reaches gets zeros (`zeros`), an output None.
        """
        tensors = {i: value for i, value in enumerate(values) if isinstance(value, Tensor)}
        if not any(tensor.requires_grad for tensor in tensors.values()):
            return values

        def spread(gradients: Iterable[Tensor | None]) -> Gradients:
            of = dict(zip(tensors, gradients, strict=True))
            found = known(tuple([of.get(i) for i in range(len(values))]))
            return tuple([found[i] for i in tensors])

        passed = dict(zip(tensors, BackwardHook.apply(spread, zeros, *tensors.values()), strict=True))
        return tuple([passed.get(i, value) for i, value in enumerate(values)])

    def _outputs_known(self, gradients: Gradients) -> Gradients:
        """Call the pre-hooks with the gradients of the outputs; if no input needs one, the other hooks as well."""
        for hook in self.before:
            gradients = _replaced(hook, hook(self.module, gradients), gradients)
        self.outgoing = gradients
        if self.after and not self.entered:
            for hook in self.after:
                found = hook(self.module, (None,) * self.inputs, gradients)
                if found is not None and any(one is not None for one in _as_tuple(found)):
                    raise RuntimeError(
                        f"full backward hook {_name(hook)}: expected None to be returned, as no input of "
                        f"{type(self.module).__name__} requires a gradient"
                    )
            self.outgoing = None
        return gradients

    def _inputs_known(self, gradients: Gradients) -> Gradients:
        """Call the hooks with the gradients of inputs and outputs."""
        if self.outgoing is None:  # the gradient came from a tensor that forward stored, not from an output
            return gradients
        for hook in self.after:
            gradients = _replaced(hook, hook(self.module, gradients, self.outgoing), gradients)
        self.outgoing = None
        return gradients


class BackwardHook(Function):
    """Return tensors unchanged, and pass their gradients through a function."""

    @staticmethod
    def forward(ctx: Any, known: Callable[..., Any], zeros: bool, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Return the tensors."""
        ctx.known = known
        ctx.set_materialize_grads(zeros)
        ctx.mark_non_differentiable(
            *[one for one, needed in zip(tensors, ctx.needs_input_grad[2:], strict=True) if not needed]
        )
        return tensors

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> Gradients:
        """Return the gradients that the function returns."""
        return (None, None, *ctx.known(gradients))


def _as_tuple(value: object) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _replaced(hook: Hook, found: object, gradients: Gradients) -> Gradients:
    """Return the gradients that `hook` returned, checked, or the `gradients` it was given if it returned None."""
    if found is None:
        return gradients
    new = _as_tuple(found)
    if len(new) != len(gradients):
        raise RuntimeError(
            f"backward hook {_name(hook)}: expected None or {len(gradients)} gradients to be returned, got {len(new)}"
        )
    for one, old in zip(new, gradients, strict=True):
        if one is not None and not isinstance(one, Tensor):
            raise TypeError(f"backward hook {_name(hook)}: expected tensors to be returned, got {type(one).__name__}")
        if one is not None and old is not None and one.shape != old.shape:
            raise RuntimeError(
                f"backward hook {_name(hook)}: expected a gradient of shape {old.shape} to be returned, got {one.shape}"
            )
    return new


def _name(hook: Hook) -> str:
    return repr(getattr(hook, "__name__", type(hook).__name__))


class Hookable(Registry):
    """Base of `Module` that registers hooks. Every method returns a handle whose ``remove()`` removes the hook."""

    _hooks: ModuleHooks | None = None

    def _hook(self, table: str, hook: Hook, prepend: bool, with_kwargs: bool = False) -> RemovableHandle:
        if not callable(hook):
            raise TypeError(f"register_{table}_hook: expected a function, got {type(hook).__name__}")
        if self._hooks is None:
            self.__dict__["_hooks"] = ModuleHooks()
        assert self._hooks is not None
        return self._hooks.add(table, hook, prepend, with_kwargs)

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before every `forward`; what it returns, unless None, replaces the arguments.

        Args:
            hook: the function; it returns one argument or a tuple of them.
            prepend: call it before the hooks registered earlier.
            with_kwargs: call ``hook(module, args, kwargs)``, which returns None or ``(args, kwargs)``.
        """
        return self._hook("forward_pre", hook, prepend, with_kwargs)

    def register_forward_hook(self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after every `forward`; what it returns, unless None, replaces the output.

        Args:
            hook: the function.
            prepend: call it before the hooks registered earlier.
            with_kwargs: call ``hook(module, args, kwargs, output)``.
        """
        return self._hook("forward", hook, prepend, with_kwargs)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` when the gradients of the outputs are known, before those of the inputs.

        `grad_output` is a tuple, with None for an output that is not a tensor or gets no gradient. What the hook
        returns, unless None, replaces it.
        """
        return self._hook("backward_pre", hook, prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradients of the positional inputs are known.

        Both are tuples, with None for values that are not tensors. Where no gradient arrives, an output has None and an
        input zeros; if no input needs a gradient, all inputs have None. What the hook returns, unless None, replaces
        `grad_input`.
        """
        return self._hook("backward", hook, prepend)

    def register_backward_hook(self, hook: Hook) -> RemovableHandle:
        """Call `register_full_backward_hook`, of which this is the old name.

        In PyTorch the old hooks get only the gradients of the inputs of the last operation in `forward`.
        """
        warnings.warn(
            "Module.register_backward_hook is deprecated in favor of register_full_backward_hook, which it calls here",
            FutureWarning,
            stacklevel=2,
        )
        return self.register_full_backward_hook(hook)
