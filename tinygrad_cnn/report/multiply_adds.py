"""The multiply-adds of an operation: the cost of a network, independent of the machine.

Convolutions, linear maps, matrix products and einsum count one multiply-add for each product in a sum, products with
the zeros of the padding included. Everything else (biases, activations, pooling, normalisation) counts as 0, as is
usual: its cost grows only with the number of elements.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tinygrad_cnn._types import Array


def multiply_adds(op: str, inputs: Sequence[Array], out: Array, attrs: Mapping[str, object]) -> int:
    """Return the multiply-adds of one call of the operation named `op`.

    Args:
        op: its name in the registry.
        inputs: its array inputs.
        out: its result.
        attrs: its static arguments as far as they are known; einsum counts as 0 without its terms.
    """
    if op in ("conv1d", "conv2d"):  # w (O, C/groups, KH, KW): each output element sums over one filter
        return out.size * math.prod(inputs[1].shape[1:])
    if op == "conv_transpose2d":  # w (C, O/groups, KH, KW): each input element meets one filter
        return inputs[0].size * math.prod(inputs[1].shape[1:])
    if op in ("dot", "linear", "matmul", "mv"):
        return out.size * inputs[0].shape[-1]
    if op == "addmm":  # the first input is only added
        return out.size * inputs[1].shape[-1]
    if op == "outer":
        return out.size
    return _einsum(inputs, attrs.get("terms", ())) if op == "einsum" else 0


def _einsum(inputs: Sequence[Array], terms: object) -> int:
    """Return the number of terms in the sum over all letters at once, of two operands or more."""
    assert isinstance(terms, Sequence)
    sizes = {letter: n for term, x in zip(terms, inputs, strict=False) for letter, n in zip(term, x.shape, strict=True)}
    return math.prod(sizes.values()) if len(terms) > 1 else 0
