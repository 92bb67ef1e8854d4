"""`Trainer`: the training loop, and evaluation and prediction with the trained model."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_cnn import ops
from tinygrad_cnn.nn import Module
from tinygrad_cnn.optim import Optimizer
from tinygrad_cnn.random import Generator
from tinygrad_cnn.tensor import Tensor
from tinygrad_cnn.train.batches import Divisor, Loss, divisor_of, length, loss_name, pair, samples_of
from tinygrad_cnn.train.callbacks.callback import Callback
from tinygrad_cnn.train.checkpoint import State
from tinygrad_cnn.train.history import History
from tinygrad_cnn.train.interrupt import Interrupt
from tinygrad_cnn.train.metrics import Metric, Running, evaluating
from tinygrad_cnn.train.setup import Resumable
from tinygrad_cnn.train.steps import KeptBuffers, Steps

ValidationSets = Iterable[object] | Mapping[str, Iterable[object]] | None
"""A loader, loaders by name, or none."""


class Trainer(Steps):
    """Train a model with an optimizer and a loss.

    One step computes ``loss_fn(model(x), t)`` for `accumulate` batches, the gradient of their loss as if they were one
    batch, and one update. With ``accumulate=1`` it gives the same bits as the usual loop of five lines. A step that
    ends in an error leaves parameters, gradients, buffers and the optimizer's state as they were before it.

    While the model as a whole is in training mode, modules that you put into evaluation mode stay there, such as
    frozen `BatchNorm2d` layers. A model that is in evaluation mode as a whole is put into training mode.

    Args:
        model: the model to train.
        optimizer: holds the parameters to update.
        loss_fn: takes outputs and targets and returns one number, the mean of the loss over the batch or its sum.
        metrics: the metrics to compute besides the loss, by name.
        callbacks: called in this order.
        accumulate: number of batches in one step. Except for rounding, the step equals that of one batch with all their
            samples; the last step of an epoch may have fewer batches. Layers that compute over a batch, such as
            BatchNorm, still see the small batches.
        divisor: the number by which `loss_fn` divides the sum over a batch, as a function of outputs and targets, or
            "sum" if it does not divide. It is the weight of a batch in the loss of a step, an epoch or a set. With
            None, the divisor is known for the losses of this library, also with class weights, `ignore_index` and
            `reduction`; for others it is the number of samples.
        generators: your own random streams, by name, to keep in checkpoints; the default generator, those of the
            loader and its samplers, and Python's and NumPy's global streams are kept anyway.
        config: a description of the run to keep in checkpoints: dicts, lists, strings, numbers.

    Attributes:
        epoch: number of finished epochs.
        step: number of steps taken.
        batch: number of batches used in the current epoch; 0 between epochs.
        epochs, batches: number of epochs to train; number of batches in each, None if the loader does not know.
        loss, samples, lr: loss, number of samples and learning rate of the last step; the rate is that of the first
            parameter group.
        running: the sums over the current epoch.
        history: the measurements.

    Raises:
        ValueError: `accumulate` is less than 1.

    Example:
        >>> trainer = Trainer(model, optimizer, F.cross_entropy, metrics={"accuracy": Accuracy()})
        >>> history = trainer.fit(loader, epochs=5, validation=other_loader)
        >>> history.column("validation_accuracy")
    """

    callbacks: list[Callback]
    epochs: int = 0
    batches: int | None = None
    _loader_state: State | None = None

    def __init__(
        self,
        model: Module,
        optimizer: Optimizer,
        loss_fn: Loss,
        *,
        metrics: Mapping[str, Metric] | None = None,
        callbacks: Sequence[Callback] = (),
        accumulate: int = 1,
        generators: Mapping[str, Generator] | None = None,
        config: object = None,
        divisor: Divisor = None,
    ) -> None:
        if accumulate < 1:
            raise ValueError(f"Trainer: expected accumulate of at least 1 batch, got {accumulate}")
        super().__init__(model, optimizer, callbacks, Running(metrics or {}), generators or {}, config)
        self.loss_fn = loss_fn
        self.accumulate = accumulate
        self.divisor = divisor_of(loss_fn) if divisor is None else divisor
        self._frozen: list[Module] = []
        self._interrupt = Interrupt()

    def __repr__(self) -> str:
        return (
            f"Trainer({type(self.model).__name__}, {type(self.optimizer).__name__}, {loss_name(self.loss_fn)}, "
            f"accumulate={self.accumulate}, epoch={self.epoch}, step={self.step})"
        )

    def fit(
        self,
        loader: Iterable[object],
        epochs: int,
        *,
        validation: ValidationSets = None,
        resume: str | os.PathLike[str] | None = None,
    ) -> History:
        """Train until `epochs` passes over `loader` are finished, including those of earlier calls and of `resume`.

        After each epoch the validation sets are measured, and a row is added to the history. After the first Ctrl-C the
        run ends when the current step, or the measuring after an epoch, is complete; the second one raises
        KeyboardInterrupt.

        Args:
            loader: yields batches (inputs, targets); iterated once an epoch.
            epochs: total number of passes, at least 1.
            validation: a loader, measured as ``validation_loss`` and so on; or loaders by name, measured as
                ``{name}_loss``.
            resume: a checkpoint, or the folder of `Checkpoints`, whose newest undamaged checkpoint is used.
                Training continues as if it had never stopped, bit for bit. With an empty folder it starts from the
                beginning. Settings that differ from the checkpoint's cause an error, or apply from here on with
                a warning; docs/training.md has the list.

        Returns:
            The history, which is also `self.history`.

        Raises:
            ValueError: `epochs` is less than 1, a batch is not a pair, the loader yields no batches, or the
                checkpoint does not fit; in the last case nothing was changed.
            FloatingPointError: the loss or a gradient is NaN or infinite; the message says which inputs or targets are
                not finite. Parameters and buffers are as before the step, and the last checkpoint is kept.
        """
        if epochs < 1:
            raise ValueError(f"Trainer.fit: expected epochs of at least 1, got {epochs}")
        self.loader, self.epochs = loader, epochs
        self.batches = length(loader)
        self._stop_reason = ""
        if resume is not None:
            self.resume(resume)
        elif self.batch:
            self._continue_epoch()
        self._beginning = self._described()
        self._loader_state = None
        self.history.interrupted, self.history.stopped = False, ""
        sets = _by_name(validation)
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
        """End the run after this step or epoch; callbacks call it.

        Args:
            reason: shown to the user.
        """
        self._stop_reason = self._stop_reason or reason

    def evaluate(self, loader: Iterable[object], metrics: Mapping[str, Metric] | None = None) -> dict[str, Any]:
        """Return the loss over `loader`, as if it were one batch, and the metrics, in evaluation mode.

        Args:
            loader: yields batches (inputs, targets).
            metrics: the metrics to compute instead of the trainer's own.

        Raises:
            ValueError: there are no batches, or one is not a pair.
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

    def predict(self, inputs: Tensor | Iterable[object], batch_size: int = 500) -> Tensor:
        """Return the model's outputs for all inputs, in evaluation mode, concatenated along the first axis.

        Args:
            inputs: a tensor (N, ...); or batches, where the first element of a tuple or list is used.
            batch_size: number of rows of a tensor to compute at once.

        Raises:
            ValueError: there are no inputs.
        """
        batches = inputs
        if isinstance(inputs, Tensor):
            batches = (inputs[i : i + batch_size] for i in range(0, len(inputs), batch_size))
        with evaluating(self.model):
            outputs = [self.model(batch[0] if isinstance(batch, list | tuple) else batch) for batch in batches]
        if not outputs:
            raise ValueError("Trainer.predict: expected at least one input, got none")
        return ops.cat(outputs, 0)

    def _continue_epoch(self) -> None:
        """Continue the epoch that an earlier `fit` stopped in; restart it if the loader has no state."""
        if self._loader_state is not None and isinstance(self.loader, Resumable):
            self.loader.load_state_dict(self._loader_state)
        else:
            self.batch = 0

    def _put_into_training_mode(self) -> None:
        """Put all modules into training mode, except frozen ones, which the user put into evaluation mode."""
        if self.model.training:
            self._frozen = [module for module in self.model.modules() if not module.training]
        self.model.train()
        for module in self._frozen:
            module.training = False

    def _run_epoch(self, loader: Iterable[object], sets: dict[str, Iterable[object]]) -> None:
        """Train for an epoch, or the rest of one, and measure it."""
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
                break  # the end of the epoch, whose callbacks are called below
            self._call("at_rest")
            if self._interrupt.wanted:
                self.stop("interrupted")
            if self._stop_reason:
                if isinstance(loader, Resumable):
                    self._loader_state = loader.state_dict()
                return
        if not self.running.samples:
            raise ValueError("Trainer.fit: expected a loader that yields batches, got none; an iterator is used up "
                             "after one epoch")  # fmt: skip
        row = {"epoch": self.epoch + 1, "step": self.step, **self.running.compute()}
        for name, other in sets.items():
            row.update({f"{name}_{key}": value for key, value in self.evaluate(other).items()})
        self._seconds = time.perf_counter() - started
        numbers = {key: number for key, value in row.items() if (number := _number(value)) is not None}
        self.history.rows.append({**numbers, "lr": self.lr, "seconds": self._seconds})
        self.epoch += 1
        self.batch = 0
        self._call("on_epoch_end")
        self._call("at_rest")
        if self._interrupt.wanted:
            self.stop("interrupted")


def _by_name(validation: ValidationSets) -> dict[str, Iterable[object]]:
    if validation is None:
        return {}
    return dict(validation) if isinstance(validation, Mapping) else {"validation": validation}


def _number(value: object) -> float | None:
    """Return the value of a metric as a Python number; None for values that rows cannot hold, such as a matrix."""
    if isinstance(value, Tensor | np.ndarray | np.generic):
        array = np.asarray(value)
        value = array.item() if array.size == 1 else None
    return value if isinstance(value, int | float) else None
