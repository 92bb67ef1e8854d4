"""`Dropout` and `Dropout2d`: random zeros in training mode, no change in evaluation mode."""

from __future__ import annotations

from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.tensor import Tensor

__all__ = ["Dropout", "Dropout2d"]


class _Dropout(Module):
    """Base of the dropout layers: their arguments."""

    _settings = ("p", "inplace")

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"{type(self).__name__}: expected p in [0, 1], got {p}")
        self.p, self.inplace = p, inplace


class Dropout(_Dropout):
    """In training mode zero each element with probability `p` and multiply the rest by 1 / (1 − p).

    Args:
        p: the probability, in [0, 1].
        inplace: overwrite the input.

    Raises:
        ValueError: `p` is out of range.

    Ref: Srivastava et al., "Dropout", JMLR 15, 2014.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with random zeros; in evaluation mode, the input itself."""
        return functional.dropout(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """In training mode zero each channel of each image with probability `p` and multiply the rest by 1 / (1 − p).

    Args:
        p: the probability, in [0, 1].
        inplace: overwrite the input.

    Shape:
        (N, C, H, W) → the same.

    Raises:
        ValueError: `p` is out of range.

    Ref: Tompson et al., "Efficient Object Localization Using Convolutional Networks", 2015, section 3.2.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with random channels set to zero; in evaluation mode, the input itself."""
        return functional.dropout2d(input, self.p, self.training, self.inplace)
