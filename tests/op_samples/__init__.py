"""The table of operation samples: one row per operation and configuration, with a reference for its forward pass.

Every test of operations that holds for all of them runs over `SAMPLES`; a new operation needs rows here and nothing
else to be compared with its reference, differentiated numerically at two orders, and so on.
"""

from op_samples import conv, elementwise, indexing, loss, matmul, pool, reduce, shape  # noqa: F401 - importing adds the rows
from op_samples.table import SAMPLES, Sample

__all__ = ["SAMPLES", "Sample"]
