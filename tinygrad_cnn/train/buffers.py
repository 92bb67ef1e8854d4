"""`KeptBuffers`: the buffers of a model as they were before a step, to go back to if the step is refused."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import versions
from tinygrad_cnn.nn import Module
from tinygrad_cnn.tensor import Tensor

_SMALL = 2**16
"""Bytes of a buffer that is copied before every step; larger ones are when a write to them was noted since."""


class KeptBuffers:
    """Copies of the buffers of a model: running statistics, which a step moves on before anything is known of it.

    Args:
        model: whose modules are looked through now.
    """

    def __init__(self, model: Module) -> None:
        self._modules = [module for module in model.modules() if module._buffers]
        self._kept: dict[tuple[Module, str], tuple[Tensor, Array, Array, int]] = {}

    def keep(self) -> None:
        """Copy what may have changed since the last call."""
        for module in self._modules:
            for name, buffer in module._buffers.items():
                if buffer is None:
                    continue
                array, count = buffer.array, versions.version(buffer.array)
                before = self._kept.get((module, name))
                if before is None or before[0] is not buffer or before[1] is not array:
                    self._kept[module, name] = buffer, array, array.copy(), count
                elif array.nbytes <= _SMALL or before[3] != count:
                    np.copyto(before[2], array)
                    self._kept[module, name] = buffer, array, before[2], count

    def restore(self) -> None:
        """Put the buffers back to what they were at the last `keep`."""
        for (module, name), (buffer, array, values, _) in self._kept.items():
            np.copyto(array, values)
            versions.record_write(array)
            buffer.array = array
            module._buffers[name] = buffer
