"""`Running`: the mean loss and the metrics of a set, summed up batch by batch."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from tinygrad_cnn.train.metrics import Metric


class Running:
    """The loss over a set, and metrics.

    Args:
        metrics: by name; copied, so that several sums may be under way.

    Attributes:
        samples: how many were counted.
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

    def update(self, loss: float, divisor: float | None, samples: int, scores: Any, targets: Any) -> None:
        """Count a batch whose `loss` is a sum over it divided by `divisor`; None for an undivided sum.

        A batch of which nothing counts, with a divisor of 0 and a mean of NaN, adds nothing to the loss.
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
        """Return the loss and what the metrics say, by name."""
        return {"loss": self.loss, **{name: metric.compute() for name, metric in self.metrics.items()}}

    def state_dict(self) -> dict[str, Any]:
        """Return the sums."""
        metrics = {name: metric.state_dict() for name, metric in self.metrics.items()}
        return {"sum": self.sum, "divisor": self.divisor, "samples": self.samples, "metrics": metrics}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the sums.

        Raises:
            ValueError: they are of other metrics.
        """
        given = state["metrics"]
        if set(given) != set(self.metrics):
            raise ValueError(f"expected metrics {sorted(self.metrics)}, got {sorted(given)}")
        for name, metric in self.metrics.items():
            metric.load_state_dict(given[name])
        self.sum, self.divisor, self.samples = float(state["sum"]), float(state["divisor"]), int(state["samples"])
