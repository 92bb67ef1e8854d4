"""Batches: their inputs, targets and samples, and the divisor of their mean loss.

Inputs and targets are typed as tensors; the trainer also takes tensors in lists, tuples and dicts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from typing import Literal, TypeAlias

import numpy as np

from tinygrad_cnn import nn
from tinygrad_cnn._types import Array
from tinygrad_cnn.nn import functional as F
from tinygrad_cnn.tensor import Tensor

Loss: TypeAlias = Callable[..., Tensor]
"""A function that takes outputs and targets and returns one number."""

Divisor: TypeAlias = Callable[..., float] | Literal["sum"] | None
"""A function of outputs and targets that returns the divisor; "sum" for no division; None for the number of samples."""

_OF_CLASSES = (F.cross_entropy, F.nll_loss, nn.CrossEntropyLoss, nn.NLLLoss)
_OF_ELEMENTS = (
    F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss, F.binary_cross_entropy, F.binary_cross_entropy_with_logits,
    nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss, nn.BCELoss, nn.BCEWithLogitsLoss,
)  # fmt: skip


def length(loader: Iterable[object]) -> int | None:
    """Return the number of batches in an epoch; None if the loader does not know."""
    try:
        return len(loader) if isinstance(loader, Sized) else None
    except TypeError:  # such as a DataLoader of a stream
        return None


def pair(batch: object) -> tuple[Tensor, Tensor]:
    """Return inputs and targets."""
    if not isinstance(batch, list | tuple) or len(batch) != 2:
        got = f"{len(batch)} parts" if isinstance(batch, list | tuple) else type(batch).__name__
        raise ValueError(f"Trainer: expected batches of (inputs, targets), got {got}")
    return batch[0], batch[1]


def leaves(name: str, value: object) -> Iterator[tuple[str, Array]]:
    """Yield the arrays of a tensor, or of tensors in lists, tuples and dicts, with their names: ``name['a'][0]``."""
    if isinstance(value, Tensor | np.ndarray):
        yield name, value.array if isinstance(value, Tensor) else value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves(f"{name}[{key!r}]", inner)
    elif isinstance(value, list | tuple):
        for i, inner in enumerate(value):
            yield from leaves(f"{name}[{i}]", inner)


def samples_of(inputs: object, targets: object) -> int:
    """Return the number of samples in a batch: the length of its first tensor, inputs before targets."""
    for _, array in (*leaves("inputs", inputs), *leaves("targets", targets)):
        if array.ndim:
            return len(array)
    return len(inputs) if isinstance(inputs, Sized) and not isinstance(inputs, Tensor | np.ndarray) else 1


def not_finite(inputs: object, targets: object) -> str:
    """Return a description of where a batch holds NaN or an infinity; "" if it holds none."""
    for name, array in (*leaves("inputs", inputs), *leaves("targets", targets)):
        finite = np.isfinite(array) if array.dtype.kind in "fc" else np.True_
        if not np.all(finite):
            first = tuple(int(at) for at in np.argwhere(~finite)[0])
            return (
                f"{name} hold {array[first]} at index {first}, and {array.size - int(finite.sum())} of their "
                f"{array.size} values are not finite"
            )
    return ""


def loss_name(loss_fn: object) -> str:
    """Return the name of a loss for messages; for a `functools.partial`, the name of its function."""
    function = getattr(loss_fn, "func", loss_fn)
    return getattr(function, "__qualname__", type(function).__name__)


def divisor_of(loss_fn: Loss) -> Divisor:
    """Return the divisor of a loss of this library, also if it is wrapped in `functools.partial`.

    Other functions are assumed to return the mean over samples, unless their `reduction` is "sum".
    """
    given = getattr(loss_fn, "keywords", None)

    def setting(name: str, default: object) -> object:
        return getattr(loss_fn, name, default) if given is None else given.get(name, default)

    if setting("reduction", "mean") == "sum":
        return "sum"
    kind = getattr(loss_fn, "func", loss_fn)
    if isinstance(kind, nn.Module):  # the class that defines `forward`: a subclass may divide by something else
        kind = next((base for base in type(kind).__mro__ if "forward" in vars(base)), None)
    if kind in _OF_CLASSES:
        return lambda scores, t: _counting(scores, t, setting("weight", None), setting("ignore_index", -100))
    return (lambda x, t: max(x.numel(), t.numel())) if kind in _OF_ELEMENTS else None  # after broadcasting


def _counting(scores: Tensor, targets: Tensor, weight: object, ignore_index: object) -> float:
    """Return the number of targets that are not ignored, each counted with the weight of its class."""
    t = targets.array
    if t.dtype.kind == "f":  # distributions over classes: the mean is over all axes but that of the classes
        return scores.numel() / scores.shape[min(1, scores.ndim - 1)]
    counting = t != ignore_index
    return float(weight.array[t[counting]].sum()) if isinstance(weight, Tensor) else int(np.count_nonzero(counting))
