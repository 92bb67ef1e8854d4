"""The gradient of a reshape as one call of NumPy's, without the VJP and the operation that it runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import Node


def reshape_gradients(node: Node, g: object, _wanted: Sequence[bool]) -> list[Array] | None:
    """Return g in the shape of the input; None for a tensor, whose reshape is recorded by the VJP."""
    parent = node.parents[0]
    return [g.reshape(parent.shape)] if isinstance(g, np.ndarray) and parent is not None else None
