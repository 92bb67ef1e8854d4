"""`Trainer`: the training loop, and measuring and predicting with what it trained."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tinygrad_cnn import ops
from tinygrad_cnn.nn import Module
from tinygrad_cnn.optim import Optimizer
from tinygrad_cnn.random import Generator
from tinygrad_cnn.tensor import Tensor
from tinygrad_cnn.train.buffers import KeptBuffers
from tinygrad_cnn.train.callbacks import Callback
from tinygrad_cnn.train.divisor import Divisor, divisor_of
from tinygrad_cnn.train.evaluating import evaluating, outputs
from tinygrad_cnn.train.history import History
from tinygrad_cnn.train.interrupt import Interrupt
from tinygrad_cnn.train.metrics import Metric
from tinygrad_cnn.train.running import Running
from tinygrad_cnn.train.steps import Steps
from tinygrad_cnn.train.unpacking import ValidationSets, by_name, length, name_of, number_of, pair, samples_of


class Trainer(Steps):
    """Train a model with an optimizer and a loss.

    One step computes ``loss_fn(model(x), t)`` for `accumulate` batches, the gradient of their loss as of one batch,
    and one update. With ``accumulate=1`` it is the usual five lines, and gives their bits. A step that is refused, or
    ends in an error, leaves parameters, gradients, buffers and the optimizer's state as they were before it.

    Modules that the user put into evaluation mode stay there while the model as a whole is in training mode, such as
    frozen `BatchNorm2d` layers; a model that is in evaluation mode as a whole is put into training mode.

    Args:
        model: what to train.
        optimizer: holds the parameters to update.
        loss_fn: takes outputs and targets and returns one number, their mean loss or its sum over the batch.
        metrics: what to measure besides the loss, by name.
        callbacks: what to do besides training, in this order.
        accumulate: batches in one step. Equal to batches that many times larger, to rounding; the last step of an
            epoch may have fewer. Layers that look at a whole batch, such as BatchNorm, still see the small ones.
        divisor: what `loss_fn` divided its sum over a batch by, a function of outputs and targets; or "sum" if it did
            not divide. It weighs the batches of a step, an epoch or a set. Known of the library's own losses, with
            class weights, `ignore_index` and `reduction`; of others, None counts the samples.
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
        divisor: Divisor = None,
    ) -> None:
        if accumulate < 1:
            raise ValueError(f"Trainer: expected accumulate of at least 1 batch, got {accumulate}")
        super().__init__(model, optimizer, callbacks, Running(metrics or {}), generators or {}, config)
        self.loss_fn = loss_fn
        self.accumulate = accumulate
        self.divisor = divisor_of(loss_fn) if divisor is None else divisor
        self.epochs = 0
        self.batches: int | None = None
        self.loss = math.nan
        self.samples = 0
        self.lr = math.nan
        self._frozen: list[Module] = []
        self._interrupt = Interrupt()
        self._loader_state: Any = None

    def __repr__(self) -> str:
        return (
            f"Trainer({type(self.model).__name__}, {type(self.optimizer).__name__}, {name_of(self.loss_fn)}, "
            f"accumulate={self.accumulate}, epoch={self.epoch}, step={self.step})"
        )

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
                as if it had never stopped, bit for bit. From an empty folder it starts at the beginning. What the run
                is set up with differently is refused, or holds from here on with a warning; docs/training.md has the
                list.

        Returns:
            The history, which is also `self.history`.

        Raises:
            ValueError: `epochs` is less than 1, a batch is no pair, the loader yields none, or the checkpoint does not
                fit; in the last case model, optimizer and everything else are as they were.
            FloatingPointError: the loss or a gradient is NaN or infinite; the message says where inputs or targets are.
                Parameters and buffers are as they were before that step, and so is the last checkpoint.
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
        self._beginning = self._described()
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
                try:
                    for callback in self.callbacks:
                        callback.on_fit_end(self, error)
                finally:
                    for callback in self.callbacks:
                        callback.at_end(self, error)
        return self.history

    def stop(self, reason: str) -> None:
        """End the run after this step or epoch; for callbacks.

        Args:
            reason: why, for people.
        """
        self._stop_reason = self._stop_reason or reason

    def evaluate(self, loader: Iterable[Any], metrics: Mapping[str, Metric] | None = None) -> dict[str, Any]:
        """Return the loss over `loader`, as if it were one batch, and the metrics, in evaluation mode.

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
                loss, divisor, scores = self._loss(x, t)
                sums.update(loss.item(), divisor, samples_of(x, t), scores, t)
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

    def _put_into_training_mode(self) -> None:
        """Train what is not frozen: the modules in evaluation mode when the model as a whole was in training mode."""
        if self.model.training:
            self._frozen = [module for module in self.model.modules() if not module.training]
        self.model.train()
        for module in self._frozen:
            module.training = False

    def _run_epoch(self, loader: Iterable[Any], sets: dict[str, Iterable[Any]]) -> None:
        """Train for an epoch, or for the rest of one, and measure it."""
        started = time.perf_counter() - self._seconds
        self._put_into_training_mode()
        self._kept = KeptBuffers(self.model)
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
