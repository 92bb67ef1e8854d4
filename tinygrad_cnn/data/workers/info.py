"""`get_worker_info`: information about the running worker, for data sets that shard themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import count

from tinygrad_cnn.data._types import AnyDataset, Sample
from tinygrad_cnn.data.seeding import GeneratorSource, use_source

_END = object()


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """The information about a worker of a `DataLoader`.

    Attributes:
        id: from 0 to num_workers − 1.
        num_workers: the number of workers.
        seed: the worker's own seed: the seed of the epoch in which it was started, plus `id`.
        dataset: the data set that it reads; in a process its own copy.
        worker_method: "thread" or "multiprocessing".
    """

    id: int
    num_workers: int
    seed: int
    dataset: AnyDataset
    worker_method: str = "multiprocessing"


@dataclass(eq=False)
class WorkerState:
    """A worker's info, and whether `get_worker_info` was called.

    Attributes:
        info: the info of the worker.
        asked: whether `get_worker_info` was called in this epoch, or when the worker started.
        asked_at_start: whether it was called when the worker started.
        common: returns a generator that draws the same numbers in all workers in this epoch.
    """

    info: WorkerInfo
    asked: bool = False
    asked_at_start: bool = False
    common: GeneratorSource | None = None

    def started(self) -> None:
        """Note that all calls until now came from the `worker_init_fn`."""
        self.asked_at_start = self.asked

    def begin(self) -> None:
        """Begin an epoch."""
        self.asked = self.asked_at_start


of_thread: ContextVar[WorkerState | None] = ContextVar("tinygrad_cnn_worker_info", default=None)
"""The worker that runs in the current thread."""
_of_process: WorkerState | None = None


def current() -> WorkerState:
    """Return the state of the worker that runs the caller; outside of a worker, a new state with 0 workers."""
    return of_thread.get() or _of_process or WorkerState(WorkerInfo(0, 0, 0, None))


def get_worker_info() -> WorkerInfo | None:
    """Return information about the worker that runs the caller; None outside of a worker.

    An `IterableDataset` that calls this before its first sample, or whose `worker_init_fn` does, must give
    each worker its own shard; the loader shards all other data sets.
    """
    state = current()
    state.asked = True
    return state.info if state.info.num_workers else None


def set_process_state(state: WorkerState) -> None:
    """Make this process a worker, in all of its threads."""
    global _of_process
    _of_process = state


def own_shard(dataset: AnyDataset) -> Iterator[Sample]:
    """Yield this worker's samples of one data set in a chain.

    These are all samples, unless an earlier data set of the chain shards itself and this data set does not.
    """
    state = current()
    if state.common is None or state.asked_at_start or not state.asked:
        yield from dataset
        return
    state.asked = shards_itself = False
    with use_source(state.common):  # an order drawn by the data set must be the same in all workers
        items = iter(dataset)
    for i in count():
        with use_source(state.common):
            item = next(items, _END)
        if not i:
            shards_itself, state.asked = state.asked, True
        if item is _END:
            return
        if shards_itself or i % state.info.num_workers == state.info.id:
            yield item
