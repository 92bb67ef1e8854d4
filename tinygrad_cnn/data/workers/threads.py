"""Workers that are threads: they share the data set, and batches are not copied."""

from __future__ import annotations

import contextvars
import queue
import threading
import weakref
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from tinygrad_cnn.data._types import Batch
from tinygrad_cnn.data.workers.fetcher import Failure, Fetcher, FetchPlan, Task, annotate
from tinygrad_cnn.data.workers.info import WorkerInfo, WorkerState, of_thread


class _Epoch(NamedTuple):
    """Starts an epoch in a thread."""

    fetcher: Fetcher
    over: threading.Event
    results: queue.SimpleQueue[Batch]
    context: contextvars.Context


Tasks: TypeAlias = "queue.SimpleQueue[_Epoch | Task | None]"
"""The tasks of a thread; None ends it."""


class ThreadPool:
    """Threads that prefetch batches.

    Args:
        plan: the data set, and how to read it.
        workers: number of threads.
        ahead: number of batches that each worker prefetches.
    """

    def __init__(self, plan: FetchPlan, workers: int, ahead: int) -> None:
        self.workers, self.ahead, self._plan = workers, ahead, plan
        self._tasks: list[Tasks] = [queue.SimpleQueue() for _ in range(workers)]
        self._results: list[queue.SimpleQueue[Batch]] = []
        self._threads: list[threading.Thread] = []
        self._over = threading.Event()
        # The threads refer to the queues and not to the pool: an abandoned pool is collected, which stops them.
        weakref.finalize(self, _stop, self._tasks)

    def begin(self, base_seed: int) -> None:
        """Start an epoch, and the threads if this is the first one."""
        self._over.set()  # remaining tasks of the last epoch are skipped
        self._over = threading.Event()
        self._results = [queue.SimpleQueue() for _ in range(self.workers)]
        sharder = self._plan.sharder(base_seed, shared=True)
        for tasks, results in zip(self._tasks, self._results, strict=True):
            fetcher = Fetcher(self._plan, base_seed, sharder)
            tasks.put(_Epoch(fetcher, self._over, results, contextvars.copy_context()))
        for worker in range(len(self._threads), self.workers):
            info = WorkerInfo(worker, self.workers, base_seed + worker, self._plan.dataset, "thread")
            thread = threading.Thread(
                target=_worker_loop,
                args=(info, self._plan.init_fn, self._tasks[worker]),
                name=f"DataLoader worker {worker}",
                daemon=True,  # a read that hangs must not prevent the program from ending
            )
            thread.start()
            self._threads.append(thread)

    def submit(self, worker: int, task: Task) -> None:
        """Give a thread a task."""
        self._tasks[worker].put(task)

    def receive(self, worker: int) -> Batch:
        """Wait for the result of the thread's oldest task."""
        try:
            return self._results[worker].get(timeout=self._plan.timeout or None)
        except queue.Empty:
            raise RuntimeError(
                f"DataLoader: timed out after {self._plan.timeout} s waiting for a batch of worker {worker} (a thread)"
            ) from None

    def close(self) -> None:
        """Stop the threads; each finishes the batch that it is reading."""
        self._over.set()
        _stop(self._tasks)


def _stop(queues: Sequence[Tasks]) -> None:
    for tasks in queues:
        tasks.put(None)


def _worker_loop(info: WorkerInfo, init_fn: Callable[[int], object] | None, tasks: Tasks) -> None:
    """Read batches until None comes."""
    name = f"worker {info.id} (a thread)"
    state = WorkerState(info)
    init_failure: Batch = None
    epoch: _Epoch | None = None
    while (order := tasks.get()) is not None:
        if isinstance(order, _Epoch):
            order.context.run(of_thread.set, state)
            if epoch is None and init_fn is not None:
                result = _attempt(order.context, init_fn, info.id)
                init_failure = result if isinstance(result, Failure) else None
                state.started()
            epoch = order
            state.begin()
        elif epoch is not None and not epoch.over.is_set():
            result = init_failure or _attempt(epoch.context, epoch.fetcher.fetch, order)
            if isinstance(result, Failure) and result is not init_failure:
                annotate(result, name, order)
            epoch.results.put(result)
            del result  # the thread must not keep a delivered batch alive


def _attempt(context: contextvars.Context, function: Callable[..., Batch], argument: object) -> Batch:
    """Return what the function returns, or a `Failure`: if the thread ended, the loader would wait forever."""
    try:
        return context.run(function, argument)
    except Exception as error:
        return Failure(error)
    except BaseException as error:
        return Failure(RuntimeError(f"DataLoader: a worker thread was ended by {error!r}"))
