"""`EpochIterator`: one pass over a loader, which assigns batches to workers; `EpochPosition`: its progress."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import InitVar, dataclass, field

from tinygrad_cnn.data._types import Batch, Index
from tinygrad_cnn.data.generators import State
from tinygrad_cnn.data.workers.fetcher import End, Failure, Task
from tinygrad_cnn.data.workers.pool import Pool


@dataclass
class EpochPosition:
    """The progress of an epoch; the loader keeps it after the iterator is gone.

    Attributes:
        base_seed: determines the generators of the epoch's batches.
        start: the states, at the start of the epoch, of the generators of the order.
        batches: number of batches handed out.
        lazy: whether the sampler also draws from its generators during the epoch.
        done: whether the iterator has raised StopIteration.
    """

    base_seed: int
    start: list[State] = field(default_factory=list)
    batches: int = 0
    lazy: bool = False
    done: bool = False


@dataclass(eq=False, repr=False)
class EpochIterator(Iterator[Batch]):
    """The iterator over the batches of one epoch; threads may share it, and each batch goes to one of them.

    Worker n mod W reads batch n, and batches are handed out in order, so neither the order nor the batches depend on
    the speed of the workers. If one worker's shard of an iterable data set has ended, the others continue in turn.

    Args:
        position: updated with each batch.
        pool: the workers.
        order: yields the indices of each batch; None for an iterable data set.
        skip: number of batches of an iterable data set to read and drop.
        release: called with the pool when the epoch is over or the iterator is collected.
    """

    position: EpochPosition
    pool: Pool
    order: Iterator[Index] | None
    skip: int
    release: InitVar[Callable[[Pool], None]]

    def __post_init__(self, release: Callable[[Pool], None]) -> None:
        position, pool = self.position, self.pool
        self._number = position.batches if self.order is not None else 0
        self._given = [0] * pool.workers  # tasks of each worker so far, for an iterable data set
        self._held = [0] * pool.workers  # tasks that each worker has now
        self._turns = deque(range(pool.workers))
        self._waiting: deque[tuple[int, int]] = deque()  # (worker, number of the batch), oldest first
        self._lock = threading.Lock()
        self._finish = weakref.finalize(self, release, pool)
        if pool.ahead:
            self._submit_tasks()

    def __next__(self) -> Batch:
        with self._lock:
            return self._next_batch()

    def _next_batch(self) -> Batch:
        while self._finish.alive:
            self._submit_tasks()
            if not self._waiting:
                self.position.done = True
                self._finish()
                break
            worker, number = self._waiting.popleft()
            try:
                result = self.pool.receive(worker)
            except BaseException:  # a worker has died, or Ctrl-C: the order of the results is lost
                self._finish.detach()
                self.pool.close()
                raise
            self._held[worker] -= 1
            if isinstance(result, End):
                if worker in self._turns:
                    self._turns.remove(worker)
                continue
            dropped = self.skip > 0 and not isinstance(result, Failure)
            self.skip -= dropped
            if self.pool.ahead:
                self._submit_tasks()  # before the caller continues, so that the worker can read meanwhile
            if isinstance(result, Failure):
                error = result.error
                del result  # breaks the reference cycle of this frame, the failure, its error and the traceback
                try:
                    raise error
                finally:
                    del error
            if dropped:
                continue
            self.position.batches = self.position.batches + 1 if self.order is None else number + 1
            return result
        raise StopIteration

    def _submit_tasks(self) -> None:
        """Submit tasks until every worker has the maximum number, or no tasks are left."""
        most = max(self.pool.ahead, 1)
        while self._turns and self._held[self._turns[0]] < most:
            worker = self._turns[0]
            if self.order is None:
                # The number, and with it the batch's generator, depends only on the worker's own count.
                number = self._given[worker] * self.pool.workers + worker
                task = Task(number, None, drop=len(self._waiting) < self.skip)
            else:
                try:
                    task = Task(self._number, next(self.order))
                except StopIteration:
                    self._turns.clear()
                    return
                number = self._number
                self._number += 1
            self.pool.submit(worker, task)
            self._given[worker] += 1
            self._held[worker] += 1
            self._waiting.append((worker, number))
            self._turns.rotate(-1)
