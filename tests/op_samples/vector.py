"""Rows of the table: products with vectors."""

from op_samples.table import normal, row
from tinygrad_cnn import ops

row("dot", "vectors", ops.dot, lambda x, y: sum(a * b for a, b in zip(x, y, strict=True)), normal(3), normal(3))
row("dot", "matmul", ops.matmul, lambda x, y: (x * y).sum(), normal(4), normal(4), batch=(0, 0), third=True)
row("mv", "matrix and vector", ops.mv, lambda x, v: (x * v).sum(1), normal(2, 3), normal(3), batch=(0, None))
row("mv", "nothing to sum", ops.mv, lambda x, v: (x * v).sum(1), normal(2, 0), normal(0), third=True)
row("mv", "matmul", ops.matmul, lambda x, v: (x * v).sum(1), normal(3, 2), normal(2), third=True)
row("mv", "vector and matrix", ops.matmul, lambda v, x: (v[:, None] * x).sum(0), normal(3), normal(3, 2))
row("outer", "vectors", ops.outer, lambda x, y: x[:, None] * y, normal(3), normal(2), batch=(0, None), third=True)
