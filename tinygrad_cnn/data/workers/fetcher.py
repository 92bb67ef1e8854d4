"""`Fetcher`, which reads batches in a worker, and the messages between a loader and its workers."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from tinygrad_cnn.data._types import AnyDataset, Batch, Function, Index, Sample
from tinygrad_cnn.data.collate import default_collate
from tinygrad_cnn.data.dataset import fetch, samples
from tinygrad_cnn.data.seeding import GeneratorSource, batch_source, use_source
from tinygrad_cnn.data.workers.sharding import StreamSharder


class Task(NamedTuple):
    """One batch to be read.

    Attributes:
        number: determines the batch's generator, together with the seed of the epoch.
        indices: a list of indices, or one index if the loader makes no batches; None for an iterable data set.
        drop: read the batch but return None: a stream can be skipped only by reading it.
    """

    number: int
    indices: Index = None
    drop: bool = False


class End:
    """Returned instead of a batch when an iterable data set has no more samples."""


@dataclass(frozen=True)
class Failure:
    """Returned instead of a batch when reading raised an error."""

    error: Exception


@dataclass(frozen=True)
class FetchPlan:
    """The settings that a worker needs to read batches.

    Attributes:
        dataset: read by index, or from its start if `iterable`.
        collate_fn: makes a batch from samples.
        iterable: whether the data set is iterable.
        batch_size: samples in a batch of an iterable data set; None for single samples.
        drop_last: leave out the last batch of an iterable data set if it is smaller.
        batches: whether a task's indices are a list.
        init_fn: called with the worker's number when it starts.
        timeout: seconds to wait for a batch; 0 for no limit.
    """

    dataset: AnyDataset
    collate_fn: Function
    iterable: bool
    batch_size: int | None
    drop_last: bool
    batches: bool
    init_fn: Callable[[int], object] | None = None
    timeout: float = 0

    @property
    def size(self) -> int:
        """Number of samples of an iterable data set that are read at once."""
        return 1 if self.batch_size is None else self.batch_size

    def sharder(self, base_seed: int, shared: bool = False) -> StreamSharder:
        """Return a sharder for one epoch of an iterable data set; `shared` by several threads."""
        return StreamSharder(self.dataset, self.size, base_seed, shared)


class Fetcher:
    """Reads the batches of one epoch in one worker.

    Args:
        plan: the data set, and how to read it.
        base_seed: determines the generators of the batches.
        sharder: the sharder of an iterable data set, if several threads share one.
    """

    def __init__(self, plan: FetchPlan, base_seed: int, sharder: StreamSharder | None = None) -> None:
        self._plan = plan
        self._base_seed = base_seed
        self._sharder = sharder or plan.sharder(base_seed)
        self._own: Iterator[Sample] | None = None  # of a data set that shards itself
        self._started = False

    def fetch(self, task: Task) -> Batch:
        """Return the batch of `task`, an `End`, or a `Failure` with the error that was raised."""
        source = batch_source(self._base_seed, task.number)
        try:
            with use_source(source):
                return self._next(task, source) if self._plan.iterable else self._at(task.indices)
        except StopIteration as error:  # would end the user's loop as if there were no more batches
            wrong = RuntimeError(f"{type(self._plan.dataset).__name__} raised StopIteration while a batch was read")
            wrong.__cause__ = error
            return Failure(wrong)
        except Exception as error:
            return Failure(error)

    def _at(self, indices: Index) -> Batch:
        plan = self._plan
        if not plan.batches:
            return plan.collate_fn(samples(plan.dataset, [indices])[0])
        if plan.collate_fn is default_collate:
            return fetch(plan.dataset, indices)
        return plan.collate_fn(samples(plan.dataset, indices))

    def _next(self, task: Task, source: GeneratorSource) -> Batch:
        plan = self._plan
        if not self._started:
            begun = self._sharder.begin(task.number)
            self._started = True
            if begun is not None:
                self._own, source = begun
        if self._own is None:
            found, source = self._sharder.take(task.number)
        with use_source(source):
            if self._own is not None:
                found = list(islice(self._own, plan.size))
            if not found or (plan.drop_last and len(found) < plan.size):
                return End()
            if task.drop:
                return None
            return plan.collate_fn(found[0] if plan.batch_size is None else found)


def annotate(failure: Failure, worker: str, task: Task) -> Failure:
    """Add a note with the worker, the batch and the traceback to the failure's error; return the failure."""
    text = "".join(traceback.format_exception(failure.error))
    where = "" if task.indices is None else f", indices {_shortened(task.indices)}"
    failure.error.add_note(f"raised in DataLoader {worker} while reading batch {task.number}{where}:\n{text}")
    return failure


def _shortened(indices: Index, most: int = 8) -> str:
    if not isinstance(indices, list) or len(indices) <= most:
        return repr(indices)
    return f"[{', '.join(map(repr, indices[:most]))}, ... {len(indices)} in all]"
