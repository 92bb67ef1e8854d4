"""One training step, as everybody writes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.networks import Network


def training_step(torch: Any, network: Network, x: Any, y: Any) -> tuple[Callable[[], Any], Any]:
    """Return what takes a step of `network` on the batch (x, y) and returns the loss, and the optimizer."""
    model = network.model(torch)
    optimizer = network.optimizer(torch, model.parameters())
    cross_entropy = torch.nn.functional.cross_entropy

    def step() -> Any:
        optimizer.zero_grad()
        loss = cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step, optimizer


def stand_still(optimizer: Any) -> None:
    """Make the steps tiny.

    The timed steps all see one batch; at the real rate the network would know it by heart after some hundred of them,
    and numbers would be timed that no training meets (denormal ones are slow).
    """
    for group in optimizer.param_groups:
        group["lr"] *= 1e-4
