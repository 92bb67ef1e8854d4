"""`Identity`: a layer that does nothing."""

from __future__ import annotations

from typing import Any

from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.tensor import Tensor


class Identity(Module):
    """Return the input; to take the place of a layer that is left out. All arguments are ignored."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """Return the input itself."""
        return input
