"""`Pool`, the protocol of a loader's workers; `InlinePool`, no workers; `PersistentPool`, which keeps idle workers."""

from __future__ import annotations

import os
from typing import Protocol

from tinygrad_cnn.data._types import Batch
from tinygrad_cnn.data.workers.fetcher import Fetcher, FetchPlan, Task


class Pool(Protocol):
    """Workers with numbers from 0; each returns its results in the order of its tasks."""

    workers: int
    ahead: int
    """The number of tasks that a worker may have, including batches read but not yet handed out; 0 reads on demand."""

    def begin(self, base_seed: int) -> None:
        """Start an epoch; tasks and results of the previous epoch are dropped."""

    def submit(self, worker: int, task: Task) -> None:
        """Give a worker a task."""

    def receive(self, worker: int) -> Batch:
        """Wait for the result of the worker's oldest task: a batch, an `End` or a `Failure`."""

    def close(self) -> None:
        """Stop the workers."""


class InlinePool:
    """No workers: the caller reads each batch when it asks for it."""

    workers = 1
    ahead = 0

    def __init__(self, plan: FetchPlan) -> None:
        self._plan = plan

    def begin(self, base_seed: int) -> None:
        """Start an epoch."""
        self._fetcher = Fetcher(self._plan, base_seed)

    def submit(self, worker: int, task: Task) -> None:  # noqa: ARG002 - there is only one
        """Remember the task."""
        self._task = task

    def receive(self, worker: int) -> Batch:  # noqa: ARG002
        """Read the batch."""
        return self._fetcher.fetch(self._task)

    def close(self) -> None:
        """Do nothing: there is nothing to stop."""


class PersistentPool:
    """Holds persistent workers between two epochs.

    Two iterators at once need two pools; the pool that is given back first is kept.

    Args:
        wanted: whether workers are persistent.
    """

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._pool: Pool | None = None
        self._owner = os.getpid()

    def take(self) -> Pool | None:
        """Return the idle workers, if there are any."""
        pool, self._pool = self._pool, None
        # A forked process has a copy of the loader, but the workers belong to its parent.
        return pool if self._owner == os.getpid() else None

    def give_back(self, pool: Pool) -> None:
        """Keep the workers for the next epoch, or stop them."""
        if self._wanted and self._pool is None:
            self._pool = pool
        else:
            pool.close()

    def close(self) -> None:
        """Stop the idle workers, and from now on also workers that are given back."""
        self._wanted = False
        pool = self.take()
        if pool is not None:
            pool.close()
