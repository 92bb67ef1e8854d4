"""How one batch is read, whoever reads it; and what passes between a loader and its workers."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, Protocol

from tinygrad_cnn.data.collate import default_collate
from tinygrad_cnn.data.dataset import fetch, samples
from tinygrad_cnn.data.seeding import OfBatch, use_generator, use_generator_of
from tinygrad_cnn.data.workers.dealing import Dealer


class Task(NamedTuple):
    """One batch to be read.

    Attributes:
        number: what the batch's generator follows from, together with the seed of the epoch.
        indices: a list of indices, or one index where the loader makes no batches; None for an iterable data set.
        drop: read it, since a stream cannot be read otherwise, but hand nothing out.
    """

    number: int
    indices: Any = None
    drop: bool = False


class End:
    """Handed back instead of a batch when an iterable data set has no more."""


@dataclass(frozen=True)
class Failure:
    """Handed back instead of a batch when reading raised an error."""

    error: Exception


class Pool(Protocol):
    """Those who read; task by task and worker by worker, results come back in the order of the tasks."""

    workers: int
    ahead: int
    """How many tasks a worker may hold, those included that are read and not yet handed out; 0 reads on demand."""

    def begin(self, base_seed: int) -> None:
        """Start an epoch; what is left of another one is forgotten."""

    def submit(self, worker: int, task: Task) -> None:
        """Give a worker a task."""

    def receive(self, worker: int) -> Any:
        """Wait for the result of the worker's oldest task: a batch, an `End` or a `Failure`."""

    def close(self) -> None:
        """End the workers."""


@dataclass(frozen=True)
class Plan:
    """What a worker has to know to read batches.

    Attributes:
        dataset: read by index, or from its start if `iterable`.
        collate_fn: makes a batch of samples.
        iterable: whether the data set is iterable.
        batch_size: samples in a batch of an iterable data set; None for samples as they are.
        drop_last: leave out the last batch of an iterable data set if it is shorter.
        batches: whether a task's indices are a list.
        init_fn: called with the worker's number when it starts.
        timeout: how long to wait for a batch, seconds; 0 for as long as it takes.
    """

    dataset: Any
    collate_fn: Callable[[Any], Any]
    iterable: bool
    batch_size: int | None
    drop_last: bool
    batches: bool
    init_fn: Callable[[int], Any] | None = None
    timeout: float = 0

    @property
    def size(self) -> int:
        """How many samples of an iterable data set are read at once."""
        return 1 if self.batch_size is None else self.batch_size

    def dealer(self, base_seed: int, shared: bool = False) -> Dealer:
        """Return who deals out an epoch of an iterable data set; `shared` by several threads."""
        return Dealer(self.dataset, self.size, base_seed, shared)


class Reader:
    """Reads the batches of one epoch in one worker.

    Args:
        plan: what to read.
        base_seed: what the generators of the batches follow from.
        dealer: who deals out an iterable data set, if several threads share one.
    """

    def __init__(self, plan: Plan, base_seed: int, dealer: Dealer | None = None) -> None:
        self._plan = plan
        self._base_seed = base_seed
        self._dealer = dealer or plan.dealer(base_seed)
        self._own: Iterator[Any] | None = None  # of a data set that shares itself out
        self._started = False

    def read(self, task: Task) -> Any:
        """Return the batch that `task` asks for, an `End`, or a `Failure` with the error that was raised."""
        try:
            with use_generator_of(self._base_seed, task.number) as generator:
                return self._next(task, generator) if self._plan.iterable else self._at(task.indices)
        except StopIteration as error:  # would end the loop over the loader as if there were no more batches
            wrong = RuntimeError(f"{type(self._plan.dataset).__name__} raised StopIteration while a batch was read")
            wrong.__cause__ = error
            return Failure(wrong)
        except Exception as error:
            return Failure(error)

    def _at(self, indices: Any) -> Any:
        plan = self._plan
        if not plan.batches:
            return plan.collate_fn(samples(plan.dataset, [indices])[0])
        if plan.collate_fn is default_collate:
            return fetch(plan.dataset, indices)
        return plan.collate_fn(samples(plan.dataset, indices))

    def _next(self, task: Task, generator: OfBatch) -> Any:
        plan = self._plan
        if not self._started:
            begun = self._dealer.begin(task.number)
            self._started = True
            if begun is not None:
                self._own, generator = begun
        if self._own is None:
            found, generator = self._dealer.take(task.number)
        with use_generator(generator):
            if self._own is not None:
                found = list(islice(self._own, plan.size))
            if not found or (plan.drop_last and len(found) < plan.size):
                return End()
            if task.drop:
                return None
            return plan.collate_fn(found[0] if plan.batch_size is None else found)


def annotated(failure: Failure, worker: str, task: Task) -> Failure:
    """Return the failure, its error with a note of the worker, the batch and the traceback there."""
    text = "".join(traceback.format_exception(failure.error))
    where = "" if task.indices is None else f", indices {_shortened(task.indices)}"
    failure.error.add_note(f"raised in DataLoader {worker} while reading batch {task.number}{where}:\n{text}")
    return failure


def _shortened(indices: Any, most: int = 8) -> str:
    if not isinstance(indices, list) or len(indices) <= most:
        return repr(indices)
    return f"[{', '.join(map(repr, indices[:most]))}, ... {len(indices)} in all]"


class Inline:
    """No workers: the caller reads each batch when it asks for it."""

    workers = 1
    ahead = 0

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._reader = Reader(plan, 0)
        self._task = Task(0)

    def begin(self, base_seed: int) -> None:
        """Start an epoch."""
        self._reader = Reader(self._plan, base_seed)

    def submit(self, worker: int, task: Task) -> None:  # noqa: ARG002 - there is one only
        """Remember what to read."""
        self._task = task

    def receive(self, worker: int) -> Any:  # noqa: ARG002
        """Read it."""
        return self._reader.read(self._task)

    def close(self) -> None:
        """Nothing to end."""
