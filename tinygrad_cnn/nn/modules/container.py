"""`Sequential`: modules one after the other."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from typing import Any, Self, overload

from tinygrad_cnn.nn.modules.module import Module


class Sequential(Module):
    """Compute y = fₙ(… f₂(f₁(x))).

    Args:
        args: modules, named "0", "1", ...; or one dict of modules by name.

    Example:
        net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten())
        net[0], net[-1], net[:2], len(net)
    """

    @overload
    def __init__(self, *args: Module) -> None: ...
    @overload
    def __init__(self, arg: Mapping[str, Module], /) -> None: ...
    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], Mapping):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            for i, module in enumerate(args):
                self.add_module(str(i), module)

    def forward(self, input: Any) -> Any:
        """Pass `input` through the modules in order."""
        y = input
        for module in self._modules.values():
            if module is not None:
                y = module(y)
        return y

    def append(self, module: Module) -> Self:
        """Add a module at the end, named by its position, and return the container."""
        self.add_module(str(len(self)), module)
        return self

    def _name(self, index: int) -> str:
        names = list(self._modules)
        try:
            return names[operator.index(index)]
        except IndexError:
            raise IndexError(f"Sequential: index {index} is out of range for {len(names)} modules") from None

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Module | Self:
        if isinstance(index, slice):
            chosen: Any = dict(list(self._modules.items())[index])
            return type(self)(chosen)
        return self._modules[self._name(index)]  # type: ignore[return-value]

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._name(index), module)

    def __delitem__(self, index: int | slice) -> None:
        """Remove modules and number the others anew."""
        modules = list(self._modules.values())
        del modules[index]
        self._modules = {str(i): module for i, module in enumerate(modules)}

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter([module for module in self._modules.values() if module is not None])
