"""`Registry`: assigned parameters, buffers and submodules register themselves under the name of the attribute."""

from __future__ import annotations

import copy
from collections.abc import Container, Iterable, Iterator
from typing import Any, Self, cast

from tinygrad_cnn.nn.parameter import Parameter
from tinygrad_cnn.tensor import Tensor


class Registry:
    """Base of `Module` that sorts assigned attributes into parameters, buffers, submodules and others."""

    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Any]
    _non_persistent_buffers: set[str]

    def __init__(self) -> None:
        self._parameters = {}
        self._buffers = {}
        self._modules = {}
        self._non_persistent_buffers = set()

    def __getattr__(self, name: str) -> Any:
        for kind in ("_parameters", "_buffers", "_modules"):
            found = self.__dict__.get(kind)
            if found is not None and name in found:
                return found[name]
        # With name and obj, Python adds "Did you mean: ...?" when it prints the error.
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, Parameter):
            self._forget(name, keep=self._registered("_parameters", "parameters"))
            self.register_parameter(name, value)
        elif isinstance(value, Registry):
            self._forget(name, keep=self._registered("_modules", "module"))
            self.add_module(name, value)
        elif name in self.__dict__.get("_parameters", ()):
            _refuse_other("parameter", "nn.Parameter", name, value)
            self._parameters[name] = None
        elif name in self.__dict__.get("_modules", ()):
            _refuse_other("child module", "nn.Module", name, value)
            self._modules[name] = None
        elif name in self.__dict__.get("_buffers", ()):
            self.register_buffer(name, cast("Tensor | None", value), name not in self._non_persistent_buffers)
        else:
            object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if not self._forget(name):
            object.__delattr__(self, name)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        made: Any = self.__reduce_ex__(4)
        make, arguments, *rest = made
        clone = make(*arguments)
        memo[id(self)] = clone
        state = rest[0] if rest else None
        if hasattr(clone, "__setstate__"):
            clone.__setstate__(copy.deepcopy(state, memo))
            return clone
        plain, slots = state if isinstance(state, tuple) else (state, None)
        for name, value in {**(plain or {}), **(slots or {})}.items():
            try:
                object.__setattr__(clone, name, copy.deepcopy(value, memo))
            except (RuntimeError, TypeError) as error:
                self._name_holder(error, name)
                raise
        return clone

    def _name_holder(self, error: Exception, attribute: str) -> None:
        """Add to `error` the path of the attribute that cannot be copied."""
        text, holder, name = error.__dict__.setdefault("held", (str(error), self, attribute))
        path = next((path for path, module in self._walk("") if module is holder), "")
        where = f"{type(self).__name__}{'.' * bool(path)}{path}.{name}"
        error.args = (f"{text}\nin the copy of {where}, an attribute of {type(holder).__name__}",)

    def _walk(self, path: str) -> Iterator[tuple[str, Any]]:
        """Yield this module under `path` and all modules below it by their paths; a shared module under every path."""
        yield path, self
        for name, child in self._modules.items():
            if child is not None:
                yield from child._walk(f"{path}.{name}" if path else name)

    def _unregistered(self) -> list[str]:
        """Return the sentences of `unregistered`, for callers that do not import this module."""
        return unregistered(self)

    def __dir__(self) -> Iterable[str]:
        return sorted({*super().__dir__(), *self._parameters, *self._buffers, *self._modules})

    def _registered(self, name: str, what: str) -> dict[str, Any]:
        """Return the registry called `name`; raise an AttributeError if ``__init__`` of the base was not called."""
        found: dict[str, Any] | None = self.__dict__.get(name)
        if found is None:
            raise AttributeError(
                f"cannot assign {what} before Module.__init__() call; put super().__init__() first in "
                f"{type(self).__name__}.__init__"
            )
        return found

    def _forget(self, name: str, keep: object = None) -> bool:
        """Remove the attribute `name` from all registries but `keep`, where a new value replaces it."""
        registries = (self.__dict__, self._parameters, self._buffers, self._modules)
        found = [registry for registry in registries if registry is not keep and name in registry]
        for registry in found:
            del registry[name]
        self._non_persistent_buffers.discard(name)
        return bool(found)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under `name`; None reserves the name of a parameter that is left out, such as a bias."""
        parameters = self._registered("_parameters", "parameter")
        self._check_name("parameter", name, parameters)
        if param is not None and not isinstance(param, Parameter):
            _refuse_other("parameter", "nn.Parameter", name, param)
        parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the module but is not trained; a `persistent` one is part of the state_dict."""
        buffers = self._registered("_buffers", "buffer")
        self._check_name("buffer", name, buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            _refuse_other("buffer", "Tensor", name, tensor)
        buffers[name] = tensor
        self._non_persistent_buffers.discard(name)
        if not persistent:
            self._non_persistent_buffers.add(name)

    def add_module(self, name: str, module: Registry | None) -> None:
        """Add a submodule under `name`, which need not be an identifier."""
        modules = self._registered("_modules", "module")
        self._check_name("module", name, modules)
        if module is not None and not isinstance(module, Registry):
            raise TypeError(f"add_module: {type(module).__name__} is not a Module subclass")
        modules[name] = module

    def register_module(self, name: str, module: Registry | None) -> None:
        """Add a submodule, as `add_module` does."""
        self.add_module(name, module)

    def _check_name(self, what: str, name: str, registry: Container[str]) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{what} name: expected a string, got {type(name).__name__}")
        if not name or "." in name:
            raise KeyError(f'{what} name: expected some letters without ".", got {name!r}')
        if name not in registry and hasattr(self, name):
            raise KeyError(f"attribute {name!r} already exists")


def _refuse_other(what: str, kind: str, name: str, value: object) -> None:
    """Raise a TypeError unless `value` is None: a name registered as one kind takes no other."""
    if value is not None:
        raise TypeError(f"cannot assign {type(value).__name__!r} as {what} {name!r} ({kind} or None expected)")


def unregistered(module: Registry) -> list[str]:
    """Return a sentence for each plain list, tuple or dict below `module` that hides layers or parameters from it."""
    holders = {id(holder): (path, holder) for path, holder in reversed(list(module._walk("")))}  # the first path wins
    known = {*holders, *[id(one) for _, holder in holders.values() for one in holder._parameters.values()]}
    found = []
    for path, holder in reversed(holders.values()):
        for name, value in vars(holder).items():
            lost = [one for one in _inside(value) if id(one) not in known]
            if not lost:
                continue
            where = ".".join([type(module).__name__, *([path] if path else []), name])
            kinds = ", ".join(dict.fromkeys(type(one).__name__ for one in lost))
            fix = "nn.ModuleDict" if isinstance(value, dict) else "nn.ModuleList"
            if all(isinstance(one, Parameter) for one in lost):
                fix = "an attribute for each"
            found.append(
                f"{where} is a plain {type(value).__name__}: what it holds ({kinds}) is not registered, so it is "
                f"neither counted nor trained nor saved; use {fix}"
            )
    return found


def _inside(value: object) -> Iterator[object]:
    """Yield the modules and parameters in a plain container."""
    if isinstance(value, list | tuple | dict):
        for one in value.values() if isinstance(value, dict) else value:
            if isinstance(one, Registry | Parameter):
                yield one
            else:
                yield from _inside(one)
