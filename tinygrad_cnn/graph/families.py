"""The families of operations; a picture gives each family its colour."""

from __future__ import annotations

from tinygrad_cnn.autograd import Operation

FAMILIES = {
    "convolution": "conv",
    "pooling": "pool adaptive",
    "activation": "activation softmax",
    "matmul": "matmul linear einsum",
    "shape": "shape indexing gather scatter occurrences embedding join rearrange inplace broadcast pad windows "
    "interpolate",
    "elementwise": "arithmetic comparison exponential trigonometric rounding layout selection dropout",
    "reduction": "reduce product sort cumulative statistics vector_norm",
    "normalisation": "norm",
    "loss": "loss",
}
"""Each family, and the files of its operations."""

_FAMILY_OF = {file: family for family, files in FAMILIES.items() for file in files.split()}


def family(op: Operation) -> str:
    """Return the family of the file that defines the kernel of `op`; ``other`` for a kernel elsewhere."""
    room, _, file = str(getattr(op.__wrapped__, "__module__", "")).rpartition(".")
    return _FAMILY_OF.get(file, "other") if room in ("tinygrad_cnn.ops", "tinygrad_cnn.kernels") else "other"
