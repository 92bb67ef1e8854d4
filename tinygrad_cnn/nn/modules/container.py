"""`Sequential`, `ModuleList` and `ModuleDict`: modules that hold modules."""

from __future__ import annotations

import operator
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, Sequence, ValuesView
from itertools import groupby
from typing import Any, Self, cast, overload

from tinygrad_cnn.autograd import Scope, current_scope, pop_scope, push_scope
from tinygrad_cnn.nn.modules.error_context import EXPLAINED, explain
from tinygrad_cnn.nn.modules.module import Module

__all__ = ["ModuleDict", "ModuleList", "Sequential"]


def run_layers(layers: Sequence[tuple[str, Module]], x: Any, scope: Scope, /) -> Any:
    """Return the output of the last of `layers`; each takes the output of the one before, the first takes `x`.

    Each layer runs in a scope with its name within `scope`, so that an error says which layer failed. A layer with
    hooks or a ``__call__`` of its own is called; of all other layers only `forward` runs.
    """
    token = push_scope(scope)  # the scope is current already: popping the token restores it
    layer: Any = None
    try:
        for name, layer in layers:
            if type(layer).__call__ is Module.__call__ and layer._hooks is None:
                push_scope(Scope(name, type(layer).__name__, layer, scope))
                x = layer.forward(x)
            else:
                push_scope(scope)
                x = layer(x)
    except EXPLAINED as error:
        explain(error, layer, (x,))
        raise
    finally:
        pop_scope(token)
    return x


class _ListLike(Module):
    """Base of the containers used like a list; a module without a name is named by its position."""

    def append(self, module: Module) -> Self:
        """Add a module at the end and return the container."""
        return self.extend([module])

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end and return the container."""
        if not isinstance(modules, Iterable):
            raise TypeError(f"{type(self).__name__}.extend: expected modules, got {type(modules).__name__}")
        self._fill([*self._modules.items(), *[("", module) for module in modules]])
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Add a module before the one at `index` and return the container."""
        items = list(self._modules.items())
        items.insert(operator.index(index), ("", module))
        self._fill(items)
        return self

    def pop(self, key: int = -1) -> Module:
        """Remove the module at `key` and return it."""
        module = self[key]
        del self[key]
        return module

    def _fill(self, items: Iterable[tuple[str, Module | None]]) -> None:
        """Replace the content by `items`; an item whose name is a number or empty is named by its position.

        Raises:
            TypeError: an item is not a module; nothing was changed.
        """
        named: dict[str, Module | None] = {}
        for i, (name, module) in enumerate(items):
            if not isinstance(module, Module) and not (module is None and name):
                raise TypeError(f"{type(self).__name__}: {type(module).__name__} is not a Module subclass")
            named[str(i) if not name or name.isdecimal() else name] = module
        self._modules = named

    def _name(self, index: int) -> str:
        names = list(self._modules)
        try:
            return names[operator.index(index)]
        except IndexError:
            raise IndexError(f"{type(self).__name__}: index {index} is out of range for {len(names)} modules") from None

    def _with(self, items: list[tuple[str, Module | None]]) -> Self:
        """Return a new container of this kind that holds `items`."""
        raise NotImplementedError

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Module | Self:
        if isinstance(index, slice):
            return self._with(list(self._modules.items())[index])
        return cast(Module, self._modules[self._name(index)])

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._name(index), module)

    def __delitem__(self, index: int | slice) -> None:
        """Remove modules and renumber the others."""
        items = list(self._modules.items())
        chosen = index if isinstance(index, slice) else list(self._modules).index(self._name(index))
        del items[chosen]
        self._fill(items)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter([module for module in self._modules.values() if module is not None])

    def __iadd__(self, other: Iterable[Module]) -> Self:
        return self.extend(other)

    def __add__(self, other: Iterable[Module]) -> Self:
        if not isinstance(other, Iterable):
            return NotImplemented
        return self._with(list(self._modules.items())).extend(other)


