"""`evaluating`: a model in evaluation mode for a while; and what it then gives for many inputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tinygrad_cnn.autograd import no_grad
from tinygrad_cnn.nn import Module
from tinygrad_cnn.tensor import Tensor


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """Put `model` into evaluation mode, unrecorded, and each of its modules back into its own mode afterwards."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with no_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def outputs(model: Module, inputs: Tensor | Iterable[Any], batch_size: int) -> list[Tensor]:
    """Return what `model` gives in evaluation mode for each batch.

    Args:
        model: takes a batch.
        inputs: a tensor (N, ...), computed `batch_size` rows at a time; or batches, of which the first part counts if
            they have several.
        batch_size: rows.
    """
    batches: Iterable[Any] = inputs
    if isinstance(inputs, Tensor):
        batches = (inputs[i : i + batch_size] for i in range(0, len(inputs), batch_size))
    with evaluating(model):
        return [model(batch[0] if isinstance(batch, list | tuple) else batch) for batch in batches]
