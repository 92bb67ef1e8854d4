"""`Trainer`: the training loop, and measuring and predicting with what it trained."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from tinygrad_cnn import ops
from tinygrad_cnn.nn import Module
from tinygrad_cnn.optim import Optimizer
from tinygrad_cnn.random import Generator
from tinygrad_cnn.tensor import Tensor
from tinygrad_cnn.train.callbacks import Callback
from tinygrad_cnn.train.evaluating import evaluating, outputs
from tinygrad_cnn.train.history import History
from tinygrad_cnn.train.interrupt import Interrupt
from tinygrad_cnn.train.metrics import Metric
from tinygrad_cnn.train.running import Running
from tinygrad_cnn.train.state import RunState
from tinygrad_cnn.train.unpacking import ValidationSets, by_name, length, number_of, pair


class Trainer(RunState):
    """Train a model with an optimizer and a loss.

    One step computes ``loss_fn(model(x), t)`` for `accumulate` batches, the gradient of the mean over all their
    samples, and one update. With ``accumulate=1`` it is the usual five lines, and gives their bits.

    Args:
        model: what to train.
        optimizer: holds the parameters to update.
        loss_fn: takes outputs and targets and returns their mean loss, a scalar.
        metrics: what to measure besides the loss, by name.
        callbacks: what to do besides training, in this order.
        accumulate: batches in one step. Equal to batches that many times larger, to rounding; the last step of an
            epoch may have fewer. Layers that look at a whole batch, such as BatchNorm, still see the small ones.
        generators: random streams of your own, by name, to keep in checkpoints; the default generator, those of the
            loader and its samplers, and Python's and NumPy's global streams are kept anyway.
        config: whatever describes the run, kept in checkpoints: dicts, lists, strings, numbers.

    Attributes:
        epoch: epochs finished.
        step: steps taken.
        batch: batches of the present epoch that steps were taken with; 0 between epochs.
        epochs, batches: how many epochs there will be; batches in each, None if the loader does not know.
        loss, samples, lr: those of the last step; the rate is that of the first parameter group.
        running: the sums over the present epoch.
        history: what was measured.

    Raises:
        ValueError: `accumulate` is less than 1.

    Example:
        >>> trainer = Trainer(model, optimizer, F.cross_entropy, metrics={"accuracy": Accuracy()})
        >>> history = trainer.fit(loader, epochs=5, validation=other_loader)
        >>> history.column("validation_accuracy")
    """

    def __init__(
        self,
        model: Module,
        optimizer: Optimizer,
        loss_fn: Callable[[Any, Any], Tensor],
        *,
        metrics: Mapping[str, Metric] | None = None,
        callbacks: Sequence[Callback] = (),
        accumulate: int = 1,
        generators: Mapping[str, Generator] | None = None,
        config: Any = None,
    ) -> None:
        if accumulate < 1:
            raise ValueError(f"Trainer: expected accumulate of at least 1 batch, got {accumulate}")
        super().__init__(model, optimizer, callbacks, Running(metrics or {}), generators or {}, config)
        self.loss_fn = loss_fn
        self.accumulate = accumulate
        self.epochs = 0
        self.batches: int | None = None
        self.loss = math.nan
        self.samples = 0
        self.lr = math.nan
        self._interrupt = Interrupt()
        self._loader_state: Any = None

    def fit(
        self,
        loader: Iterable[Any],
        epochs: int,
        *,
        validation: ValidationSets = None,
        resume: str | os.PathLike[str] | None = None,
    ) -> History:
        """Train until `epochs` passes over `loader` are finished, those of earlier calls and of `resume` counted.

        After each epoch the validation sets are measured, and a row is added to the history. The first Ctrl-C lets the
        running step finish (or the measuring after an epoch), and returns as if the run ended there; the second one
        raises KeyboardInterrupt.

        Args:
            loader: yields batches (inputs, targets); walked once an epoch.
            epochs: number of passes in all, at least 1.
            validation: a loader, measured as ``validation_loss`` and so on; or loaders by name, measured as
                ``{name}_loss``.
            resume: a checkpoint, or the folder of `Checkpoints`: its newest checkpoint that is whole. Training goes on
                as if it had never stopped, bit for bit. From an empty folder it starts at the beginning.

        Returns:
            The history, which is also `self.history`.

        Raises:
            ValueError: `epochs` is less than 1, a batch is no pair, the loader yields none, or the checkpoint does not
                fit; in the last case model, optimizer and everything else are as they were.
            FloatingPointError: the loss or a gradient is NaN or infinite; parameters are as they were before that step,
                and so is the last checkpoint.
        """
        if epochs < 1:
            raise ValueError(f"Trainer.fit: expected epochs of at least 1, got {epochs}")
        self.loader, self.epochs = loader, epochs
        self.batches = length(loader)
        self._stop_reason = ""
        if resume is not None:
            self.resume(resume)
        elif self.batch:
            self._go_on_within_epoch()
        self._loader_state = None
        self.history.interrupted, self.history.stopped = False, ""
        sets = by_name(validation)
        error: BaseException | None = None
        with self._interrupt.caught():
            try:
                self._call("on_fit_start")
                while self.epoch < epochs and not self._stop_reason:
                    self._run_epoch(loader, sets)
            except BaseException as raised:
                error = raised
                raise
            finally:
                self.history.interrupted = self._interrupt.wanted
                self.history.stopped = self._stop_reason
                for callback in self.callbacks:
                    callback.on_fit_end(self, error)
        return self.history

    def stop(self, reason: str) -> None:
        """End the run after this step or epoch; for callbacks.

        Args:
            reason: why, for people.
        """
        self._stop_reason = self._stop_reason or reason

    def evaluate(self, loader: Iterable[Any], metrics: Mapping[str, Metric] | None = None) -> dict[str, Any]:
        """Return the mean loss over the samples and the metrics of `loader`, in evaluation mode.

        Args:
            loader: yields batches (inputs, targets).
            metrics: in place of the trainer's own.

        Raises:
            ValueError: no batches, or one that is no pair.
        """
        sums = Running(self.running.metrics if metrics is None else metrics)
        with evaluating(self.model):
            for batch in loader:
                x, t = pair(batch)
                scores = self.model(x)
                sums.update(self.loss_fn(scores, t).item(), len(t), scores, t)
        if not sums.samples:
            raise ValueError("Trainer.evaluate: expected at least one batch, got none")
        return sums.compute()

    def predict(self, inputs: Tensor | Iterable[Any], batch_size: int = 500) -> Tensor:
        """Return the outputs of the model for all inputs, in evaluation mode, along the first axis.

        Args:
            inputs: a tensor (N, ...); or batches, of which the first part counts if they have several.
            batch_size: how many rows of a tensor to compute at once.

        Raises:
            ValueError: no inputs.
        """
        found = outputs(self.model, inputs, batch_size)
        if not found:
            raise ValueError("Trainer.predict: expected at least one input, got none")
        return ops.cat(found, 0)

    def _go_on_within_epoch(self) -> None:
        """Go on where an earlier `fit` was stopped; at the start of the epoch if the loader has no state."""
        if self._loader_state is not None and self.resumable:
            self.loader.load_state_dict(self._loader_state)
        else:
            self.batch = 0

    def _run_epoch(self, loader: Iterable[Any], sets: dict[str, Iterable[Any]]) -> None:
        """Train for an epoch, or for the rest of one, and measure it."""
        started = time.perf_counter() - self._seconds
        self.model.train()
        self._call("on_epoch_start")
        if not self.batch:
            self.running.reset()
        batches = iter(loader)
        while used := self._train_step(batches):
            self.batch += used
            self.step += 1
            self.history.loss.append(self.loss)
            self._seconds = time.perf_counter() - started
            self._call("on_step_end")
            if self.batch == self.batches:
                break  # what follows is the end of the epoch, not a place within it
            self._call("at_rest")
            if self._interrupt.wanted:
                self.stop("interrupted")
            if self._stop_reason:
                self._loader_state = loader.state_dict() if self.resumable else None  # type: ignore[attr-defined]
                return
        if not self.running.samples:
            raise ValueError("Trainer.fit: expected a loader that yields batches, got none; an iterator is used up "
                             "after one epoch")  # fmt: skip
        row = {"epoch": self.epoch + 1, "step": self.step, **self.running.compute()}
        for name, other in sets.items():
            row.update({f"{name}_{key}": value for key, value in self.evaluate(other).items()})
        self._seconds = time.perf_counter() - started
        numbers = {key: number for key, value in row.items() if (number := number_of(value)) is not None}
        self.history.rows.append({**numbers, "lr": self.lr, "seconds": self._seconds})
        self.epoch += 1
        self.batch = 0
        self._call("on_epoch_end")
        self._call("at_rest")
        if self._interrupt.wanted:
            self.stop("interrupted")

    def _train_step(self, batches: Iterator[Any]) -> int:
        """Take one step with the next batches; return how many there were."""
        self.optimizer.zero_grad()
        used = first = 0
        self.samples, total = 0, 0.0
        for batch in islice(batches, self.accumulate):
            x, t = pair(batch)
            n = len(t)
            first = first or n
            value = self._backward(x, t, n, n / first)  # relative to the first batch, so that most weights are 1
            used += 1
            self.samples += n
            total += value * n
        if not used:
            return 0
        if used > 1:
            for p in self._parameters():
                if p.grad is not None:
                    p.grad = p.grad * (first / self.samples)
        self.loss = value if used == 1 else total / self.samples
        self.lr = float(self.optimizer.param_groups[0]["lr"])
        self._call("before_step")
        self._update()
        return used

    @np.errstate(over="ignore", divide="ignore", invalid="ignore")  # the loss and the gradients are checked instead
    def _backward(self, x: Any, t: Any, n: int, weight: float) -> float:
        """Add `weight` times the gradient of the mean loss of `n` samples to the gradients; return that loss."""
        scores = self.model(x)
        loss = self.loss_fn(scores, t)
        value = loss.item()
        if not math.isfinite(value):
            self._refuse(f"the loss is {value}")
        (loss if weight == 1 else loss * weight).backward()
        self.running.update(value, n, scores, t)
        return value

    @np.errstate(over="ignore", divide="ignore", invalid="ignore")
    def _update(self) -> None:
        """Change the parameters, unless a gradient is not finite."""
        if type(self.optimizer).step is not Optimizer.step:  # a step written anew may know no such argument
            self.optimizer.step()
            return
        try:
            self.optimizer.step(error_if_nonfinite=True)
        except RuntimeError as error:
            self._refuse(str(error))

    def _refuse(self, what: str) -> None:
        raise FloatingPointError(
            f"Trainer.fit: {what} at step {self.step + 1}, in epoch {self.epoch + 1}; the parameters are those before "
            "this step. A lower learning rate or scaled inputs usually help"
        )

    def _parameters(self) -> list[Tensor]:
        """Return each parameter once."""
        return list(dict.fromkeys(p for group in self.optimizer.param_groups for p in group["params"]))

    def _call(self, name: str) -> None:
        for callback in self.callbacks:
            getattr(callback, name)(self)