class Sequential(_ListLike):
    """Compute y = fₙ(… f₂(f₁(x))).

    It is used like a list: index, slice, ``del``, ``+``, `append`, `extend`, `insert`, `pop`.

    Args:
        args: modules, which get the names "0", "1", ...; or one dict of modules by name.

    Example:
        net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten())
        net[0], net[-1], net[:2], len(net)
    """

    _run_layers = staticmethod(run_layers)
    """The function with which `forward` runs the layers; it gets their names and the scope of this module."""

    @overload
    def __init__(self, *args: Module) -> None: ...
    @overload
    def __init__(self, arg: Mapping[str, Module], /) -> None: ...
    def __init__(self, *args: Module | Mapping[str, Module]) -> None:
        super().__init__()
        named = args[0] if len(args) == 1 and isinstance(args[0], Mapping) else {str(i): m for i, m in enumerate(args)}
        for name, module in named.items():
            self.add_module(name, cast(Module, module))

    def forward(self, input: Any) -> Any:
        """Pass `input` through the modules in order."""
        layers = [(name, module) for name, module in self._modules.items() if module is not None]
        scope = current_scope()
        if scope is not None and scope._owner() is self:
            return self._run_layers(layers, input, scope)
        y = input
        for _, module in layers:  # `forward` was called directly: there is no scope to name the layers in
            y = module(y)
        return y

    def _with(self, items: list[tuple[str, Module | None]]) -> Self:
        return type(self)(cast("dict[str, Module]", dict(items)))


class ModuleList(_ListLike):
    """Hold modules in a list; the `forward` that you write calls them.

    It is used like a list: index, slice, ``del``, ``+``, ``in``, `append`, `extend`, `insert`, `pop`.

    Args:
        modules: the first modules.

    Example:
        self.blocks = nn.ModuleList(nn.Linear(8, 8) for _ in range(4))
        for block in self.blocks:
            x = x + block(x)
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def _with(self, items: list[tuple[str, Module | None]]) -> Self:
        return type(self)([module for _, module in items if module is not None])

    def __repr__(self) -> str:
        """Return the modules; equal neighbours are shown once: ``(0-3): 4 x Linear(...)``."""
        if not len(self):
            return f"{type(self).__name__}()"
        lines = []
        for text, same in groupby(self._modules.items(), key=lambda item: repr(item[1])):
            names = [name for name, _ in same]
            many = f"({names[0]}-{names[-1]}): {len(names)} x {text}"
            lines.append((many if len(names) > 1 else f"({names[0]}): {text}").replace("\n", "\n  "))
        return f"{type(self).__name__}(\n  " + "\n  ".join(lines) + "\n)"


class ModuleDict(Module):
    """Hold modules in a dict, in the order they were added; the `forward` that you write calls them.

    Args:
        modules: the first modules: a dict, or pairs of name and module.

    Example:
        self.heads = nn.ModuleDict({"digit": nn.Linear(8, 10), "parity": nn.Linear(8, 2)})
        head = self.heads["digit"]
        y = head(x)
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add modules; they replace modules with the same names."""
        if not isinstance(modules, Iterable):
            raise TypeError(f"ModuleDict.update: expected modules by name, got {type(modules).__name__}")
        for pair in modules.items() if isinstance(modules, Mapping | ModuleDict) else modules:
            if len(pair) != 2:
                raise ValueError(f"ModuleDict.update: expected pairs of name and module, got {len(pair)} items")
            self[pair[0]] = pair[1]

    def pop(self, key: str) -> Module:
        """Remove the module called `key` and return it."""
        module = self[key]
        del self[key]
        return module

    def clear(self) -> None:
        """Remove all modules."""
        self._modules.clear()

    def _dict(self) -> dict[str, Module]:
        return cast("dict[str, Module]", self._modules)

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._modules.keys()

    def items(self) -> ItemsView[str, Module]:
        """Return the pairs of name and module."""
        return self._dict().items()

    def values(self) -> ValuesView[Module]:
        """Return the modules."""
        return self._dict().values()

    def __getitem__(self, key: str) -> Module:
        if key not in self._modules:
            raise KeyError(f"ModuleDict: expected one of {', '.join(self._modules) or 'no names'}, got {key!r}")
        return self._dict()[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules
