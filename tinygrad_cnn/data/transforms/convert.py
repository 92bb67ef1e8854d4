"""`ToTensor`, `ToPILImage` and `Normalize`: conversions between image types and ranges of values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tinygrad_cnn._dtypes import get_default_dtype
from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.data._types import Sample
from tinygrad_cnn.data.image_files import pillow
from tinygrad_cnn.data.transforms.base import Transform, is_pil, pil_from_pixels
from tinygrad_cnn.tensor import Tensor

if TYPE_CHECKING:
    from PIL.Image import Image as PILImage


class ToTensor(Transform):
    """Convert a PIL image or an array (H, W) or (H, W, C) to a tensor (C, H, W).

    uint8, and a PIL image of mode 1, becomes the default dtype (float32) from 0 to 1, divided by 255; other dtypes and
    their values are kept. An array with four axes is already a batch (N, C, H, W) and keeps its axes.

    Raises:
        TypeError: when called: neither a PIL image nor an array.
        ValueError: when called: an array does not have 2, 3 or 4 axes.
    """

    def __call__(self, image: object) -> Tensor:
        """Return the image as a tensor."""
        if is_pil(image):
            image = np.asarray(image.convert("L") if image.mode == "1" else image)
        if not isinstance(image, np.ndarray):
            raise TypeError(f"ToTensor: expected a PIL image or an array, got {type(image).__name__}")
        if image.ndim not in {2, 3, 4}:
            raise ValueError(f"ToTensor: expected (H, W), (H, W, C) or (N, C, H, W), got shape {image.shape}")
        if image.ndim == 2:
            image = image[np.newaxis]
        elif image.ndim == 3:
            image = np.moveaxis(image, -1, 0)
        return from_numpy(self.batch(image))

    def batch(self, images: Array) -> Array:
        """Return the images, (N, C, H, W); uint8 in the default dtype from 0 to 1."""
        if images.dtype == np.uint8:
            return np.divide(images, get_default_dtype().type(255), order="C")
        return np.array(images, order="C")


class ToPILImage:
    """Convert a tensor (C, H, W) or (H, W), or an array (H, W, C) or (H, W), to a PIL image.

    uint8 is kept unchanged. A tensor of a floating dtype must be from 0 to 1 and becomes ⌊255·x⌋, as in torchvision.
    There is no batch form, so data sets read sample by sample.

    Args:
        mode: Pillow's mode; if None, the number of channels decides: L, LA, RGB or RGBA.

    Raises:
        ModuleNotFoundError: when called: Pillow is not installed; the message names the extra.
        TypeError: when called: neither a tensor nor an array, or a dtype that images cannot have.
        ValueError: when called: a wrong number of axes, more than 4 channels, or a mode with a different number.
    """

    batched = False

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, pic: object) -> PILImage:
        """Return the PIL image."""
        pil = pillow("ToPILImage")
        if not isinstance(pic, Tensor | np.ndarray):
            raise TypeError(f"ToPILImage: expected a tensor or an array, got {type(pic).__name__}")
        if pic.ndim not in {2, 3}:
            raise ValueError(f"ToPILImage: expected an image of 2 or 3 axes, got shape {tuple(pic.shape)}")
        pixels = _pixels(pic)
        channels = pixels.shape[2] if pixels.ndim == 3 else 1
        if not 1 <= channels <= 4:
            raise ValueError(f"ToPILImage: expected 1 to 4 channels, got {channels} (shape {tuple(pic.shape)})")
        if pixels.dtype != np.uint8:
            raise TypeError(f"ToPILImage: expected uint8, or a tensor of floats from 0 to 1, got {pic.dtype}")
        image = pil_from_pixels(pixels)
        if self.mode is None or self.mode == image.mode:
            return image
        if len(pil.new(self.mode, (1, 1)).getbands()) != channels:
            raise ValueError(f"ToPILImage: expected a mode of {channels} channels, got {self.mode!r}")
        return pil.frombytes(self.mode, image.size, image.tobytes())

    def __repr__(self) -> str:
        return "ToPILImage()" if self.mode is None else f"ToPILImage(mode={self.mode})"


def _pixels(pic: Tensor | Array) -> Array:
    """Return an image as (H, W) or (H, W, C), a floating tensor as uint8."""
    if isinstance(pic, np.ndarray):
        return np.ascontiguousarray(pic)
    planes = pic.detach().numpy()
    if planes.dtype.kind == "f":
        planes = (planes * 255).clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.moveaxis(planes, 0, -1) if planes.ndim == 3 else planes)


class Normalize(Transform):
    """Subtract each channel's mean and divide by its standard deviation.

        y[c] = (x[c] − mean[c]) / std[c]

    A tensor that requires a gradient stays in the graph.

    Args:
        mean: the mean of each channel, or one number for all.
        std: the standard deviation of each channel, or one number for all; not 0.
        inplace: change the given tensor or array, and return it.

    Raises:
        ValueError: a standard deviation is 0, or there are not as many numbers as channels.
        TypeError: when called: the image is a PIL image, or has no floating dtype.
    """

    _shown = ("mean", "std")

    def __init__(self, mean: float | Sequence[float], std: float | Sequence[float], inplace: bool = False) -> None:
        self.mean, self.std, self.inplace = mean, std, inplace
        self._mean, self._std = (np.atleast_1d(np.asarray(values, np.float64)) for values in (mean, std))
        if self._mean.ndim != 1 or self._std.ndim != 1 or not self._mean.size or not self._std.size:
            raise ValueError(f"Normalize: expected mean and std as numbers, one for each channel, got {mean}, {std}")
        if not (self._std != 0).all():
            raise ValueError(f"Normalize: expected std without 0, which would be divided by, got {std}")

    def __call__(self, image: Sample) -> Sample:
        """Return the normalised image in the format of `image`; if `inplace`, `image` itself."""
        if is_pil(image):
            raise TypeError("Normalize: expected a tensor or array, got a PIL image; use ToTensor first")
        differentiable = isinstance(image, Tensor) and image.requires_grad
        if not (self.inplace or differentiable):
            return super().__call__(image)
        mean, std = self._per_channel(image, -3)
        if isinstance(image, Tensor):
            if not self.inplace:
                return (image - Tensor(mean)) / Tensor(std)
            image.sub_(from_numpy(mean)).div_(from_numpy(std))
        else:
            np.divide(np.subtract(image, mean, out=image), std, out=image)
        return image

    def batch(self, images: Array) -> Array:
        """Return the normalised images, (N, C, H, W)."""
        mean, std = self._per_channel(images, 1)
        result = np.subtract(images, mean)
        return np.divide(result, std, out=result)

    def _per_channel(self, image: Tensor | Array, axis: int) -> tuple[Array, Array]:
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
