"""One pass over a loader: which batch is read next, by whom, and how far the pass has come."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tinygrad_cnn.data.workers.reading import End, Failure, Pool, Task


@dataclass
class Progress:
    """How far an epoch has come; the loader keeps it when the iterator is gone.

    Attributes:
        base_seed: what the generators of its batches follow from.
        start: the states that the generators of the order had when it began.
        batches: how many batches were handed out.
        lazy: whether the sampler draws from its generators during the epoch too.
        done: whether the iterator has said that there are no more.
    """

    base_seed: int
    start: list[Any] = field(default_factory=list)
    batches: int = 0
    lazy: bool = False
    done: bool = False


class Epoch(Iterator[Any]):
    """The iterator over the batches of one epoch; safe to share between threads, each batch going to one of them.

    Batch n is read by worker n mod W, and batches are handed out in their order: so neither the order nor the batch
    depends on how fast the workers are. Where a worker's share of an iterable data set has ended, the others go on in
    turn.

    Args:
        progress: where to count.
        pool: who reads.
        order: the indices of each batch; None for an iterable data set.
        skip: how many batches of an iterable data set are read and dropped.
        release: called with the pool when the epoch is over or the iterator is thrown away.
    """

    def __init__(
        self, progress: Progress, pool: Pool, order: Iterator[Any] | None, skip: int, release: Callable[[Pool], None]
    ) -> None:
        self._progress = progress
        self._pool = pool
        self._order = order
        self._skip = skip
        self._number = progress.batches if order is not None else 0
        self._given = [0] * pool.workers  # tasks of each worker so far, for an iterable data set
        self._held = [0] * pool.workers  # tasks that each worker has now
        self._turns = deque(range(pool.workers))
        self._waiting: deque[tuple[int, int]] = deque()  # (worker, number of the batch), oldest first
        self._lock = threading.Lock()
        self._finish = weakref.finalize(self, release, pool)
        if pool.ahead:
            self._fill()

    def __next__(self) -> Any:
        with self._lock:
            if not self._finish.alive:
                raise StopIteration
            return self._following()

    def _following(self) -> Any:
        while True:
            self._fill()
            if not self._waiting:
                self._progress.done = True
                self._finish()
                raise StopIteration
            worker, number = self._waiting.popleft()
            try:
                result = self._pool.receive(worker)
            except BaseException:  # a worker has died, or Ctrl-C: nobody would know any more whose turn it is
                self._finish.detach()
                self._pool.close()
                raise
            self._held[worker] -= 1
            if isinstance(result, End):
                if worker in self._turns:
                    self._turns.remove(worker)
                continue
            dropped = self._skip > 0 and not isinstance(result, Failure)
            self._skip -= dropped
            if self._pool.ahead:
                self._fill()  # before the caller goes to work, so that the worker can
            if isinstance(result, Failure):
                error = result.error
                del result  # no cycle of this frame, the failure, its error and the error's traceback
                try:
                    raise error
                finally:
                    del error
            if dropped:
                continue
            self._progress.batches = self._progress.batches + 1 if self._order is None else number + 1
            return result

    def _fill(self) -> None:
        """Give out tasks until every worker holds as many as it may, or nothing is left."""
        most = max(self._pool.ahead, 1)
        while self._turns and self._held[self._turns[0]] < most:
            worker = self._turns[0]
            if self._order is None:
                # The number, and with it the batch's generator, depends on the worker's own count only.
                number = self._given[worker] * self._pool.workers + worker
                task = Task(number, None, drop=len(self._waiting) < self._skip)
            else:
                try:
                    task = Task(self._number, next(self._order))
                except StopIteration:
                    self._turns.clear()
                    return
                number = self._number
                self._number += 1
            self._pool.submit(worker, task)
            self._given[worker] += 1
            self._held[worker] += 1
            self._waiting.append((worker, number))
            self._turns.rotate(-1)
