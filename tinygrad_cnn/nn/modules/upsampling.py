"""`Upsample`: resizing; `PixelShuffle` and `PixelUnshuffle`: channels moved into places, and back."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.functional.resize import check_mode
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.tensor import Tensor


class Upsample(Module):
    """Resize sequences or images; arguments as for `functional.interpolate`.

    Args:
        size: length, or height and width, of the result; one number stands for all.
        scale_factor: what to multiply the sizes with, instead of `size`.
        mode: "nearest"; "linear" for sequences, "bilinear" for images.
        align_corners: whether the centres of the corners meet, rather than their borders; None for "nearest".
        recompute_scale_factor: take the scale from the sizes, after rounding, instead of from `scale_factor`.

    Shape:
        (N, C, H, W) → (N, C, OH, OW); or one axis fewer or more.

    Raises:
        NotImplementedError: another `mode`.
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
            self.scale_factor = tuple([float(factor) for factor in scale_factor])
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

    def extra_repr(self) -> str:
        """Return the scale or the size, and the mode."""
        what = f"size={self.size}" if self.scale_factor is None else f"scale_factor={self.scale_factor}"
        return f"{what}, mode={self.mode!r}"


class PixelShuffle(Module):
    """Move channels into places; see `functional.pixel_shuffle`.

    Args:
        upscale_factor: r.

    Shape:
        (..., C·r², H, W) → (..., C, H·r, W·r).
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Return larger images of fewer channels."""
        return functional.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        """Return the factor."""
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Move places into channels: the inverse of `PixelShuffle`.

    Args:
        downscale_factor: r.

    Shape:
        (..., C, H·r, W·r) → (..., C·r², H, W).
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Return smaller images of more channels."""
        return functional.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        """Return the factor."""
        return f"downscale_factor={self.downscale_factor}"
