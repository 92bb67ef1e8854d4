"""`Lambda`: a function as a transform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Lambda:
    """Apply a function to each image. It has no batch form: data sets read sample by sample.

    Args:
        lambd: a function of an image.

    Raises:
        TypeError: it cannot be called.
    """

    batched = False

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Lambda: expected a function, got {type(lambd).__name__}")
        self.lambd = lambd

    def __call__(self, image: Any) -> Any:
        """Return what the function makes of the image."""
        return self.lambd(image)

    def __repr__(self) -> str:
        return "Lambda()"
