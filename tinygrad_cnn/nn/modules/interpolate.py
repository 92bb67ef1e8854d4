"""`Upsample`, which resizes, and `PixelShuffle` and `PixelUnshuffle`, which move channels into pixels and back."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.functional.interpolate import check_mode
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.tensor import Tensor

__all__ = ["PixelShuffle", "PixelUnshuffle", "Upsample"]


class Upsample(Module):
    """Resize sequences or images; arguments as for `functional.interpolate`.

    Args:
        size: length, or height and width, of the result; one number stands for all axes.
        scale_factor: output size / input size, instead of `size`.
        mode: "nearest"; "linear" for sequences, "bilinear" for images.
        align_corners: align the centres of the corner pixels rather than their outer borders; None for "nearest".
        recompute_scale_factor: compute the scale from the rounded sizes instead of using `scale_factor` itself.

    Shape:
        (N, C, H, W) → (N, C, OH, OW); or one axis fewer or more.

    Raises:
        NotImplementedError: `mode` is unknown.
    """

    def __init__(
        self,
        size: int | Sequence[int] | None = None,
        scale_factor: float | Sequence[float] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        check_mode("Upsample", mode)
        self.size = size
        self.scale_factor: float | tuple[float, ...] | None
        if isinstance(scale_factor, Sequence):
            self.scale_factor = tuple(map(float, scale_factor))
        else:
            self.scale_factor = None if scale_factor is None else float(scale_factor)
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Return the resized input."""
        return functional.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    @override
    def extra_repr(self) -> str:
        """Return the scale or the size, and the mode."""
        what = f"size={self.size}" if self.scale_factor is None else f"scale_factor={self.scale_factor}"
        return f"{what}, mode={self.mode!r}"


class PixelShuffle(Module):
    """Move channels into pixels; see `functional.pixel_shuffle`.

    Args:
        upscale_factor: r.

    Shape:
        (..., C·r², H, W) → (..., C, H·r, W·r).
    """

    _settings = ("upscale_factor",)

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Return larger images of fewer channels."""
        return functional.pixel_shuffle(input, self.upscale_factor)


class PixelUnshuffle(Module):
    """Move pixels into channels: the inverse of `PixelShuffle`.

    Args:
        downscale_factor: r.

    Shape:
        (..., C, H·r, W·r) → (..., C·r², H, W).
    """

    _settings = ("downscale_factor",)

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Return smaller images of more channels."""
        return functional.pixel_unshuffle(input, self.downscale_factor)
