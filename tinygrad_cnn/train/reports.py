"""The training interfaces of two courses: `Trainer` with their arguments and printed lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from tinygrad_cnn._checks import nearest
from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import as_tensor
from tinygrad_cnn.data import DataLoader, TensorDataset
from tinygrad_cnn.nn import Module
from tinygrad_cnn.nn import functional as F
from tinygrad_cnn.optim import SGD, Adagrad, Adam, Optimizer, RMSprop
from tinygrad_cnn.tensor import Tensor
from tinygrad_cnn.train.callbacks.callback import Callback
from tinygrad_cnn.train.history import History
from tinygrad_cnn.train.metrics import Accuracy
from tinygrad_cnn.train.trainer import Trainer

Pair = tuple[Tensor | Array, Tensor | Array]
"""Inputs (N, ...) and class indices (N,)."""

Write: TypeAlias = Callable[[str], object]
"""A function that takes one line of output."""

_OPTIMIZERS: dict[str, tuple[type[Optimizer], dict[str, Any]]] = {
    "sgd": (SGD, {"lr": 0.01}),
    "momentum": (SGD, {"lr": 0.01, "momentum": 0.9}),
    "nesterov": (SGD, {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
    "adagrad": (Adagrad, {"lr": 0.01}),
    "rmsprop": (RMSprop, {"lr": 0.01}),
    "adam": (Adam, {"lr": 0.001}),
}


class _Lines(Callback):
    """Base class of the callbacks that print lines."""

    def __init__(self, write: Write = print) -> None:
        self.write = write


class LossLines(_Lines):
    """Print ``train loss:2.2994883…`` after every step.

    Args:
        write: called with each line.
    """

    def on_step_end(self, trainer: Trainer) -> None:
        """Print the line."""
        self.write(f"train loss:{trainer.loss}")


class AccuracyLines(_Lines):
    """Print ``=== epoch:33, train acc:0.999, test acc:0.956 ===`` after every epoch.

    The accuracies are those of the validation sets named "train" and "test".

    Args:
        write: called with each line.
    """

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Print the line."""
        row = trainer.history.rows[-1]
        self.write(
            f"=== epoch:{trainer.epoch}, train acc:{row['train_accuracy']:.3f}, test acc:{row['test_accuracy']:.3f} ==="
        )


