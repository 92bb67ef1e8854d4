"""`Optimizer`: groups of parameters, their settings and state, and the loop of a step over them."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, TypeAlias, cast

from tinygrad_cnn._checks import nearest
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import enable_grad, versions
from tinygrad_cnn.creation import full_like
from tinygrad_cnn.optim.checks import check_execution, check_finite, check_number, plain, split_names
from tinygrad_cnn.optim.loading import load
from tinygrad_cnn.tensor import Tensor

Group: TypeAlias = dict[str, Any]
"""A parameter group: "params", the settings, and the values that schedulers store in it."""

State: TypeAlias = dict[str, Any]
"""The state of one parameter: tensors by name, and the number of steps under "step"; also the type of a state_dict."""

StateDict: TypeAlias = Mapping[str, Any]
"""What `load_state_dict` takes."""

ParamsT: TypeAlias = Iterable[Tensor] | Iterable[tuple[str, Tensor]] | Iterable[Group]
"""The parameters of an optimizer: tensors, (name, tensor) pairs, or dicts with "params" and settings of their own."""

_BESIDES = ("param_names", "initial_lr", "max_lr", "min_lr", "max_momentum", "base_momentum")
"""The other keys that a group may have: the names of its parameters, and the values that schedulers store in it."""

_IN_MESSAGES = {"lr": "learning rate", "eps": "epsilon value"}

_EMPTY = (
    "optimizer got an empty parameter list; a module finds the layers in its attributes, in nn.ModuleList and in "
    "nn.ModuleDict, and none in a plain list or dict"
)


group_steps: dict[type[Optimizer], Callable[..., None]] = {}
"""Faster functions that take a step for the parameters of a group that have a gradient.

