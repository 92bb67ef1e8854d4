"""`Compose`, `RandomApply` and `Lambda`: transforms made of other transforms and functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

import numpy as np
from typing_extensions import TypeIs

from tinygrad_cnn._types import Array
from tinygrad_cnn.data._types import Function, Sample
from tinygrad_cnn.data.seeding import current_generator
from tinygrad_cnn.data.transforms.base import probability


class BatchTransform(Protocol):
    """A transform with a batch form."""

    def batch(self, images: Array) -> Array:
        """Return the transformed images, (N, C, H, W)."""


def is_batched(transform: object) -> TypeIs[BatchTransform]:
    """Return whether `transform` can transform whole batches."""
    return bool(getattr(transform, "batched", False))


class Compose:
    """Apply transforms in order.

    Args:
        transforms: transforms, or any functions of an image.

    Raises:
        TypeError: a transform cannot be called.

    Example:
        >>> Compose([RandomCrop(32, padding=4), RandomHorizontalFlip(), ToTensor()])
    """

    def __init__(self, transforms: Sequence[Function]) -> None:
        for i, transform in enumerate(transforms):
            if not callable(transform):
                raise TypeError(f"Compose: expected functions of an image, got {transform!r} at {i}")
        self.transforms = transforms

    @property
    def batched(self) -> bool:
        """Whether every transform has a batch form."""
        return all(map(is_batched, self.transforms))

    def __call__(self, image: Sample) -> Sample:
        """Return the image after all transforms."""
        for transform in self.transforms:
            image = transform(image)
        return image

    def batch(self, images: Array) -> Array:
        """Return images (N, C, H, W) after all transforms; only if `batched` is true."""
        for transform in cast("Sequence[BatchTransform]", self.transforms):
            images = transform.batch(images)
        return images

    def __repr__(self) -> str:
        return self._repr("")

    def _repr(self, first: str) -> str:
        lines = [f"    {transform!r}".replace("\n", "\n    ") for transform in self.transforms]
        return "\n".join([f"{type(self).__name__}({first}", *lines, ")"])


class RandomApply(Compose):
    """Apply all transforms, in order, with probability `p`, or none of them.

    Args:
        transforms: transforms, or any functions of an image. To transform whole batches they must keep the shape.
        p: the probability, from 0 to 1.

    Raises:
        TypeError: a transform cannot be called.
        ValueError: `p` is not a probability; when called with a batch: the transforms change the shape.
    """

    def __init__(self, transforms: Sequence[Function], p: float = 0.5) -> None:
        super().__init__(transforms)
        self.p = probability("RandomApply", p)

    def __call__(self, image: Sample) -> Sample:
        """Return the image, transformed or unchanged."""
        return super().__call__(image) if current_generator().random() < self.p else image

    def batch(self, images: Array) -> Array:
        """Return the images (N, C, H, W), some of them transformed."""
        chosen = current_generator().random(len(images)) < self.p
        if not chosen.any():
            return images
        changed = super().batch(images[chosen])
        if (changed.shape[1:], changed.dtype) != (images.shape[1:], images.dtype):
            raise ValueError(
                f"RandomApply: expected transforms that keep shape and dtype, {images.dtype} {images.shape[1:]}, got "
                f"{changed.dtype} {changed.shape[1:]} for some of the images"
            )
        result = np.array(images)
        result[chosen] = changed
        return result

    def __repr__(self) -> str:
        return self._repr(f"\n    p={self.p}")


class Lambda:
    """Apply a function to each image. It has no batch form, so data sets read sample by sample.

    Args:
        lambd: a function of an image.

    Raises:
        TypeError: `lambd` cannot be called.
    """

    batched = False

    def __init__(self, lambd: Function) -> None:
        if not callable(lambd):
            raise TypeError(f"Lambda: expected a function, got {type(lambd).__name__}")
        self.lambd = lambd

    def __call__(self, image: Sample) -> Sample:
        """Return ``lambd(image)``."""
        return self.lambd(image)

    def __repr__(self) -> str:
        return "Lambda()"
