"""`evaluating`: a model in evaluation mode for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tinygrad_cnn.autograd import no_grad
from tinygrad_cnn.nn import Module


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
