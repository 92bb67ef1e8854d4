"""Metrics, computed batch by batch; `Running` computes them and the loss over a set, `accuracy` in a single call."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinygrad_cnn._reprs import settings_repr
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import no_grad
from tinygrad_cnn.nn import Module
from tinygrad_cnn.tensor import Tensor
from tinygrad_cnn.train.checkpoint import State, check_keys


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """Put `model` into evaluation mode with recording off; afterwards restore the mode of each module."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with no_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode


class Metric:
    """Base class of metrics: a subclass defines `reset`, `update` and `compute`, and keeps its counts as attributes."""

    def reset(self) -> None:
        """Forget all batches."""
        raise NotImplementedError(f"{type(self).__name__}: a metric must define reset(self)")

    def update(self, scores: Tensor, targets: Tensor) -> None:
        """Count one batch: the model's output and the targets."""
        raise NotImplementedError(f"{type(self).__name__}: a metric must define update(self, scores, targets)")

    def compute(self) -> object:
        """Return the value over the batches counted since the last `reset`."""
        raise NotImplementedError(f"{type(self).__name__}: a metric must define compute(self)")

    def __repr__(self) -> str:
        return settings_repr(self)

    def state_dict(self) -> State:
        """Return the attributes, copied."""
        return copy.deepcopy(vars(self))

    def load_state_dict(self, state_dict: Mapping[str, object]) -> None:
        """Set the attributes to those that `state_dict` returned.

        Raises:
            ValueError: the state has other attributes; nothing was changed.
        """
        check_keys(type(self).__name__, state_dict, vars(self))
        vars(self).update(copy.deepcopy(dict(state_dict)))


class Accuracy(Metric):
    """The fraction of samples whose class is among the `top_k` largest scores.

    Of equal scores, that of the class with the lower index ranks first, as with argmax. A sample with a NaN score
    counts as wrong.

    Args:
        top_k: the number of largest scores among which the right class may be.

    Shape:
        scores (N, classes), targets (N,) of class indices → a float in [0, 1].

    Raises:
        ValueError: `top_k` is less than 1, scores or targets have another shape, or `compute` comes before any sample.
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
        """Return the fraction."""
        if not self.total:
            raise ValueError("Accuracy: expected at least one sample, got none")
        return self.correct / self.total


class ConfusionMatrix(Metric):
    """The number of samples for each pair of classes: row = the true class, column = the class with the largest score.

    Args:
        num_classes: number of classes.

    Shape:
        scores (N, num_classes), targets (N,) of class indices → int64 array (num_classes, num_classes).

    Raises:
        ValueError: `num_classes` is less than 1, or scores or targets have another shape.
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


class Running:
    """The mean loss and the metrics over a set, summed batch by batch.

    Args:
        metrics: the metrics by name; they are copied, so several objects can use the same ones.

    Attributes:
        samples: number of samples counted.
    """

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        self.metrics = {name: copy.deepcopy(metric) for name, metric in metrics.items()}
        self.reset()

    def reset(self) -> None:
        """Forget all batches."""
        self.sum = 0.0
        self.divisor = 0.0
        self.samples = 0
        for metric in self.metrics.values():
            metric.reset()

    def update(self, loss: float, divisor: float | None, samples: int, scores: Tensor, targets: Tensor) -> None:
        """Count a batch whose `loss` is a sum over the batch divided by `divisor`; None if it was not divided.

        A batch with a divisor of 0, whose mean loss is NaN, adds nothing to the loss.
        """
        if divisor is None:
            self.sum, self.divisor = self.sum + loss, 1.0
        elif divisor:
            self.sum, self.divisor = self.sum + loss * divisor, self.divisor + divisor
        self.samples += samples
        for metric in self.metrics.values():
            metric.update(scores, targets)

    @property
    def loss(self) -> float:
        """The loss of all batches as if they were one; NaN if nothing was counted."""
        return self.sum / self.divisor if self.divisor else float("nan")

    def compute(self) -> dict[str, Any]:
        """Return the loss and the values of the metrics, by name."""
        return {"loss": self.loss, **{name: metric.compute() for name, metric in self.metrics.items()}}

    def state_dict(self) -> State:
        """Return the sums."""
        metrics = {name: metric.state_dict() for name, metric in self.metrics.items()}
        return {"sum": self.sum, "divisor": self.divisor, "samples": self.samples, "metrics": metrics}

    def load_state_dict(self, state: State) -> None:
        """Set the sums to those that `state_dict` returned.

        Raises:
            ValueError: the sums are of other metrics.
        """
        given = state["metrics"]
        if set(given) != set(self.metrics):
            raise ValueError(f"expected metrics {sorted(self.metrics)}, got {sorted(given)}")
        for name, metric in self.metrics.items():
            metric.load_state_dict(given[name])
        self.sum, self.divisor, self.samples = float(state["sum"]), float(state["divisor"]), int(state["samples"])


def accuracy(model: Module, x: Tensor, t: Tensor, batch_size: int = 500) -> float:
    """Return the fraction of inputs `x` whose largest score is that of their class in `t`, in evaluation mode.

    Args:
        model: maps (N, ...) to scores (N, classes); the modes of its modules are restored afterwards.
        x: inputs, at least one.
        t: (N,) class indices.
        batch_size: number of inputs to compute at once.

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
