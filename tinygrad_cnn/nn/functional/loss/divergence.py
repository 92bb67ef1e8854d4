"""The Kullback-Leibler divergence."""

from __future__ import annotations

import warnings

from tinygrad_cnn import ops
from tinygrad_cnn.nn.functional._operands import REDUCTIONS, check_floating, which_reduction
from tinygrad_cnn.ops.broadcast import promote
from tinygrad_cnn.tensor import Tensor

__all__ = ["kl_div"]


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Compute t · (log t − x) for log-probabilities x, 0 where t is 0, for each element, their sum or their mean.

    Args:
        input: log-probabilities, any shape.
        target: probabilities, of a shape that broadcasts with `input`.
        size_average: an old spelling of `reduction`; a warning names the reduction it stands for.
        reduce: likewise.
        reduction: "none", "sum", "mean" over the elements, or "batchmean": the sum divided by the length of the first
            axis of `input`, which is the divergence.
        log_target: whether `target` holds log t.

    Raises:
        RuntimeError: a dtype is not floating point, or the shapes do not broadcast.
        ValueError: `reduction` is unknown.

    Warns:
        UserWarning: `reduction` is "mean", which does not give the divergence.
    """
    op = "kl_div"
    if size_average is not None or reduce is not None:
        reduction = which_reduction(size_average, reduce, reduction)
    elif reduction == "mean":
        warnings.warn(
            f"{op}: reduction 'mean' divides by the number of elements; 'batchmean', the divergence, by that of rows",
            UserWarning,
            stacklevel=2,
        )
    if reduction not in (*REDUCTIONS, "batchmean"):
        raise ValueError(f"{op}: expected reduction 'none', 'mean', 'sum' or 'batchmean', got {reduction!r}")
    check_floating(op, "input", input)
    check_floating(op, "target", target)
    x, t = promote((input, target))
    losses: Tensor
    if log_target:
        losses = ops.exp(t) * (t - x)
    else:
        losses = t * ops.log(ops.where(t == 0, 1, t)) - t * x
    if reduction == "none":
        return losses
    if reduction == "mean":
        return ops.mean(losses)
    total: Tensor = ops.sum(losses)
    return total / input.shape[0] if reduction == "batchmean" and input.ndim else total
