"""Names and roles of the tensors that no operation of a graph made, and the modules that they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol, runtime_checkable

from tinygrad_cnn.autograd import Constant, Node, Scope, Source, Variable
from tinygrad_cnn.graph.families import family
from tinygrad_cnn.graph.model import Role
from tinygrad_cnn.graph.text import number_text


@runtime_checkable
class HasParameters(Protocol):
    """Anything whose parameters can be listed, such as a module."""

    def named_parameters(self) -> Iterable[tuple[str, Variable]]:
        """Return the parameters with their names."""
        ...


@runtime_checkable
class HasBuffers(Protocol):
    """Anything whose buffers can be listed, such as a module."""

    def named_buffers(self) -> Iterable[tuple[str, Variable]]:
        """Return the buffers with their names."""
        ...


class Named(NamedTuple):
    """The name of a tensor within the module of `scope`; None for a tensor that belongs to no module."""

    role: Role
    name: str
    scope: Scope | None


class Names:
    """Names given by the user, and the names of parameters in modules that are still alive.

    Args:
        params: a module, or a mapping from names to tensors.
        inputs: a mapping from names to tensors.
    """

    def __init__(self, params: object = None, inputs: Mapping[str, object] | None = None) -> None:
        self._tensors: dict[int, Variable] = {}
        self._params = self._read("params", {} if params is None else params)
        self._inputs = self._read("inputs", {} if inputs is None else inputs)
        self._guess = inputs is None
        self._owned: dict[
            int, tuple[object, dict[int, tuple[Role, str]]]
        ] = {}  # the owner too, so that its id stays its own

    def _read(self, argument: str, given: object) -> dict[int, str]:
        pairs: Iterable[tuple[object, object]]
        if isinstance(given, Mapping):
            pairs = given.items()
        elif argument == "params" and isinstance(given, HasParameters):
            pairs = given.named_parameters()
        else:
            wanted = "a module or a mapping" if argument == "params" else "a mapping"
            raise TypeError(f"draw: expected {argument} as {wanted} from names to tensors, got {type(given).__name__}")
        names: dict[int, str] = {}
        for name, tensor in pairs:
            if not isinstance(tensor, Variable):
                raise TypeError(f"draw: expected a tensor as {argument}[{name!r}], got {type(tensor).__name__}")
            names |= dict.fromkeys(self._keys(tensor), str(name))
        return names

    def _keys(self, tensor: Variable) -> list[int]:
        """Return the identities of what may represent `tensor` in a graph, and keep the tensor alive with the names."""
        keys = [id(tensor), *([id(tensor._node)] if isinstance(tensor._node, Constant) else [])]
        self._tensors |= dict.fromkeys(keys, tensor)
        return keys

    def tensor(self, source: Source) -> Variable | None:
        """Return the tensor that `source` represents, if it is known."""
        return source if isinstance(source, Variable) else self._tensors.get(id(source))

    def gradient(self, tensor: Variable) -> str:
        """Return ``∂L/∂name`` if `tensor` is the gradient of a tensor with a name, otherwise nothing."""
        for key, named in self._tensors.items():
            if named._grad is tensor:
                found = self._params.get(key) or self._inputs.get(key)
                owned = (names[key] for _, names in self._owned.values() if key in names)
                return f"∂L/∂{found or next(owned)[1]}"
        return ""

    def find(self, source: Variable | Constant, user: Node, i: int) -> Named:
        """Return the name and role of `source`, which is argument `i` of the operation `user`."""
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
            found = self._owned_by(scope).get(key)
            if found is not None:
                return Named(*found, scope)
        fed = i == 0 and kind != "elementwise"
        if isinstance(source, Variable) and source.requires_grad:
            return Named("leaf", "leaf", None if fed else user.scope)
        if self._guess and (fed or (kind == "loss" and i == 1)):
            return Named("input", "input" if fed else "target", beside)
        return Named("constant", "constant", None if fed else user.scope)

    def _owned_by(self, scope: Scope) -> dict[int, tuple[Role, str]]:
        """Return the roles and names of the parameters and buffers of the module of `scope`."""
        owner = scope.owner
        known = self._owned.get(id(owner))
        if known is None:
            found: dict[int, tuple[Role, str]] = {}
            if isinstance(owner, HasBuffers):
                for name, tensor in owner.named_buffers():
                    found |= dict.fromkeys(self._keys(tensor), ("constant", name))
            if isinstance(owner, HasParameters):
                for name, tensor in owner.named_parameters():
                    found |= dict.fromkeys(self._keys(tensor), ("parameter", name))
            known = self._owned[id(owner)] = owner, found
        return known[1]


def _within(name: str, scope: Scope | None) -> Named:
    """Return `name` without the path of the deepest module around its use, if it begins with that path."""
    for around in reversed(scope.chain if scope is not None else ()):
        full = ".".join(part.name for part in around.chain)  # `path` leaves out the name of the outermost module
        for path in (around.path, full):
            if path and name.startswith(path + "."):
                return Named("parameter", name[len(path) + 1 :], around)
    return Named("parameter", name, scope)
