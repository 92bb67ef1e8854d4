"""Hooks of a module: what to call before and after `forward`, and with the gradients of its inputs and outputs.

A module has no `Hooks` until one is registered, so that calls cost nothing without. Gradients are met at two operations
that compute nothing: one on the inputs, which the backward pass reaches when all of the module has run, and one on the
outputs, which it reaches first.
"""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from tinygrad_cnn.autograd import Function
from tinygrad_cnn.autograd.hooks import RemovableHandle
from tinygrad_cnn.nn.modules.registry import Registry
from tinygrad_cnn.tensor import Tensor

if TYPE_CHECKING:
    from tinygrad_cnn.nn.modules.module import Module

Hook = Callable[..., Any]


class Hooks:
    """The hooks of one module, each table in the order of the calls.

    Attributes:
        forward_pre, forward: called before and after `forward`.
        backward_pre, backward: called with the gradients of the outputs, and with those of the inputs.
        with_kwargs: which of the forward ones take the keyword arguments too.
    """

    __slots__ = ("__weakref__", "backward", "backward_pre", "forward", "forward_pre", "with_kwargs")

    def __init__(self) -> None:
        self.forward_pre: dict[int, Hook] = {}
        self.forward: dict[int, Hook] = {}
        self.backward_pre: dict[int, Hook] = {}
        self.backward: dict[int, Hook] = {}
        self.with_kwargs: set[int] = set()

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        state = {name: getattr(self, name) for name in Hooks.__slots__ if name != "__weakref__"}
        return None, state

    def __reduce__(self) -> Any:
        for table in (self.forward_pre, self.forward, self.backward_pre, self.backward):
            for hook in table.values():
                try:
                    pickle.dumps(hook)
                except (AttributeError, TypeError, pickle.PicklingError) as error:
                    raise pickle.PicklingError(
                        f"Module: the hook {_name(hook)} cannot be pickled with it ({error}); remove it by its handle "
                        "first, or define it at the top level of a file"
                    ) from None
        return Hooks, (), self.__getstate__()

    def __deepcopy__(self, memo: dict[int, Any]) -> Hooks:
        twin = Hooks()  # shares the functions, as copies of functions do; only the tables are its own
        memo[id(self)] = twin
        for name in ("forward_pre", "forward", "backward_pre", "backward", "with_kwargs"):
            setattr(twin, name, getattr(self, name).copy())
        return twin

    def add(self, table: str, hook: Hook, prepend: bool, with_kwargs: bool = False) -> RemovableHandle:
        """Put `hook` last in `table`, or first with `prepend`."""
        handle = RemovableHandle(self, table, hook)
        if with_kwargs:
            self.with_kwargs.add(handle.id)
        if prepend:
            setattr(self, table, {handle.id: hook, **getattr(self, table)})
        return handle

    def call(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run `forward` of `module` with the hooks around it."""
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
        meeting = _Meeting(module, self) if self.backward or self.backward_pre else None
        if meeting is not None:
            args = meeting.enter(args)
        result = module.forward(*args, **kwargs)
        for key, hook in list(self.forward.items()):
            given = (args, kwargs, result) if key in self.with_kwargs else (args, result)
            found = hook(module, *given)
            if found is not None:
                result = found
        return result if meeting is None else meeting.leave(result)


class _Meeting:
    """One call of a module whose gradients are to be met by hooks."""

    def __init__(self, module: Module, hooks: Hooks) -> None:
        self.module = module
        self.before = list(hooks.backward_pre.values())
        self.after = list(hooks.backward.values())
        self.entered = False
        self.inputs = 0
        self.outgoing: tuple[Any, ...] | None = None  # gradients of the outputs, kept for those of the inputs

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the inputs, from where their gradients are met."""
        self.inputs = len(args)
        if not self.after:
            return args
        passed = self._through(args, self._incoming, zeros=True)
        self.entered = passed is not args
        return passed

    def leave(self, result: Any) -> Any:
        """Return the outputs, from where their gradients are met."""
        outputs = result if isinstance(result, tuple) else (result,)
        passed = self._through(outputs, self._met, zeros=False)
        return passed if isinstance(result, tuple) else passed[0]

    @staticmethod
    def _through(values: tuple[Any, ...], meet: Callable[..., Any], *, zeros: bool) -> tuple[Any, ...]:
        """Return `values`, the tensors among them passed through an operation that calls `meet` with all gradients.

        As in PyTorch, an input that no gradient reaches has `zeros`, and an output None.
        """
        places = [i for i, value in enumerate(values) if isinstance(value, Tensor)]
        if not any(values[i].requires_grad for i in places):
            return values

        def spread(gradients: Iterable[Any]) -> tuple[Any, ...]:
            full: list[Any] = [None] * len(values)
            for i, gradient in zip(places, gradients, strict=True):
                full[i] = gradient
            found = meet(tuple(full))
            return tuple([found[i] for i in places])

        passed = list(values)
        tensors = BackwardHook.apply(spread, zeros, *[values[i] for i in places])
        for i, tensor in zip(places, tensors, strict=True):
            passed[i] = tensor
        return tuple(passed)

    def _met(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        """Hand the gradients of the outputs to the pre-hooks; without inputs that need one, to the others as well."""
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

    def _incoming(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        """Hand the gradients of inputs and outputs to the hooks."""
        if self.outgoing is None:  # the gradient came past the outputs, from what forward kept elsewhere
            return gradients
        for hook in self.after:
            gradients = _replaced(hook, hook(self.module, gradients, self.outgoing), gradients)
        self.outgoing = None
        return gradients


class BackwardHook(Function):
    """Pass tensors through unchanged, and their gradients through a function."""

    @staticmethod
    def forward(ctx: Any, meet: Callable[..., Any], zeros: bool, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Return the tensors."""
        ctx.meet = meet
        ctx.set_materialize_grads(zeros)
        ctx.mark_non_differentiable(
            *[one for one, needed in zip(tensors, ctx.needs_input_grad[2:], strict=True) if not needed]
        )
        return tensors

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Any, ...]:
        """Return what the function makes of the gradients."""
        return (None, None, *ctx.meet(gradients))


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _replaced(hook: Hook, found: Any, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what `hook` put in the place of `gradients`, those themselves for None."""
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
    """Base of `Module` that registers hooks. Every method returns a handle whose ``remove()`` ends the hook."""

    _hooks: Hooks | None = None

    def _hook(self, table: str, hook: Hook, prepend: bool, with_kwargs: bool = False) -> RemovableHandle:
        if not callable(hook):
            raise TypeError(f"register_{table}_hook: expected a function, got {type(hook).__name__}")
        if self._hooks is None:
            self.__dict__["_hooks"] = Hooks()
        assert self._hooks is not None
        return self._hooks.add(table, hook, prepend, with_kwargs)

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before every `forward`; what it returns, unless None, replaces the arguments.

        Args:
            hook: the function; it returns one argument or a tuple of them.
            prepend: call it before those registered already.
            with_kwargs: call ``hook(module, args, kwargs)``, which returns None or ``(args, kwargs)``.
        """
        return self._hook("forward_pre", hook, prepend, with_kwargs)

    def register_forward_hook(self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after every `forward`; what it returns, unless None, replaces the output.

        Args:
            hook: the function.
            prepend: call it before those registered already.
            with_kwargs: call ``hook(module, args, kwargs, output)``.
        """
        return self._hook("forward", hook, prepend, with_kwargs)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` when the gradients of the outputs are known, before those of the inputs.

        `grad_output` is a tuple, with None for what is no tensor or gets no gradient. What the hook returns, unless
        None, replaces it.
        """
        return self._hook("backward_pre", hook, prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradients of the positional inputs are known.

        Both are tuples, with None for what is no tensor; an output that gets no gradient has None too, an input zeros,
        and all inputs have None where none of them needs a gradient. What the hook returns, unless None, replaces
        `grad_input`.
        """
        return self._hook("backward", hook, prepend)

    def register_backward_hook(self, hook: Hook) -> RemovableHandle:
        """Do what `register_full_backward_hook` does; this is its old name.

        In PyTorch the old hooks get the gradients of the inputs of the last operation in `forward` only.
        """
        warnings.warn(
            "Module.register_backward_hook is deprecated in favor of register_full_backward_hook, which it calls here",
            FutureWarning,
            stacklevel=2,
        )
        return self.register_full_backward_hook(hook)
