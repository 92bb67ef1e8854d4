"""Operations fused with the ReLU that follows them, for callers who know that nobody sees what lies between.

`rectified[name]` computes the operation and the ReLU in one kernel, and leaves the two nodes of the program in the
graph as they were written: its own node is the operation's, with the values after the ReLU in the tensor;
`relu_of_rectified` then adds the ReLU's node without computing anything. Gradients are those of the two operations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygrad_cnn import kernels
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import Op
from tinygrad_cnn.ops.activation import relu
from tinygrad_cnn.ops.conv import conv2d
from tinygrad_cnn.ops.matmul import linear
from tinygrad_cnn.ops.norm import batch_norm


def _fused(op: Op) -> Op:
    """Return the twin of `op` whose kernel ends with a ReLU; where there is no such kernel, two do it."""
    plain: Callable[..., Any] = op.kernel
    several = bool(op.supplies)

    def kernel(*args: Array | None, **how: Any) -> Any:
        found = plain(*args, **how)
        return (kernels.relu(found[0]), *found[1:]) if several else kernels.relu(found)

    twin = op.twin(kernel)
    kernels.bind(twin, "compute", f"{op.name}_relu", kernel)
    return twin


rectified = {op.name: _fused(op) for op in (conv2d, linear, batch_norm)}
relu_of_rectified = relu.twin(lambda x: x)
relu_of_rectified.prepare = None
