"""`ToPILImage`: a tensor or an array becomes a PIL image."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.data.pictures import pillow
from tinygrad_cnn.tensor import Tensor

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


class ToPILImage:
    """Make a PIL image of a tensor (C, H, W) or (H, W), or of an array (H, W, C) or (H, W).

    uint8 is taken as it is. A tensor of a floating dtype is taken to be from 0 to 1: ⌊255·x⌋, as torchvision does. It
    has no batch form: data sets read sample by sample.

    Args:
        mode: Pillow's; by the number of channels, L, LA, RGB or RGBA, if None.

    Raises:
        ModuleNotFoundError: when called: Pillow is not installed; the message names the extra.
        TypeError: when called: no tensor or array, or a dtype that pictures do not have.
        ValueError: when called: other axes, more than 4 channels, or a mode of another number of channels.
    """

    batched = False

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, pic: Any) -> Any:
        """Return the PIL image."""
        image = pillow("ToPILImage")
        if not isinstance(pic, Tensor | np.ndarray):
            raise TypeError(f"ToPILImage: expected a tensor or an array, got {type(pic).__name__}")
        if pic.ndim not in {2, 3}:
            raise ValueError(f"ToPILImage: expected an image of 2 or 3 axes, got shape {tuple(pic.shape)}")
        pixels = _pixels(pic)
        channels = pixels.shape[2] if pixels.ndim == 3 else 1
        if channels not in _MODES:
            raise ValueError(f"ToPILImage: expected 1 to 4 channels, got {channels} (shape {tuple(pic.shape)})")
        if pixels.dtype != np.uint8:
            raise TypeError(f"ToPILImage: expected uint8, or a tensor of floats from 0 to 1, got {pic.dtype}")
        found = image.fromarray(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels)
        if self.mode is None or self.mode == found.mode:
            return found
        if len(image.new(self.mode, (1, 1)).getbands()) != channels:
            raise ValueError(f"ToPILImage: expected a mode of {channels} channels, got {self.mode!r}")
        return image.frombytes(self.mode, found.size, found.tobytes())

    def __repr__(self) -> str:
        return "ToPILImage()" if self.mode is None else f"ToPILImage(mode={self.mode})"


def _pixels(pic: Tensor | Array) -> Array:
    """Return an image as (H, W) or (H, W, C), floats of a tensor as uint8."""
    if isinstance(pic, np.ndarray):
        return np.ascontiguousarray(pic)
    planes = pic.detach().numpy()
    if planes.dtype.kind == "f":
        planes = (planes * 255).clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.moveaxis(planes, 0, -1) if planes.ndim == 3 else planes)
