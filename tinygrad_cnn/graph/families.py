"""The families of operations; a picture gives each family its colour."""

from __future__ import annotations

from tinygrad_cnn.autograd import Operation

FAMILIES = {
    "conv": "convolution",
    "pool": "pooling",
    "adaptive": "pooling",
    "activation": "activation",
    "softmax": "activation",
    "matmul": "matmul",
    "linear": "matmul",
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
    "interpolate": "shape",
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
"""The name of a file of operations -> their family."""


def family(op: Operation) -> str:
    """Return the family of the file that defines the kernel of `op`; ``other`` for a kernel elsewhere."""
    room, _, file = str(getattr(op.__wrapped__, "__module__", "")).rpartition(".")
    return FAMILIES.get(file, "other") if room in ("tinygrad_cnn.ops", "tinygrad_cnn.kernels") else "other"
