"""Metrics: what scores are worth, counted batch by batch; and `accuracy` of a model in one call."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_cnn._reprs import settings_repr
from tinygrad_cnn._types import Array
from tinygrad_cnn.nn import Module
from tinygrad_cnn.tensor import Tensor
from tinygrad_cnn.train.evaluating import evaluating


class Metric:
    """Base of the metrics. A subclass defines `reset`, `update` and `compute`, and keeps its counts as attributes."""

    def reset(self) -> None:
        """Forget all batches."""
        raise NotImplementedError(f"{type(self).__name__}: a metric must define reset(self)")

    def update(self, scores: Tensor, targets: Tensor) -> None:
        """Count one batch: the model's output and the targets."""
        raise NotImplementedError(f"{type(self).__name__}: a metric must define update(self, scores, targets)")

    def compute(self) -> Any:
        """Return the value over the batches counted since the last `reset`."""
        raise NotImplementedError(f"{type(self).__name__}: a metric must define compute(self)")

    def __repr__(self) -> str:
        return settings_repr(self)

    def state_dict(self) -> dict[str, Any]:
        """Return the attributes, copied."""
        return copy.deepcopy(vars(self))

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` of such a metric returned.

        Raises:
            ValueError: it has other attributes; nothing was changed.
        """
        if set(state_dict) != set(vars(self)):
            raise ValueError(
                f"{type(self).__name__}: expected a state with {', '.join(vars(self))}, got {', '.join(state_dict)}"
            )
        vars(self).update(copy.deepcopy(dict(state_dict)))


class Accuracy(Metric):
    """The share of samples whose class is among the `top_k` largest scores.

    Of equal scores the lower class comes first, as with argmax. A sample with a NaN among its scores counts as wrong.

    Args:
        top_k: how many guesses a sample has.

    Shape:
        scores (N, classes), targets (N,) of class indices → a float in [0, 1].

    Raises:
        ValueError: `top_k` is less than 1; scores or targets of another shape; `compute` before any sample.
    """

    def __init__(self, top_k: int = 1) -> None:
        if top_k < 1:
            raise ValueError(f"Accuracy: expected top_k of at least 1, got {top_k}")
        self.top_k = top_k
        self.reset()

    def reset(self) -> None:
        """Forget all batches."""
        self.correct = 0
        self.total = 0

    def update(self, scores: Tensor, targets: Tensor) -> None:
        """Count one batch."""
        s, t = _classified("Accuracy", scores, targets)
        own = np.take_along_axis(s, t[:, np.newaxis], 1)  # (N, 1)
        before = (s > own) | ((s == own) & (np.arange(s.shape[1]) < t[:, np.newaxis]))
        right = (before.sum(1) < self.top_k) & ~np.isnan(s).any(1)
        self.correct += int(right.sum())
        self.total += len(t)

    def compute(self) -> float:
        """Return the share."""
        if not self.total:
            raise ValueError("Accuracy: expected at least one sample, got none")
        return self.correct / self.total


class ConfusionMatrix(Metric):
    """How often each class was taken for each: row = the true class, column = the class of the largest score.

    Args:
        num_classes: number of classes.

    Shape:
        scores (N, num_classes), targets (N,) of class indices → int64 array (num_classes, num_classes).

    Raises:
        ValueError: `num_classes` is less than 1; scores or targets of another shape.
    """

    def __init__(self, num_classes: int) -> None:
        if num_classes < 1:
            raise ValueError(f"ConfusionMatrix: expected num_classes of at least 1, got {num_classes}")
        self.num_classes = num_classes
        self.reset()

    def reset(self) -> None:
        """Forget all batches."""
        self.counts: Array = np.zeros((self.num_classes, self.num_classes), np.int64)

    def update(self, scores: Tensor, targets: Tensor) -> None:
        """Count one batch."""
        s, t = _classified("ConfusionMatrix", scores, targets)
        if s.shape[1] != self.num_classes:
            raise ValueError(f"ConfusionMatrix: expected scores of {self.num_classes} classes, got {s.shape[1]}")
        np.add.at(self.counts, (t, s.argmax(1)), 1)

    def compute(self) -> Array:
        """Return the counts."""
        return self.counts.copy()


def _classified(metric: str, scores: Tensor, targets: Tensor) -> tuple[Array, Array]:
    """Return scores (N, classes) and class indices (N,) as arrays."""
    s, t = scores.array, targets.array
    if s.ndim != 2 or t.shape != s.shape[:1] or t.dtype.kind not in "iu":
        raise ValueError(
            f"{metric}: expected scores (N, classes) and integer class indices (N,), got {s.shape} and {t.dtype} "
            f"{t.shape}"
        )
    if t.size and (t.min() < 0 or t.max() >= s.shape[1]):
        raise ValueError(f"{metric}: expected classes from 0 to {s.shape[1] - 1}, got {t.min()} to {t.max()}")
    return s, t


def accuracy(model: Module, x: Tensor, t: Tensor, batch_size: int = 500) -> float:
    """Return the share of `x` for which the largest score is that of class `t`, in evaluation mode.

    Args:
        model: maps (N, ...) to scores (N, classes); its mode is put back afterwards.
        x: inputs, at least one.
        t: (N,) class indices.
        batch_size: how many inputs to compute at once.

    Raises:
        ValueError: `x` and `t` differ in length, or are empty.
    """
    if len(x) != len(t) or not len(x):
        raise ValueError(f"accuracy: expected as many targets as inputs and at least one, got {len(t)} and {len(x)}")
    metric = Accuracy()
    with evaluating(model):
        for i in range(0, len(x), batch_size):
            metric.update(model(x[i : i + batch_size]), t[i : i + batch_size])
    return metric.compute()
