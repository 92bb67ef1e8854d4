"""Workers that are threads: they share the data set and hand batches over as they are."""

from __future__ import annotations

import contextvars
import queue
import threading
import weakref
from typing import Any

from tinygrad_cnn.data.workers.info import Place, WorkerInfo, be_in_thread
from tinygrad_cnn.data.workers.reading import Failure, Plan, Reader, Task, annotated


class _Stop:
    """Ends a thread."""


class ThreadPool:
    """Threads that read ahead.

    Args:
        plan: what to read.
        workers: how many threads.
        ahead: how many batches each reads ahead.
    """

    def __init__(self, plan: Plan, workers: int, ahead: int) -> None:
        self.workers = workers
        self.ahead = ahead
        self._plan = plan
        self._tasks: list[queue.SimpleQueue[Any]] = [queue.SimpleQueue() for _ in range(workers)]
        self._results: list[queue.SimpleQueue[Any]] = []
        self._threads: list[threading.Thread] = []
        self._epoch = threading.Event()
        # The threads hold the queues and not the pool: so an abandoned pool is collected, which stops them.
        weakref.finalize(self, _stop, self._tasks)

    def begin(self, base_seed: int) -> None:
        """Start an epoch, and the threads if this is the first one."""
        self._epoch.set()  # what is left of the last epoch is not read any more
        self._epoch = threading.Event()
        self._results = [queue.SimpleQueue() for _ in range(self.workers)]
        dealer = self._plan.dealer(base_seed, shared=True)
        for worker, tasks in enumerate(self._tasks):
            reader = Reader(self._plan, base_seed, dealer)
            tasks.put((reader, self._epoch, self._results[worker], contextvars.copy_context()))
        if not self._threads:
            for worker in range(self.workers):
                info = WorkerInfo(worker, self.workers, base_seed + worker, self._plan.dataset, "thread")
                thread = threading.Thread(
                    target=_serve,
                    args=(info, self._plan.init_fn, self._tasks[worker]),
                    name=f"DataLoader worker {worker}",
                    daemon=True,  # a read that hangs does not keep the program from ending
                )
                thread.start()
                self._threads.append(thread)

    def submit(self, worker: int, task: Task) -> None:
        """Give a thread a task."""
        self._tasks[worker].put(task)

    def receive(self, worker: int) -> Any:
        """Wait for the result of the thread's oldest task."""
        try:
            return self._results[worker].get(timeout=self._plan.timeout or None)
        except queue.Empty:
            raise RuntimeError(
                f"DataLoader: timed out after {self._plan.timeout} s waiting for a batch of worker {worker} (a thread)"
            ) from None

    def close(self) -> None:
        """End the threads; each finishes the batch that it is reading."""
        self._epoch.set()
        _stop(self._tasks)


def _stop(tasks: list[queue.SimpleQueue[Any]]) -> None:
    for one in tasks:
        one.put(_Stop())


def _serve(info: WorkerInfo, init_fn: Any, tasks: queue.SimpleQueue[Any]) -> None:
    """Read what is asked for until told to stop."""
    name = f"worker {info.id} (a thread)"
    place = Place(info)
    broken: Failure | None = None
    reader: Reader | None = None
    while not isinstance(order := tasks.get(), _Stop):
        if not isinstance(order, Task):
            first = reader is None
            reader, stale, results, context = order
            context.run(be_in_thread, place)
            if first and init_fn is not None:
                broken = _attempt(context.run, init_fn, info.id)
                place.started()
            place.begin()
        elif reader is not None and not stale.is_set():
            result = broken or _attempt(context.run, reader.read, order)
            if isinstance(result, Failure) and result is not broken:
                annotated(result, name, order)
            results.put(result)
            del result  # a batch that was handed over is not kept alive by who read it


def _attempt(run: Any, function: Any, argument: Any) -> Any:
    """Return what the function returns, or a `Failure`: a thread that ended would leave the loader waiting."""
    try:
        return run(function, argument)
    except Exception as error:
        return Failure(error)
    except BaseException as error:
        return Failure(RuntimeError(f"DataLoader: a worker thread was ended by {error!r}"))
