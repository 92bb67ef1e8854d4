"""`Normalize`: channels of mean 0 and standard deviation 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.data.transforms.base import Transform
from tinygrad_cnn.data.transforms.layout import is_pil
from tinygrad_cnn.tensor import Tensor


class Normalize(Transform):
    """Subtract from each channel its mean and divide by its standard deviation.

        y[c] = (x[c] − mean[c]) / std[c]

    A tensor that requires a gradient stays on the tape.

    Args:
        mean: of each channel, or one number for all.
        std: of each channel, or one number for all; not 0.
        inplace: change a tensor or array given, and return that.

    Raises:
        ValueError: a standard deviation is 0, or the numbers are not as many as the channels of an image.
        TypeError: when called: an image that is not of a floating dtype; `ToTensor` makes one.
    """

    def __init__(self, mean: float | Sequence[float], std: float | Sequence[float], inplace: bool = False) -> None:
        self.mean, self.std, self.inplace = mean, std, inplace
        self._mean, self._std = (np.atleast_1d(np.asarray(values, np.float64)) for values in (mean, std))
        if self._mean.ndim != 1 or self._std.ndim != 1 or not self._mean.size or not self._std.size:
            raise ValueError(f"Normalize: expected mean and std as numbers, one for each channel, got {mean}, {std}")
        if not (self._std != 0).all():
            raise ValueError(f"Normalize: expected std without 0, which would be divided by, got {std}")

    def __call__(self, image: Any) -> Any:
        """Return the normalised image, in the form in which it came; `inplace`, the same one."""
        if is_pil(image):
            raise TypeError("Normalize: expected a tensor or array, got a PIL image; use ToTensor first")
        taped = isinstance(image, Tensor) and image.requires_grad
        if not self.inplace and not taped:
            return super().__call__(image)
        mean, std = self._numbers(image, -3)
        if taped and not self.inplace:
            return (image - Tensor(mean)) / Tensor(std)
        if isinstance(image, Tensor):
            image.sub_(from_numpy(mean)).div_(from_numpy(std))
        else:
            np.divide(np.subtract(image, mean, out=image), std, out=image)
        return image

    def batch(self, images: Array) -> Array:
        """Return the normalised images, (N, C, H, W)."""
        mean, std = self._numbers(images, 1)
        result = np.subtract(images, mean)
        return np.divide(result, std, out=result)

    def _numbers(self, image: Any, axis: int) -> tuple[Array, Array]:
        """Return mean and std, (C, 1, 1) in the dtype of an image whose channels are along `axis`."""
        if image.dtype not in (np.float16, np.float32, np.float64):
            raise TypeError(f"Normalize: expected an image of a floating dtype, got {image.dtype}; use ToTensor first")
        channels = image.shape[axis] if len(image.shape) > 2 else 1
        for name, values in (("mean", self._mean), ("std", self._std)):
            if len(values) not in {1, channels}:
                count = "1 channel" if channels == 1 else f"{channels} channels"
                grey = "; Grayscale(num_output_channels=3) before it makes a grey image have three"
                raise ValueError(
                    f"Normalize: expected {name} as one number, or one for each channel, for an image of {count} "
                    f"(shape {tuple(image.shape)}), got {len(values)} numbers{grey if channels == 1 else ''}"
                )
        mean, std = (values.astype(image.dtype).reshape(-1, 1, 1) for values in (self._mean, self._std))
        if (std == 0).any():
            raise ValueError(f"Normalize: expected std that is not 0 as {image.dtype}, got {self.std}")
        return mean, std

    def __repr__(self) -> str:
        return f"Normalize(mean={self.mean}, std={self.std})"
