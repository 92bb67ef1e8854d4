"""`Module`: the base of layers and networks: calls, walks over submodules and parameters, state, conversions, text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, Self, TypeVar

import numpy.typing as npt

from tinygrad_cnn._dtypes import float16, float32, float64, is_floating
from tinygrad_cnn.autograd import Scope, current_scope, pop_scope, push_scope
from tinygrad_cnn.creation import zeros
from tinygrad_cnn.device import Device, DeviceLike
from tinygrad_cnn.memory_format import MemoryFormat, preserve_format
from tinygrad_cnn.nn.modules.error_context import EXPLAINED, explain
from tinygrad_cnn.nn.modules.hooks import Hookable
from tinygrad_cnn.nn.modules.state import IncompatibleKeys, Slot, load_state
from tinygrad_cnn.nn.parameter import Parameter
from tinygrad_cnn.tensor import Tensor

__all__ = ["Module"]

T = TypeVar("T")


class Module(Hookable):
    """Base of every layer and network.

    Assign parameters and submodules as attributes in ``__init__``, after ``super().__init__()``, and compute in
    ``forward``; call the module itself, so that the graph and the error messages know which module was running.

    Example:
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4, 2)

            def forward(self, x):
                return F.relu(self.fc(x))
    """

    _modules: dict[str, Module | None]
    training: bool
    _settings: ClassVar[tuple[str, ...]] = ()
    """The attributes that `extra_repr` shows with their names; for a parameter it shows whether there is one."""
    _sizes: ClassVar[tuple[str, ...]] = ()
    """The attributes that `extra_repr` shows first, without their names."""

    def __init__(self) -> None:
        super().__init__()
        self.training = True  # False in evaluation mode

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; every subclass defines this method."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run `forward` in a scope of this module, which names it in the graph and in error messages."""
        around = current_scope()
        token = push_scope(Scope(self._name_within(around), type(self).__name__, self, around))
        try:
            if self._hooks is not None:
                return self._hooks.call(self, self.forward, args, kwargs)
            return self.forward(*args, **kwargs)
        except EXPLAINED as error:
            explain(error, self, args)
            raise
        finally:
            pop_scope(token)

    def _name_within(self, scope: Scope | None) -> str:
        """Return the name of this module within the module of `scope`, or its class's name if it is not found there."""
        around = None if scope is None else scope._owner()
        if isinstance(around, Module):
            for name, child in around._modules.items():
                if child is self:
                    return name
            for name, module in around.named_modules():  # inside a container that is not called itself
                if module is self and name:
                    return name
        return type(self).__name__

    # --- submodules, parameters and buffers ---------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield the direct submodules with their names, shared modules once."""
        yield from _once((name, child) for name, child in self._modules.items() if child is not None)

    def children(self) -> Iterator[Module]:
        """Yield the direct submodules, shared modules once."""
        yield from (child for _, child in self.named_children())

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Yield this module under `prefix` and all modules below it by their paths, parents before children.

        Args:
            memo: modules to leave out; the modules yielded are added to it.
            prefix: put before every path, with a dot.
            remove_duplicate: yield shared modules once.
        """
        found = self._walk(prefix)
        for path, module in _once(found, map(id, memo or ())) if remove_duplicate else found:
            if memo is not None:
                memo.add(module)
            yield path, module

    def modules(self) -> Iterator[Module]:
        """Yield this module and all modules below it, shared modules once."""
        yield from (module for _, module in self.named_modules())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters with their paths: of this module, and with `recurse` of all below it."""
        return self._members(lambda module: module._parameters, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Yield the parameters, shared parameters once."""
        yield from (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield the buffers with their paths: of this module, and with `recurse` of all below it."""
        return self._members(lambda module: module._buffers, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield the buffers, shared buffers once."""
        yield from (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """Return the module at the path `target`, such as "features.0"; this module for "".

        Raises:
            AttributeError: there is no such module; the message says where the path ends and what is there.
        """
        module = self
        done = ""
        for name in target.split(".") if target else ():
            child = module._modules.get(name)
            if child is None:
                there = ", ".join(module._modules) or "no submodules"
                raise AttributeError(
                    f"{type(self).__name__}: expected a module at {target!r}, but {done or 'it'} "
                    f"({type(module).__name__}) has no {name!r}, only {there}"
                )
            module = child
            done = f"{done}.{name}" if done else name
        return module

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter at the path `target`, such as "features.0.weight"; AttributeError if there is none."""
        return self._member("parameter", lambda module: module._parameters, target)

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer at the path `target`; AttributeError if there is none."""
        return self._member("buffer", lambda module: module._buffers, target)

    def _member(self, what: str, held: Callable[[Module], Mapping[str, T | None]], target: str) -> T:
        path, _, name = target.rpartition(".")
        members = held(self.get_submodule(path))
        found = members.get(name)
        if found is None:
            there = ", ".join(key for key, value in members.items() if value is not None) or f"no {what}s"
            raise AttributeError(f"{type(self).__name__}: expected a {what} at {target!r}, got only {there}")
        return found

    def _members(
        self, held: Callable[[Module], Mapping[str, T | None]], prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, T]]:
        found = (
            (f"{path}.{name}" if path else name, value)
            for path, module in (self._walk(prefix) if recurse else [(prefix, self)])
            for name, value in held(module).items()
            if value is not None
        )
        yield from _once(found) if remove_duplicate else found

    # --- state ----------------------------------------------------------------------------------------------------

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """Return parameters and persistent buffers by path; they share memory with the module.

        Args:
            prefix: put before every key.
            keep_vars: return the parameters themselves rather than detached tensors.
        """
        return {prefix + key: slot.tensor if keep_vars else slot.tensor.detach() for key, slot in self._slots()}

    def _slots(self) -> Iterator[tuple[str, Slot]]:
        """Yield parameters and persistent buffers by path, each with the module and the name that hold it."""
        for path, module in self._walk(""):
            for name, value in (*module._parameters.items(), *module._buffers.items()):
                if value is not None and name not in module._non_persistent_buffers:
                    yield f"{path}.{name}" if path else name, Slot(module, name, value)

    def load_state_dict(
        self, state_dict: Mapping[str, object], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy values into the parameters and persistent buffers, and return (missing_keys, unexpected_keys).

        Args:
            state_dict: a result of `state_dict`, from this package or PyTorch; its tensors or arrays are converted to
                the dtypes of the module.
            strict: raise an error for missing and unexpected keys, which are otherwise ignored and returned.
            assign: replace the parameters and buffers by the given tensors, without copying or conversion. An optimizer
                made earlier keeps the old parameters.

        Raises:
            RuntimeError: the message lists every missing, unexpected and mismatched key; nothing was changed.
        """
        return load_state(type(self).__name__, dict(self._slots()), state_dict, strict, assign)

    def train(self, mode: bool = True) -> Self:
        """Set this module and all modules below it to training mode, or to evaluation mode if `mode` is False."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Set this module and all modules below it to evaluation mode."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set whether gradients are computed with respect to the parameters."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set the gradients of all parameters to None, or to zeros if `set_to_none` is False."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad = parameter.grad.detach().zero_()

    def apply(self, fn: Callable[[Module], object]) -> Self:
        """Call `fn` on all modules below, children before parents, and on this one; for instance to initialise them."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def to(
        self,
        *args: Any,
        device: DeviceLike = None,
        dtype: npt.DTypeLike | None = None,
        non_blocking: bool = False,  # noqa: ARG002 - nothing blocks on the CPU
        memory_format: MemoryFormat = preserve_format,
    ) -> Self:
        """Convert floating-point parameters, gradients and buffers in place; arguments as for `Tensor.to`.

        `memory_format` applies to the tensors with four axes.

        Raises:
            TypeError: the dtype is not floating point.
        """
        probe = zeros((), dtype=float32).to(*args, device=device, dtype=dtype)
        if not is_floating(probe.dtype):
            raise TypeError(f"{type(self).__name__}.to: expected a floating-point dtype, got {probe.dtype}")
        for tensor in (*self.parameters(), *self.buffers()):
            if is_floating(tensor.dtype):
                gradient = tensor._grad
                images = memory_format is not preserve_format and tensor.ndim == 4
                layout = memory_format if images else preserve_format
                tensor.data = tensor.data.to(*args, device=device, dtype=dtype, memory_format=layout)
                if isinstance(gradient, Tensor):
                    tensor.grad = gradient.detach().to(tensor.dtype)
        return self

    def cuda(self, device: DeviceLike = None) -> Self:
        """Raise a DeviceError: there is no GPU."""
        return self.to("cuda" if device is None else Device("cuda", device) if isinstance(device, int) else device)

    def cpu(self) -> Self:
        """Return the module itself, which is on the CPU."""
        return self

    def float(self) -> Self:
        """Convert floating-point parameters and buffers to float32."""
        return self.to(float32)

    def double(self) -> Self:
        """Convert floating-point parameters and buffers to float64."""
        return self.to(float64)

    def half(self) -> Self:
        """Convert floating-point parameters and buffers to float16."""
        return self.to(float16)

    def extra_repr(self) -> str:
        """Return the text between the parentheses of the repr, before the submodules."""
        named = [f"{name}={self._shown(name)}" for name in self._settings]
        return ", ".join([*map(self._shown, self._sizes), *named])

    def _shown(self, name: str) -> str:
        value = getattr(self, name)
        return repr(value is not None if name in self._parameters else value)

    def __repr__(self) -> str:
        extra = self.extra_repr()
        children = [f"({name}): {child!r}" for name, child in self._modules.items() if child is not None]
        if not children and "\n" not in extra:
            return f"{type(self).__name__}({extra})"
        lines = "\n".join([*[extra] * bool(extra), *children]).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {lines}\n)"


def _once(named: Iterable[tuple[str, T]], left_out: Iterable[int] = ()) -> Iterator[tuple[str, T]]:
    """Yield each value once, under its first name; skip values whose ids are in `left_out`."""
    seen = set(left_out)
    for name, value in named:
        if id(value) not in seen:
            seen.add(id(value))
            yield name, value
