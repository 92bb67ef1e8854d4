"""`LayerNorm`, `GroupNorm`, `LocalResponseNorm`: normalisation of single examples, also in training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy.typing as npt

from tinygrad_cnn._checks import normalize_shape
from tinygrad_cnn._types import Shape
from tinygrad_cnn.creation import empty
from tinygrad_cnn.device import DeviceLike
from tinygrad_cnn.nn import functional, init
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.nn.parameter import Parameter
from tinygrad_cnn.tensor import Tensor

__all__ = ["GroupNorm", "LayerNorm", "LocalResponseNorm"]


class AffineNorm(Module):
    """Base of the normalisations that may end with a learned scale w and shift b."""

    weight: Parameter | None
    bias: Parameter | None

    def _make_affine(
        self, shape: int | Shape, affine: bool, bias: bool, device: DeviceLike, dtype: npt.DTypeLike | None
    ) -> None:
        """Register a weight of `shape` if `affine`, and a bias if both `affine` and `bias`."""
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            self.register_parameter(name, Parameter(empty(shape, dtype=dtype, device=device)) if wanted else None)

    def reset_parameters(self) -> None:
        """Set weight to 1 and bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class LayerNorm(AffineNorm):
    """Compute y = w · (x − mean) / √(var + eps) + b with the mean and biased variance over the last axes.

    Args:
        normalized_shape: the sizes of the axes to normalise over; one number for the last axis.
        eps: added to the variance.
        elementwise_affine: whether to have w and b, which start as 1 and 0.
        bias: whether to have b, if there is w.
        device: the CPU.
        dtype: the dtype of the parameters; the default dtype by default.

    Shape:
        (..., *normalized_shape) → the same; parameters (*normalized_shape,).

    Raises:
        ValueError: there are no axes to normalise over.

    Ref: Ba, Kiros, Hinton, "Layer Normalization", 2016.
    """

    _sizes = ("normalized_shape",)
    _settings = ("eps", "elementwise_affine", "bias")

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: DeviceLike = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = normalize_shape("LayerNorm", (normalized_shape,))
        if not self.normalized_shape:
            raise ValueError("LayerNorm: expected normalized_shape with at least one size, got ()")
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self._make_affine(self.normalized_shape, elementwise_affine, bias, device, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input."""
        return functional.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)


class GroupNorm(AffineNorm):
    """Compute y = w · (x − mean) / √(var + eps) + b with mean and biased variance over groups of channels of an image.

    Args:
        num_groups: how many groups the channels are split into.
        num_channels: C.
        eps: added to the variance.
        affine: whether to have w and b, which start as 1 and 0.
        device: the CPU.
        dtype: the dtype of the parameters; the default dtype by default.
        bias: whether to have b, if there is w.

    Shape:
        (N, C, ...) → the same; parameters (C,).

    Raises:
        ValueError: `num_groups` does not divide `num_channels`.

    Ref: Wu, He, "Group Normalization", 2018.
    """

    _sizes = ("num_groups", "num_channels")
    _settings = ("eps", "affine", "bias")

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: DeviceLike = None,
        dtype: npt.DTypeLike | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_groups < 1 or num_channels < 1 or num_channels % num_groups:
            raise ValueError(
                f"GroupNorm: expected num_groups ≥ 1 that divides num_channels={num_channels}, got {num_groups}"
            )
        self.num_groups, self.num_channels = num_groups, num_channels
        self.eps, self.affine = eps, affine
        self._make_affine(num_channels, affine, bias, device, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input."""
        return functional.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)


class LocalResponseNorm(Module):
    """Compute y[c] = x[c] / (k + alpha · mean of x² over the `size` channels around c)^beta.

    Args:
        size: the number of channels in each mean; channels before the first and after the last count as 0.
        alpha: the factor of the mean.
        beta: the exponent.
        k: the constant added to the mean.

    Shape:
        (N, C, ...) → the same.

    Ref: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012, 3.3.
    """

    _sizes = ("size",)
    _settings = ("alpha", "beta", "k")

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input."""
        return functional.local_response_norm(input, self.size, self.alpha, self.beta, self.k)
