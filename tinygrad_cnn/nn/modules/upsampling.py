"""`Upsample`: resizing by nearest neighbour."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.tensor import Tensor


class Upsample(Module):
    """Resize sequences or images by copying; arguments as for `functional.interpolate`.

    Args:
        size: length, or height and width, of the result; one number stands for all.
        scale_factor: what to multiply the sizes with, instead of `size`.
        mode: "nearest".
        align_corners: must be None, as "nearest" has no corners to align.
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
        if mode != "nearest":
            raise NotImplementedError(f"Upsample: expected mode 'nearest', the only one there is, got {mode!r}")
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
