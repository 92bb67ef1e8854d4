"""`Steps`: one step of a run, which is taken or leaves nothing behind."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from tinygrad_cnn.optim.checks import check_finite
from tinygrad_cnn.tensor import Tensor
from tinygrad_cnn.train.buffers import KeptBuffers
from tinygrad_cnn.train.divisor import Divisor
from tinygrad_cnn.train.state import RunState
from tinygrad_cnn.train.unpacking import leaves, name_of, not_finite, pair, samples_of


class Part(NamedTuple):
    """One batch of a step: its loss, what that was divided by (None for a sum), samples, inputs, outputs, targets."""

    loss: float
    divisor: float | None
    samples: int
    inputs: Any
    scores: Any
    targets: Any


class Steps(RunState):
    """What a run does from one batch to the next; `loss_fn`, `accumulate` and `divisor` are those of `Trainer`."""

    divisor: Divisor
    loss: float
    samples: int
    lr: float
    _kept: KeptBuffers

    def _train_step(self, batches: Iterator[Any]) -> int:
        """Take one step with the next batches; return how many there were."""
        self.optimizer.zero_grad()
        self._kept.keep()
        try:
            parts: list[Part] = []
            for batch in islice(batches, self.accumulate):
                parts.append(self._backward(*pair(batch), parts))
                if len(parts) < self.accumulate:
                    parts[-1] = parts[-1]._replace(inputs=None)  # looked at again for the last one only
            if not parts:
                return 0
            self.loss = self._together(parts)
            self.samples = sum(part.samples for part in parts)
            self.lr = float(self.optimizer.param_groups[0]["lr"])
            self._call("before_step")
            self._check_gradients(parts[-1], len(parts))
            self._count(parts)
        except BaseException:  # nothing of this step is to remain
            self._kept.restore()
            self.optimizer.zero_grad()
            raise
        self._update()
        return len(parts)

    def _loss(self, x: Any, t: Any) -> tuple[Tensor, float | None, Any]:
        """Return the loss of a batch, what it was divided by, and the outputs."""
        try:
            scores = self.model(x)
        except (RuntimeError, ValueError) as error:
            _note_size(error, x)
            raise
        if scores is None:
            raise TypeError(f"Trainer: expected outputs of {type(self.model).__name__}, got None; is a return missing?")
        loss, name = self.loss_fn(scores, t), name_of(self.loss_fn)
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

    @np.errstate(over="ignore", divide="ignore", invalid="ignore")  # the loss and the gradients are checked instead
    def _backward(self, x: Any, t: Any, parts: list[Part]) -> Part:
        """Add the gradients of a batch to those of the `parts` before, relative to the divisor of the first."""
        loss, divisor, scores = self._loss(x, t)
        part = Part(loss.item(), divisor, samples_of(x, t), x, scores, t)
        if divisor == 0 and self.accumulate > 1:
            return part  # nothing of it counts, and the mean over nothing is NaN
        if not math.isfinite(part.loss):
            self._refuse(f"the loss is {part.loss}", part, len(parts) + 1)
        first = _first([*parts, part])
        (loss if divisor is None or divisor == first else loss * (divisor / first)).backward()
        return part

    def _together(self, parts: list[Part]) -> float:
        """Return the loss of all `parts` as of one batch, and make the gradients those of it."""
        if len(parts) == 1:
            return parts[0].loss
        if parts[0].divisor is None:
            return sum(part.loss for part in parts)
        counting = [(part.loss, part.divisor) for part in parts if part.divisor]
        total = sum(divisor for _, divisor in counting)
        if not total:
            self._refuse("the loss is nan, for no target counts,", parts[-1], len(parts))
        for p in self._parameters():
            if p.grad is not None:
                p.grad = p.grad * (_first(parts) / total)
        return sum(loss * divisor for loss, divisor in counting) / total

    @np.errstate(over="ignore", divide="ignore", invalid="ignore")
    def _count(self, parts: list[Part]) -> None:
        """Add the batches to the sums of the epoch."""
        for part in parts:
            self.running.update(part.loss, part.divisor, part.samples, part.scores, part.targets)

    @np.errstate(over="ignore", divide="ignore", invalid="ignore")
    def _update(self) -> None:
        """Change the parameters."""
        self.optimizer.step()

    def _check_gradients(self, last: Part, number: int) -> None:
        try:
            check_finite(type(self.optimizer).__name__, self.optimizer.param_groups)
        except RuntimeError as error:
            self._refuse(str(error), last, number)

    def _refuse(self, what: str, part: Part, number: int) -> None:
        """Raise, naming the step, and what is wrong with the batch if it is the batch."""
        found = not_finite(part.inputs, part.targets)
        raise FloatingPointError(
            f"Trainer.fit: {what} at step {self.step + 1}, in epoch {self.epoch + 1}; the parameters are those before "
            "this step, and so are the buffers. "
            + (
                f"In batch {self.batch + number} of the epoch the {found}: mend the data"
                if found
                else "A lower learning rate or scaled inputs usually help"
            )
        )

    def _parameters(self) -> list[Tensor]:
        """Return each parameter once."""
        return list(dict.fromkeys(p for group in self.optimizer.param_groups for p in group["params"]))

    def _call(self, name: str) -> None:
        for callback in self.callbacks:
            getattr(callback, name)(self)


def _first(parts: list[Part]) -> float:
    """Return the first divisor that is not 0: most weights relative to it are 1."""
    return next((part.divisor for part in parts if part.divisor), 1.0)


def _note_size(error: Exception, x: Any) -> None:
    """Say that images of another size may be the reason, where the error is about sizes."""
    shape: tuple[int, ...] = next((array.shape for _, array in leaves("inputs", x)), ())
    if len(shape) == 4 and ("in_features=" in str(error) or "larger input" in str(error)):
        error.add_note(
            f"the images of this batch are {shape[2]}×{shape[3]}; if the model is made for another size, add "
            "transforms.Resize to the data set"
        )
