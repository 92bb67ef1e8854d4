"""What a training step has to compute and to move at least, counted from the layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.networks import Network

FLOAT = 4  # bytes


@dataclass(frozen=True)
class Cost:
    """Of one training step.

    Attributes:
        flops: two for each multiply-add of the forward pass and of the gradients that are needed: of every weight, and
            of the input of every layer but the first.
        bytes: with every layer a single pass over memory, elementwise layers fused into it. Of each layer that sums
            products, the output is written and read, and read again for the weights' gradient; its gradient is written
            and read: 5 times its size. Of the weights, forward and backward read them, the gradient is written and
            read, the update reads and writes them and each number of the optimizer's state.
    """

    flops: int
    bytes: int

    def least_seconds(self, peak: float, bandwidth: float) -> float:
        """Return the roofline's bound, max(flops / peak, bytes / bandwidth).

        Args:
            peak: flops a second.
            bandwidth: bytes a second.
        """
        return max(self.flops / peak, self.bytes / bandwidth)


def network_rows(network: Network) -> Sequence[Any]:
    """Return the layers of `network` as `tinygrad_cnn.summary` counts them, for a whole batch."""
    import tinygrad_cnn

    return tinygrad_cnn.summary(network.model(tinygrad_cnn), network.batch).rows


def network_cost(network: Network) -> Cost:
    """Count a training step of `network`."""
    return training_cost(network_rows(network), math.prod(network.batch), network.state)


def training_cost(rows: Sequence[Any], inputs: int, state: int) -> Cost:
    """Count a training step of a network.

    Args:
        rows: of its `tinygrad_cnn.summary` for a whole batch.
        inputs: number of elements of the batch.
        state: numbers that the optimizer keeps for each weight.
    """
    products = [row.multiply_adds for row in rows if row.multiply_adds]
    outputs = sum(math.prod(row.output) for row in rows if row.multiply_adds)
    weights = sum(row.parameters for row in rows)
    flops = 2 * (3 * sum(products) - products[0])
    elements = 2 * inputs + 5 * outputs + weights * (2 + 2 + 2 + 2 * state)
    return Cost(flops, FLOAT * elements)
