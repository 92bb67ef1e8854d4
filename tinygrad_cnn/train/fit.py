"""`fit`: the training loop over a loader, and `accuracy`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from tinygrad_cnn.autograd import no_grad
from tinygrad_cnn.nn import Module
from tinygrad_cnn.optim import Optimizer
from tinygrad_cnn.tensor import Tensor


@dataclass
class History:
    """What a training run measured.

    Attributes:
        loss: the mini-batch loss of every step, before its update.
        metrics: for each name that `evaluate` gave, its value after every epoch.
    """

    loss: list[float] = field(default_factory=list)
    metrics: dict[str, list[float]] = field(default_factory=dict)


def fit(
    model: Module,
    loader: Iterable[tuple[Tensor, Tensor]],
    optimizer: Optimizer,
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    *,
    epochs: int,
    evaluate: Callable[[], Mapping[str, float]] | None = None,
    on_step: Callable[[int, int, float], None] | None = None,
    on_epoch: Callable[[int, Mapping[str, float]], None] | None = None,
) -> History:
    """Train `model` for `epochs` passes over `loader`.

    Each step computes ``loss_fn(model(x), t)``, its gradients, and one update of `optimizer`.

    Args:
        model: put into training mode at the start of each epoch.
        loader: yields (inputs, targets); walked once an epoch.
        optimizer: holds the parameters to update.
        loss_fn: takes scores and targets and returns a scalar.
        epochs: number of passes, at least 1.
        evaluate: measures the model after each epoch, by name; recorded in the history.
        on_step: called after each step with the epoch (from 1), the step within it (from 1) and the loss.
        on_epoch: called after each epoch with its number and what `evaluate` returned.

    Returns:
        The losses and measurements.

    Raises:
        ValueError: `epochs` is less than 1.
        FloatingPointError: the loss is NaN or infinite; parameters are as they were before that step.
    """
    if epochs < 1:
        raise ValueError(f"fit: expected epochs of at least 1, got {epochs}")
    history = History()
    for epoch in range(1, epochs + 1):
        model.train()
        for step, (x, t) in enumerate(loader, 1):
            optimizer.zero_grad()
            loss = loss_fn(model(x), t)
            value = loss.item()
            if not abs(value) < float("inf"):
                raise FloatingPointError(
                    f"fit: the loss is {value} at step {step} of epoch {epoch}; the parameters are those before this "
                    "step. A lower learning rate or scaled inputs usually help"
                )
            loss.backward()
            optimizer.step()
            history.loss.append(value)
            if on_step is not None:
                on_step(epoch, step, value)
        measured = {} if evaluate is None else evaluate()
        for name, number in measured.items():
            history.metrics.setdefault(name, []).append(number)
        if on_epoch is not None:
            on_epoch(epoch, measured)
    return history


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
    mode = model.training
    model.eval()
    try:
        with no_grad():
            correct = sum(
                int((model(x[i : i + batch_size]).argmax(1) == t[i : i + batch_size]).sum())
                for i in range(0, len(x), batch_size)
            )
    finally:
        model.train(mode)
    return correct / len(x)
