"""PyTorch's older import path of `amp` for CUDA: ``cuda.amp.autocast()`` and ``cuda.amp.GradScaler()``."""

from __future__ import annotations

from tinygrad_cnn import amp


class autocast(amp.autocast):  # noqa: N801 - PyTorch's name
    """``amp.autocast("cuda", ...)``: disabled, since there is no GPU."""

    def __init__(self, enabled: bool = True, dtype: object = None, cache_enabled: bool = True) -> None:
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """``amp.GradScaler("cuda", ...)``: disabled, since there is no GPU."""

    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        super().__init__("cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled)


__all__ = ["GradScaler", "autocast"]
