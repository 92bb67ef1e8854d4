"""`Compose`: one transform after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tinygrad_cnn._types import Array


class Compose:
    """Apply transforms in order.

    Args:
        transforms: transforms, or any functions of an image.

    Raises:
        TypeError: one of them cannot be called.

    Example:
        >>> Compose([RandomCrop(32, padding=4), RandomHorizontalFlip(), ToTensor()])
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        for i, transform in enumerate(transforms):
            if not callable(transform):
                raise TypeError(f"Compose: expected functions of an image, got {transform!r} at {i}")
        self.transforms = transforms

    @property
    def batched(self) -> bool:
        """Whether every transform has a batch form."""
        return all(getattr(transform, "batched", False) for transform in self.transforms)

    def __call__(self, image: Any) -> Any:
        """Return the image after all transforms."""
        for transform in self.transforms:
            image = transform(image)
        return image

    def batch(self, images: Array) -> Array:
        """Return images (N, C, H, W) after all transforms; only where `batched` is true."""
        for transform in self.transforms:
            images = transform.batch(images)  # type: ignore[attr-defined]  # `batched` says so
        return images

    def __repr__(self) -> str:
        lines = [f"    {transform!r}".replace("\n", "\n    ") for transform in self.transforms]
        return "\n".join(["Compose(", *lines, ")"])