The key is the class of the optimizer; it does not apply to subclasses. The function takes the optimizer, the
parameters and the group, and does what `Optimizer.step_each` does.
"""


class Optimizer:
    """Base class of the optimizers; a subclass defines in `_update` how one parameter changes.

    Args:
        params: tensors, (name, tensor) pairs as of `Module.named_parameters`, or dicts with "params" (in either
            form) and settings of their own.
        defaults: the settings for groups that do not have their own; a tensor of one element counts as a number.

    Attributes:
        param_groups: dicts with "params", the settings, which may be changed between steps, and "param_names" if the
            parameters came with names.
        state: for each parameter a dict of the values kept between steps; created when it is first looked up.

    Raises:
        TypeError: `params` is not an iterable of tensors, pairs or dicts, or a group has a set, which has no order.
        ValueError: there are no parameters, one is in two groups or not a leaf, only some have names, or a setting is
            out of range.

    Warns:
        UserWarning: a parameter occurs twice in a group, so each step changes it twice.
    """

    nonnegative: ClassVar[tuple[str, ...]] = ()
    """The settings that must be finite numbers ≥ 0."""

    counts_steps: ClassVar[bool] = True
    """Whether the state of a parameter has a "step", the number of the step that is being taken."""

    def __init__(self, params: ParamsT, defaults: Group) -> None:
        if isinstance(params, Tensor | Mapping | str) or not isinstance(params, Iterable):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                f"but got {type(params).__name__}"
            )
        name = type(self).__name__
        self.defaults = {key: plain(name, key, value) for key, value in defaults.items()}
        self.state: defaultdict[object, State] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self._opt_called = False  # schedulers read it
        self._check(self.defaults)
        entries: list[Any] = list(params)
        if not entries:
            raise ValueError(_EMPTY)
        groups = entries if isinstance(entries[0], dict) else [{"params": entries}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: Group) -> None:
        """Add a group of parameters with settings of their own; missing settings get their defaults.

        Other keys, such as "name", stay in the group for the program's own use; a key that looks like a misspelt
        setting is refused.

        Raises:
            TypeError, ValueError: as for the constructor; nothing was added.
        """
        name = type(self).__name__
        if not isinstance(param_group, dict) or "params" not in param_group:
            raise TypeError(f"{name}: expected a parameter group as a dict with 'params', got {param_group!r}")
        for key in param_group:
            own = key in ("params", *_BESIDES, *self.defaults)
            if not own and (meant := nearest(key, self.defaults, cutoff=0.85)):
                raise ValueError(f"{name}: expected settings among {', '.join(self.defaults)}, got {key}{meant}")
        settings = {key: plain(name, key, value) for key, value in param_group.items() if key != "params"}
        group: Group = {**self.defaults, **settings, **split_names(param_group["params"])}
        self._check(group)
        check_execution(name, group)
        params = group["params"]
        if not params:
            raise ValueError(_EMPTY)
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}")
            if not p.is_leaf:
                raise ValueError(f"can't optimize a non-leaf Tensor, of shape {p.shape}; pass what it was made from")
        known = set(self._parameters())
        for other in self.param_groups:
            if ("param_names" in other) != ("param_names" in group):
                raise ValueError(
                    "all optimizer param groups should be with/without names. cannot add param group "
                    f"{'with' if 'param_names' in group else 'without'} names to the optimizer"
                )
        for i, p in enumerate(params):
            if p in known:
                raise ValueError(
                    f"some parameters appear in more than one parameter group, such as number {i}, of shape {p.shape}"
                )
        if len(set(params)) < len(params):
            twice = next(p for p in params if sum(p is q for q in params) > 1)
            warnings.warn(
                f"optimizer contains a parameter group with duplicate parameters, such as one of shape {twice.shape}: "
                "each step changes it more than once",
                stacklevel=4,  # where the optimizer was made
            )
        self.param_groups.append(group)

    def _check(self, settings: Group) -> None:
        """Raise a ValueError if one of `settings` is out of range."""
        for key in self.nonnegative:
            check_number(type(self).__name__, _IN_MESSAGES.get(key, f"{key} value"), settings[key])

    def step(self, closure: Callable[[], Any] | None = None, *, error_if_nonfinite: bool = False) -> Any:
        """Change every parameter that has a gradient, in place and without recording.

        Args:
            closure: a function that computes the loss and its gradients; called first, with recording on.
            error_if_nonfinite: raise, and change nothing, if a gradient holds NaN or an infinity.

        Returns:
            What `closure` returned, or None.

        Raises:
            RuntimeError: a gradient is not finite; the message names the parameter and the first element that is not.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        if error_if_nonfinite:
            check_finite(type(self).__name__, self.param_groups)
        self._opt_called = True
        for group in self.param_groups:
            params = [p for p in group["params"] if p._grad is not None]
            group_steps.get(type(self), Optimizer.step_each)(self, params, group)
        return loss

    def step_each(self, params: list[Tensor], group: Group) -> None:
        """Update `params` one by one; they belong to `group` and have gradients."""
        for p in params:
            state = self.state_of(p, group)
            if self.counts_steps:
                state["step"] += 1
            self._update(p.array, cast(Tensor, p._grad).array, state, group)
            versions.record_write(p.array)

    def initial_state(self, group: Group) -> dict[str, float]:  # noqa: ARG002
        """Return the names of the tensors kept for each parameter, and the value that each is filled with at first."""
        return {}

    def state_of(self, p: Tensor, group: Group) -> State:
        """Return the state of `p`; missing entries are set to their initial values."""
        state = self.state[p]
        if self.counts_steps:
            state.setdefault("step", 0)
        for name, value in self.initial_state(group).items():
            if name not in state:
                state[name] = full_like(p, value)
        return state

    def _update(self, p: Array, g: Array, state: State, group: Group) -> None:
        """Change the parameter `p` in place by its gradient `g`; `g` itself must not change."""
        raise NotImplementedError(f"{type(self).__name__} does not define _update")

    @staticmethod
    def _penalized(p: Array, g: Array, group: Group) -> Array:
        """Return d = g + weight_decay · p, or weight_decay · p − g if maximizing.

        A decoupled weight decay is not part of the gradient, so it is not added.
        """
        decay = 0 if group.get("decoupled_weight_decay") else group["weight_decay"]
        d = -g if group["maximize"] else g
        return decay * p + d if decay else d

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or fill them with zeros if `set_to_none` is False."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p._grad = None
                elif p.grad is not None:
                    p.grad = p.grad.detach().zero_()

    def state_dict(self) -> State:
        """Return the settings, and the state of each parameter by its number; the tensors are not copied."""
        numbers = {p: i for i, p in enumerate(self._parameters())}
        return {
            "state": {
                numbers[key] if isinstance(key, Tensor) else key: dict(entry) if isinstance(entry, dict) else entry
                for key, entry in self.state.items()
            },
            "param_groups": [{**group, "params": [numbers[p] for p in group["params"]]} for group in self.param_groups],
        }

    def _parameters(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def load_state_dict(self, state_dict: StateDict) -> None:
        """Copy settings and state from `state_dict`, which an optimizer of the same class returned.

        Parameters that have names on both sides are matched by name within their group, others by position. Groups get
        all keys of the loaded groups.

        Raises:
            ValueError: the state is that of another kind of optimizer; or the groups, the names of their parameters, or
                the shapes do not fit. Nothing was changed.
        """
        self.param_groups, self.state = load(self, state_dict)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines += [""] * (i > 0) + [f"Parameter Group {i}"]
            lines += [f"    {key}: {value}" for key, value in sorted(group.items()) if key != "params"]
        return "\n".join([*lines, ")"])
