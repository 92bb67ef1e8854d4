"""The kinds of work that operations do: a picture gives each its colour."""

from __future__ import annotations

from tinygrad_cnn.autograd import Operation

FAMILIES = {
    "conv": "convolution",
    "pool": "pooling",
    "adaptive": "pooling",
    "activation": "activation",
    "matmul": "matmul",
    "vector": "matmul",
    "einsum": "matmul",
    "shape": "shape",
    "indexing": "shape",
    "gather": "shape",
    "scatter": "shape",
    "occurrences": "shape",
    "embedding": "shape",
    "join": "shape",
    "rearrange": "shape",
    "inplace": "shape",
    "broadcast": "shape",
    "pad": "shape",
    "resize": "shape",
    "windows": "shape",
    "arithmetic": "elementwise",
    "comparison": "elementwise",
    "exponential": "elementwise",
    "trigonometric": "elementwise",
    "rounding": "elementwise",
    "layout": "elementwise",
    "selection": "elementwise",
    "reduce": "reduction",
    "norm": "normalisation",
    "dropout": "elementwise",
    "product": "reduction",
    "sort": "reduction",
    "cumulative": "reduction",
    "statistics": "reduction",
    "vector_norm": "reduction",
    "loss": "loss",
}
"""The family of the operations that a file defines, by the file's name."""


def family(op: Operation) -> str:
    """Return the family of `op`, which is that of the file its kernel is written in; ``other`` if it has none."""
    room, _, file = str(getattr(op.__wrapped__, "__module__", "")).rpartition(".")
    return FAMILIES.get(file, "other") if room in ("tinygrad_cnn.ops", "tinygrad_cnn.kernels") else "other"