class CostLines(_Lines):
    """Print ``Epoch 2: cost=1.129, accuracy=0.546/0.540 (383/383 secs)`` after every `report` epochs.

    The accuracies are those on the training set (measured during the epoch, while the network changed) and on the
    validation set. The seconds are counted from the previous line and from the start.

    Args:
        report: number of epochs between two lines; 0 prints none.
        write: called with each line.
    """

    def __init__(self, report: int = 1, write: Write = print) -> None:
        if report < 0:
            raise ValueError(f"CostLines: expected report of at least 0 epochs, got {report}")
        super().__init__(write)
        self.report = report

    def on_fit_start(self, trainer: Trainer) -> None:
        """Start the clock."""
        rows = trainer.history.rows
        self._before = rows[-1]["seconds"] if rows else 0.0

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Print the line if it is due."""
        if not self.report or trainer.epoch % self.report:
            return
        row = trainer.history.rows[-1]
        total = row["seconds"]
        self.write(
            f"Epoch {trainer.epoch}: cost={row['loss']:.3f}, "
            f"accuracy={row['accuracy']:.3f}/{row['validation_accuracy']:.3f} "
            f"({total - self._before:.0f}/{total:.0f} secs)"
        )
        self._before = total


class ArrayTrainer:
    """Train a classifier on arrays: random mini-batches, softmax loss, accuracies on both sets after each epoch.

    Args:
        network: maps (N, ...) to scores (N, classes).
        x_train: training inputs (N, ...).
        t_train: their classes (N,).
        x_test: test inputs.
        t_test: their classes.
        epochs: passes over the training set.
        mini_batch_size: number of samples in a step.
        optimizer: "SGD", "Momentum", "Nesterov", "AdaGrad", "RMSprop" or "Adam", in any case.
        optimizer_param: its settings, such as ``{"lr": 0.01}``.
        evaluate_sample_num_per_epoch: the accuracies after an epoch are measured on this number of samples from the
            start of each set; on all samples if None.
        verbose: whether to print the loss of each step, and the accuracies.
        write: called with each line.

    Attributes:
        train_loss_list: the loss of every step.
        train_acc_list, test_acc_list: the accuracies after every epoch.
        history: all measurements.

    Raises:
        ValueError: the optimizer is unknown; the message lists the known ones.

    Example:
        >>> trainer = ArrayTrainer(network, x_train, t_train, x_test, t_test, epochs=20, mini_batch_size=100,
        ...                        optimizer="Adam", optimizer_param={"lr": 0.001}, evaluate_sample_num_per_epoch=1000)
        >>> trainer.train()
    """

    def __init__(
        self,
        network: Module,
        x_train: Tensor | Array,
        t_train: Tensor | Array,
        x_test: Tensor | Array,
        t_test: Tensor | Array,
        epochs: int = 20,
        mini_batch_size: int = 100,
        optimizer: str = "SGD",
        optimizer_param: Mapping[str, Any] | None = None,
        evaluate_sample_num_per_epoch: int | None = None,
        verbose: bool = True,
        write: Write = print,
    ) -> None:
        if optimizer.lower() not in _OPTIMIZERS:
            raise ValueError(
                f"ArrayTrainer: expected optimizer as one of {', '.join(_OPTIMIZERS)}, got {optimizer!r}"
                f"{nearest(optimizer, _OPTIMIZERS)}"
            )
        kind, settings = _OPTIMIZERS[optimizer.lower()]
        n = evaluate_sample_num_per_epoch
        self.network = network
        self.epochs = epochs
        self.loader = _loader((x_train, t_train), mini_batch_size, shuffle=True)
        self.test_loader = _loader((x_test, t_test))
        self.measured = {"train": _loader((x_train[:n], t_train[:n])), "test": _loader((x_test[:n], t_test[:n]))}
        self.verbose = verbose
        self.write = write
        self.trainer = Trainer(
            network,
            kind(network.parameters(), **{**settings, **(optimizer_param or {})}),
            F.cross_entropy,
            metrics={"accuracy": Accuracy()},
            callbacks=[LossLines(write), AccuracyLines(write)] if verbose else [],
        )

    def train(self) -> History:
        """Train, print the final test accuracy, and return the history."""
        history = self.trainer.fit(self.loader, self.epochs, validation=self.measured)
        self.train_loss_list = history.loss
        self.train_acc_list = history.column("train_accuracy") if history.rows else []
        self.test_acc_list = history.column("test_accuracy") if history.rows else []
        if self.verbose:
            self.write("=============== Final Test Accuracy ===============")
            self.write(f"test acc:{self.trainer.evaluate(self.test_loader)['accuracy']}")
        return history

    @property
    def history(self) -> History:
        """The measurements so far."""
        return self.trainer.history


def exec_all(
    model: Module,
    train: Pair,
    validation: Pair,
    test: Pair,
    *,
    epoch_count: int = 10,
    batch_size: int = 10,
    learning_rate: float = 0.001,
    report: int = 2,
    use_adam: bool = True,
    name: str = "model",
    write: Write = print,
) -> tuple[History, float]:
    """Train a classifier with a line every `report` epochs, then report its accuracy on the test set.

    Args:
        model: maps (N, ...) to scores (N, classes).
        train: inputs and classes to train on.
        validation: inputs and classes to measure after each epoch.
        test: inputs and classes to measure at the end.
        epoch_count: passes over the training set.
        batch_size: number of samples in a step.
        learning_rate: the learning rate of Adam or SGD.
        report: number of epochs between two lines; 0 prints none.
        use_adam: whether to use Adam rather than plain SGD.
        name: the model's name in the lines.
        write: called with each line.

    Returns:
        The history, and the test accuracy.
    """
    optimizer: Optimizer = (Adam if use_adam else SGD)(model.parameters(), lr=learning_rate)
    trainer = Trainer(
        model, optimizer, F.cross_entropy, metrics={"accuracy": Accuracy()}, callbacks=[CostLines(report, write)]
    )
    write(f"Model {name} train started:")
    history = trainer.fit(_loader(train, batch_size, shuffle=True), epoch_count, validation=_loader(validation))
    write(f"Model {name} train ended in {history.rows[-1]['seconds'] if history.rows else 0:.0f} secs:")
    started = time.perf_counter()
    accuracy: float = trainer.evaluate(_loader(test))["accuracy"]
    write(f"Model {name} test report: accuracy = {accuracy:.3f}, ({time.perf_counter() - started:.0f} secs)")
    return history, accuracy


def _loader(pair: Pair, batch_size: int = 500, *, shuffle: bool = False) -> DataLoader:
    return DataLoader(TensorDataset(*map(as_tensor, pair)), batch_size=batch_size, shuffle=shuffle)
