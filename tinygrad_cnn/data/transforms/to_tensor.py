"""`ToTensor`: a picture becomes a tensor of planes from 0 to 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn._dtypes import get_default_dtype
from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.data.transforms.base import Transform
from tinygrad_cnn.data.transforms.layout import is_pil
from tinygrad_cnn.tensor import Tensor


class ToTensor(Transform):
    """Make a tensor (C, H, W) of a PIL image or an array (H, W) or (H, W, C).

    uint8 becomes the default dtype (float32) from 0 to 1, divided by 255, and so does a PIL image of mode 1; the values
    of other dtypes stay what they are. An array of four axes is a batch (N, C, H, W) already and keeps its axes.

    Raises:
        TypeError: when called: no PIL image or array.
        ValueError: when called: an array of other than 2, 3 or 4 axes.
    """

    def __call__(self, image: Any) -> Tensor:
        """Return the image as a tensor."""
        if is_pil(image):
            black_and_white = image.mode == "1"
            image = np.asarray(image.convert("L") if black_and_white else image)
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
        """Return the images, (N, C, H, W), in the default dtype from 0 to 1 if they are uint8."""
        if images.dtype == np.uint8:
            return np.divide(images, get_default_dtype().type(255), order="C")
        return np.array(images, order="C")
