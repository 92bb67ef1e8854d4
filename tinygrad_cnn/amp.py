"""Mixed precision, disabled: scripts that use `autocast` and `GradScaler` run, and tensors keep their dtype.

Half precision saves time only on a GPU. PyTorch disables both with a warning where there is none, and so does this
module.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Loss = TypeVar("Loss")


class _HasStep(Protocol[P, R_co]):
    def step(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


class autocast:  # noqa: N801 - PyTorch's name
    """A context manager and decorator that changes nothing: operations keep the dtype of their tensors.

    Args:
        device_type: "cuda", "cpu" and the like.
        dtype: not used.
        enabled: whether mixed precision is requested; a warning then says that it is disabled.
        cache_enabled: not used.
    """

    def __init__(
        self, device_type: str, dtype: object = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        self.device, self.fast_dtype = device_type, dtype
        if enabled:
            _warn(
                f"autocast({device_type!r}): tinygrad_cnn has no mixed precision. Disabling: tensors keep their dtype"
            )

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exception: object) -> None:
        return None

    def __call__(self, func: Callable[P, R]) -> Callable[P, R]:
        """Return a function that does what `func` does."""

        @functools.wraps(func)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            return func(*args, **kwargs)

        return call


class GradScaler:
    """PyTorch's scaler of losses, disabled: `scale` returns what it is given and `step` calls the optimizer.

    Args:
        device: "cuda", "cpu" and the like.
        init_scale: not used, like the next three.
        growth_factor: not used.
        backoff_factor: not used.
        growth_interval: not used.
        enabled: whether scaling is requested; a warning then says that it is disabled.
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        if enabled:
            _warn(f"GradScaler({device!r}): tinygrad_cnn has no mixed precision. Disabling: losses are not scaled")

    def scale(self, outputs: Loss) -> Loss:
        """Return `outputs`, a loss or several."""
        return outputs

    def unscale_(self, optimizer: object) -> None:
        """Do nothing: the gradients of `optimizer` are not scaled."""

    def step(self, optimizer: _HasStep[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return ``optimizer.step(*args, **kwargs)``."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: float | None = None) -> None:
        """Do nothing."""

    def get_scale(self) -> float:
        """Return 1."""
        return 1.0

    def is_enabled(self) -> bool:
        """Return False."""
        return False

    def state_dict(self) -> dict[str, object]:
        """Return {}, as PyTorch's disabled scaler does."""
        return {}

    def load_state_dict(self, state_dict: dict[str, object]) -> None:
        """Do nothing: there is no scale to set."""


def _warn(text: str) -> None:
    warnings.warn(text + ".", UserWarning, stacklevel=3)


__all__ = ["GradScaler", "autocast"]
