"""Parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from tinygrad_cnn import ops
from tinygrad_cnn.tensor import Tensor


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Return the elements of all parameters, one after the other, as a vector; gradients flow back into each."""
    return ops.cat([ops.reshape(p, (-1,)) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Copy the elements of `vec` into the parameters, in the order of `parameters_to_vector`; this is not recorded.

    Raises:
        TypeError: `vec` is not a tensor.
        ValueError: `vec` does not have as many elements as the parameters together; nothing was changed.
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters: expected vec as a tensor, got {type(vec).__name__}")
    targets = list(parameters)
    wanted = sum(p.numel() for p in targets)
    if vec.shape != (wanted,):
        raise ValueError(f"vector_to_parameters: expected vec ({wanted},), got {vec.shape}")
    for p, values in zip(targets, vec.detach().split([p.numel() for p in targets]), strict=True):
        p.data.copy_(values.reshape(p.shape))
