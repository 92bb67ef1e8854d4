"""What the tensors at the rim of a graph are called, what they are there for, and which module they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tinygrad_cnn.autograd import Constant, Node, Scope, Variable
from tinygrad_cnn.graph.families import family
from tinygrad_cnn.graph.model import Role
from tinygrad_cnn.graph.text import number_text


class Named(NamedTuple):
    """The name of a tensor within `scope`, or of one that belongs to no module."""

    role: Role
    name: str
    scope: Scope | None


class Names:
    """Names given by the user, and those that the modules still alive give their parameters.

    Args:
        params: a module, or a mapping from names to tensors.
        inputs: a mapping from names to tensors.
    """

    def __init__(self, params: object = None, inputs: Mapping[str, Any] | None = None) -> None:
        self._tensors: dict[int, Variable] = {}
        self._params = self._read("params", {} if params is None else params)
        self._inputs = self._read("inputs", {} if inputs is None else inputs)
        self._guess = inputs is None
        self._owned: dict[int, tuple[object, dict[int, str]]] = {}  # the owner too, so that its id stays its own

    def _read(self, argument: str, given: Any) -> dict[int, str]:
        if isinstance(given, Mapping):
            pairs = given.items()
        elif argument == "params" and callable(getattr(given, "named_parameters", None)):
            pairs = given.named_parameters()
        else:
            wanted = "a module or a mapping" if argument == "params" else "a mapping"
            raise TypeError(f"draw: expected {argument} as {wanted} from names to tensors, got {type(given).__name__}")
        names: dict[int, str] = {}
        for name, tensor in pairs:
            if not isinstance(tensor, Variable):
                raise TypeError(f"draw: expected a tensor as {argument}[{name!r}], got {type(tensor).__name__}")
            names[self._key(tensor)] = str(name)
        return names

    def _key(self, tensor: Variable) -> int:
        """Return the identity of what stands for `tensor` in the graph, and hold on to it while the names live."""
        stand_in = tensor._node if isinstance(tensor._node, Constant) else tensor
        self._tensors[id(stand_in)] = tensor
        return id(stand_in)

    def tensor(self, source: Variable | Constant) -> Variable | None:
        """Return the tensor that `source` stands for, if it is known."""
        return source if isinstance(source, Variable) else self._tensors.get(id(source))

    def find(self, source: Variable | Constant, user: Node, i: int) -> Named:
        """Return what to call `source`, which the operation `user` takes as its argument `i`."""
        if isinstance(source, Constant) and source.number is not None:
            return Named("number", number_text(source.number), user.scope)
        key = id(source)
        kind = family(user.op)
        beside = user.scope if kind == "loss" and i > 0 else None  # a target is drawn beside its loss
        if key in self._inputs:
            return Named("input", self._inputs[key], beside)
        if key in self._params:
            return _within(self._params[key], user.scope)
        for scope in reversed(user.scope.chain if user.scope is not None else ()):
            name = self._parameters_of(scope).get(key)
            if name is not None:
                return Named("parameter", name, scope)
        fed = i == 0 and kind != "elementwise"
        if isinstance(source, Variable):
            return Named("leaf", "leaf", None if fed else user.scope)
        if self._guess and (fed or (kind == "loss" and i == 1)):
            return Named("input", "input" if fed else "target", beside)
        return Named("constant", "constant", None if fed else user.scope)

    def _parameters_of(self, scope: Scope) -> dict[int, str]:
        owner: Any = scope.owner
        if not callable(getattr(owner, "named_parameters", None)):
            return {}
        known = self._owned.get(id(owner))
        if known is None:
            pairs = owner.named_parameters()
            known = self._owned[id(owner)] = (owner, {self._key(tensor): name for name, tensor in pairs})
        return known[1]


def _within(name: str, scope: Scope | None) -> Named:
    """Return `name` shortened by the path of the deepest module around its use that it begins with."""
    for around in reversed(scope.chain if scope is not None else ()):
        for path in (around.path, _full_path(around)):
            if path and name.startswith(path + "."):
                return Named("parameter", name[len(path) + 1 :], around)
    return Named("parameter", name, scope)


def _full_path(scope: Scope) -> str:
    """Return the names joined by dots, the outermost one's included: what a call outside any module has for a path."""
    return ".".join(part.name for part in scope.chain)
