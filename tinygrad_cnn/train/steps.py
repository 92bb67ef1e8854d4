"""`Steps`: one training step, which either completes or changes nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple, NoReturn

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import versions
from tinygrad_cnn.nn import Module
from tinygrad_cnn.optim.checks import check_finite
from tinygrad_cnn.tensor import Tensor
from tinygrad_cnn.train.batches import Divisor, leaves, loss_name, not_finite, pair, samples_of
from tinygrad_cnn.train.state import RunState

_SMALL = 2**16
"""Buffers up to this size, in bytes, are copied before every step; larger ones only after a recorded write."""


class KeptBuffers:
    """Copies of a model's buffers, to restore when a step fails: BatchNorm updates its statistics in forward.

    Args:
        model: the model; modules added to it later are not noticed.
    """

    def __init__(self, model: Module) -> None:
        self._modules = [module for module in model.modules() if module._buffers]
        self._kept: dict[tuple[Module, str], tuple[Tensor, Array, Array, int]] = {}

    def keep(self) -> None:
        """Copy the buffers that may have changed since the last call."""
        for module in self._modules:
            for name, buffer in module._buffers.items():
                if buffer is None:
                    continue
                array, version = buffer.array, versions.version(buffer.array)
                before = self._kept.get((module, name))
                if before is None or before[0] is not buffer or before[1] is not array:
                    self._kept[module, name] = buffer, array, array.copy(), version
                elif array.nbytes <= _SMALL or before[3] != version:
                    np.copyto(before[2], array)
                    self._kept[module, name] = buffer, array, before[2], version

    def restore(self) -> None:
        """Set the buffers to their values at the last `keep`."""
        for (module, name), (buffer, array, values, _) in self._kept.items():
            np.copyto(array, values)
            versions.record_write(array)
            buffer.array = array
            module._buffers[name] = buffer


class BatchResult(NamedTuple):
    """One batch of a step; `divisor` is the number that the loss was divided by, None for a sum."""

    loss: float
    divisor: float | None
    samples: int
    inputs: Tensor | None
    scores: Tensor
    targets: Tensor


class Steps(RunState):
    """A run that can take training steps; `accumulate` and `divisor` are those of `Trainer`."""

    divisor: Divisor
    loss: float = math.nan
    samples: int = 0
    lr: float = math.nan
    _kept: KeptBuffers

    def _train_step(self, batches: Iterator[object]) -> int:
        """Take one step with the next batches and return their number."""
        self.optimizer.zero_grad()
        self._kept.keep()
        try:
            results: list[BatchResult] = []
            for batch in islice(batches, self.accumulate):
                results.append(self._backward(*pair(batch), results))
                if len(results) < self.accumulate:
                    results[-1] = results[-1]._replace(inputs=None)  # error messages need only the last batch
            if not results:
                return 0
            self.loss = self._combine(results)
            self.samples = sum(result.samples for result in results)
            self.lr = float(self.optimizer.param_groups[0]["lr"])
            self._call("before_step")
            self._check_gradients(results[-1], len(results))
            self._count(results)
        except BaseException:  # undo the whole step
            self._kept.restore()
            self.optimizer.zero_grad()
            raise
        self._update()
        return len(results)

    def _loss(self, x: Tensor, t: Tensor) -> tuple[Tensor, float | None, Tensor]:
        """Return the loss of a batch, its divisor, and the outputs."""
        try:
            scores = self.model(x)
        except (RuntimeError, ValueError) as error:
            _note_size(error, x)
            raise
        if scores is None:
            raise TypeError(f"Trainer: expected outputs of {type(self.model).__name__}, got None; is a return missing?")
        loss: object = self.loss_fn(scores, t)
        name = loss_name(self.loss_fn)
        if not isinstance(loss, Tensor):
            raise TypeError(f"Trainer: expected a tensor of {name}, got {type(loss).__name__}; is a return missing?")
        if loss.numel() != 1:
            raise ValueError(
                f"Trainer: expected one number of {name}, got shape {tuple(loss.shape)}; use reduction='mean' or 'sum'"
            )
        if self.divisor == "sum":
            return loss, None, scores
        divisor = samples_of(x, t) if self.divisor is None else self.divisor(scores, t)
        if not 0 <= divisor < math.inf:
            raise ValueError(f"Trainer: expected divisor to return a number of at least 0, got {divisor}")
        return loss, divisor, scores

    @np.errstate(over="ignore", divide="ignore", invalid="ignore")  # the loss and the gradients are checked later
    def _backward(self, x: Tensor, t: Tensor, earlier: list[BatchResult]) -> BatchResult:
        """Add the gradients of a batch to those of `earlier` batches, relative to the first divisor."""
        loss, divisor, scores = self._loss(x, t)
        result = BatchResult(loss.item(), divisor, samples_of(x, t), x, scores, t)
        if divisor == 0 and self.accumulate > 1:
            return result  # no target of the batch counts: the mean loss is NaN
        if not math.isfinite(result.loss):
            self._refuse(f"the loss is {result.loss}", result, len(earlier) + 1)
        first = _first_divisor([*earlier, result])
        (loss if divisor is None or divisor == first else loss * (divisor / first)).backward()
        return result

    def _combine(self, results: list[BatchResult]) -> float:
        """Return the loss of all batches as if they were one batch, and scale the gradients to match this loss."""
        if len(results) == 1:
            return results[0].loss
        if results[0].divisor is None:
            return sum(result.loss for result in results)
        counting = [(result.loss, result.divisor) for result in results if result.divisor]
        total = sum(divisor for _, divisor in counting)
        if not total:
            self._refuse("the loss is nan, for no target counts,", results[-1], len(results))
        for p in dict.fromkeys(p for group in self.optimizer.param_groups for p in group["params"]):
            if p.grad is not None:
                p.grad = p.grad * (_first_divisor(results) / total)
        return sum(loss * divisor for loss, divisor in counting) / total

    @np.errstate(over="ignore", divide="ignore", invalid="ignore")
    def _count(self, results: list[BatchResult]) -> None:
        """Add the batches to the sums of the epoch."""
        for result in results:
            self.running.update(result.loss, result.divisor, result.samples, result.scores, result.targets)

    @np.errstate(over="ignore", divide="ignore", invalid="ignore")
    def _update(self) -> None:
        """Change the parameters."""
        self.optimizer.step()

    def _check_gradients(self, last: BatchResult, number: int) -> None:
        try:
            check_finite(type(self.optimizer).__name__, self.optimizer.param_groups)
        except RuntimeError as error:
            self._refuse(str(error), last, number)

    def _refuse(self, what: str, result: BatchResult, number: int) -> NoReturn:
        """Raise an error that names the step, and the position of the first non-finite value in the batch, if any."""
        found = not_finite(result.inputs, result.targets)
        raise FloatingPointError(
            f"Trainer.fit: {what} at step {self.step + 1}, in epoch {self.epoch + 1}; the parameters are those before "
            "this step, and so are the buffers. "
            + (
                f"In batch {self.batch + number} of the epoch the {found}: mend the data"
                if found
                else "A lower learning rate or scaled inputs usually help"
            )
        )

    def _call(self, hook: str) -> None:
        for callback in self.callbacks:
            getattr(callback, hook)(self)


def _first_divisor(results: list[BatchResult]) -> float:
    """Return the first nonzero divisor; relative to it, most batches have weight 1."""
    return next((result.divisor for result in results if result.divisor), 1.0)


def _note_size(error: Exception, x: object) -> None:
    """Add to an error about sizes that the images may have the wrong size."""
    shape: tuple[int, ...] = next((array.shape for _, array in leaves("inputs", x)), ())
    if len(shape) == 4 and ("in_features=" in str(error) or "larger input" in str(error)):
        error.add_note(
            f"the images of this batch are {shape[2]}×{shape[3]}; if the model is made for another size, add "
            "transforms.Resize to the data set"
        )
