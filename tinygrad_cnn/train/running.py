"""`Running`: the mean loss and the metrics of a set, summed up batch by batch."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from tinygrad_cnn.tensor import Tensor
from tinygrad_cnn.train.metrics import Metric


class Running:
    """The mean loss over samples, and metrics.

    Args:
        metrics: by name; copied, so that several sums may be under way.
    """

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        self.metrics = {name: copy.deepcopy(metric) for name, metric in metrics.items()}
        self.reset()

    def reset(self) -> None:
        """Forget all batches."""
        self.loss = 0.0
        self.samples = 0
        for metric in self.metrics.values():
            metric.reset()

    def update(self, loss: float, samples: int, scores: Tensor, targets: Tensor) -> None:
        """Count a batch of `samples` whose mean loss is `loss`."""
        self.loss += loss * samples
        self.samples += samples
        for metric in self.metrics.values():
            metric.update(scores, targets)

    def compute(self, prefix: str = "") -> dict[str, Any]:
        """Return the mean loss and what the metrics say, by name."""
        values = {"loss": self.loss / self.samples if self.samples else float("nan")}
        values.update({name: metric.compute() for name, metric in self.metrics.items()})
        return {prefix + name: value for name, value in values.items()}

    def state_dict(self) -> dict[str, Any]:
        """Return the sums."""
        metrics = {name: metric.state_dict() for name, metric in self.metrics.items()}
        return {"loss": self.loss, "samples": self.samples, "metrics": metrics}

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
        self.loss, self.samples = float(state["loss"]), int(state["samples"])
