"""Loading the state of an optimizer: check that it fits, find the entry of each parameter, and merge the settings."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from tinygrad_cnn.creation import as_tensor
from tinygrad_cnn.optim.checks import plain
from tinygrad_cnn.tensor import Tensor

if TYPE_CHECKING:
    from tinygrad_cnn.optim.optimizer import Group, Optimizer, State, StateDict

T = TypeVar("T")

_LATER = ("maximize", "foreach", "fused", "capturable", "differentiable", "decoupled_weight_decay")
"""Settings that older states lack; the optimizer then keeps its own value."""


def load(optimizer: Optimizer, state_dict: StateDict) -> tuple[list[Group], defaultdict[object, State]]:
    """Return the groups and the state that `optimizer` has after loading a copy of `state_dict`.

    Raises:
        ValueError: as for `Optimizer.load_state_dict`.
    """
    name = type(optimizer).__name__
    if not isinstance(state_dict, Mapping) or not {"state", "param_groups"} <= set(state_dict):
        raise ValueError(f"{name}: expected a state dict with 'state' and 'param_groups', got {state_dict!r:.80}")
    given = state_dict["param_groups"]
    if len(given) != len(optimizer.param_groups):
        raise ValueError(
            f"loaded state dict has a different number of parameter groups: expected {len(optimizer.param_groups)}, "
            f"got {len(given)}"
        )
    groups: list[Group] = []
    owners: dict[object, tuple[Tensor, str]] = {}
    for i, (own, new) in enumerate(zip(optimizer.param_groups, given, strict=True)):
        if len(own["params"]) != len(new["params"]):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group: "
                f"expected {len(own['params'])} parameters, got {len(new['params'])} in group {i}"
            )
        _check_kind(name, optimizer.defaults, new)
        kept = {key: own[key] for key in _LATER if key in own}
        taken = {key: copy.deepcopy(plain(name, key, value)) for key, value in new.items() if key != "params"}
        names = own.get("param_names")
        found = {**kept, **taken, "params": own["params"], **({"param_names": names} if names else {})}
        group = {key: found[key] for key in (*own, *found) if key in found}
        optimizer._check(group)
        groups.append(group)
        numbers = new["params"]
        if names and "param_names" in new:
            numbers = numbers_by_name(name, i, names, dict(zip(new["param_names"], numbers, strict=True)))
        for j, (number, p) in enumerate(zip(numbers, own["params"], strict=True)):
            owners[number] = p, f"parameter {j}{f' ({names[j]})' if names else ''} of group {i}"
    state: defaultdict[object, State] = defaultdict(dict)
    for number, entry in state_dict["state"].items():
        if number in owners:
            p, owner = owners[number]
            state[p] = {key: _restored(name, key, value, p, owner) for key, value in entry.items()}
        elif not isinstance(number, int):  # an entry that a subclass added
            state[number] = copy.deepcopy(entry)
    return groups, state


def _check_kind(name: str, defaults: StateDict, new: StateDict) -> None:
    """Raise a ValueError if `group` lacks settings of this optimizer, so that it is of another kind."""
    missing = [key for key in defaults if key not in new and key not in _LATER]
    if missing:
        others = [key for key in new if key not in (*defaults, *_LATER, "params", "param_names")]
        raise ValueError(
            f"{name}: expected the state of a {name}, got that of another kind of optimizer: its groups have no "
            f"{', '.join(missing)}{f', but {few(others)}' if others else ''}"
        )


def numbers_by_name(owner: str, i: int, names: Sequence[str], numbers: Mapping[str, T]) -> list[T]:
    """Return the numbers of the parameters of group `i` with these `names` in a saved state.

    Raises:
        ValueError: the state has other names.
    """
    missing = [one for one in names if one not in numbers]
    if missing:
        other = [one for one in numbers if one not in names]
        raise ValueError(f"{owner}: expected in group {i} the state of {few(missing)}, got that of {few(other)}")
    return [numbers[one] for one in names]


def few(names: list[str], most: int = 5) -> str:
    """Return the first `most` names and the number of the remaining ones, for a message."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _restored(optimizer: str, key: str, value: object, p: Tensor, owner: str) -> object:
    """Return a copy of one entry of the state of `p`: tensors in the dtype of `p`, counters unchanged."""
    if not isinstance(value, Tensor | np.ndarray):
        return copy.deepcopy(value)
    array = value.array if isinstance(value, Tensor) else value
    if key == "step":
        return int(array.item())
    if array.shape != p.shape:
        raise ValueError(f"{optimizer}: expected {key} of shape {p.shape}, that of {owner}, got {array.shape}")
    return as_tensor(array.astype(p.dtype))
