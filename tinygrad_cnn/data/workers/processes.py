"""Workers that are processes: each has its own copy of the data set, and batches come through shared memory."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import weakref
from contextlib import suppress
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess

from tinygrad_cnn.data._types import Batch
from tinygrad_cnn.data.workers.fetcher import FetchPlan, Task
from tinygrad_cnn.data.workers.shared_memory import SUPPORTED, Packed, Pipe, Segment, unpack
from tinygrad_cnn.data.workers.worker_loop import BeginEpoch, Message, run_worker

_GRACE = 5.0
"""Seconds that a worker has to finish its batch before it is terminated."""

_start_lock = threading.RLock()  # reentrant: a signal handler may start workers too
"""Held while processes are forked: a process forked by another thread at that time would keep these pipes open."""


def _new_lock() -> None:
    """Replace the lock in a forked child: a thread of the parent may have held it."""
    global _start_lock
    _start_lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_new_lock)


def context_of(method: str | BaseContext | None) -> BaseContext:
    """Return the `multiprocessing` context for a start method.

    The default is forkserver, or spawn where that is missing. With fork, locks held by other threads stay locked in the
    child forever, and with OpenBLAS the fork itself never returns if another thread is in a matrix product.

    Raises:
        TypeError: `method` is neither a string nor a context.
        ValueError: this system lacks the start method.
    """
    if isinstance(method, BaseContext):
        return method
    known = multiprocessing.get_all_start_methods()
    if method is None:
        return multiprocessing.get_context("forkserver" if "forkserver" in known else "spawn")
    if not isinstance(method, str):
        raise TypeError(
            f"DataLoader: expected multiprocessing_context as a start method or a context, got {type(method).__name__}"
        )
    if method not in known:
        raise ValueError(f"DataLoader: expected multiprocessing_context as one of {known}, got {method!r}")
    return multiprocessing.get_context(method)


class _Worker:
    """The loader's side of one process."""

    def __init__(self, process: BaseProcess, connection: Pipe, ahead: int) -> None:
        self.process = process
        self.connection = connection
        self.segments: list[Segment | None] = [None] * ahead
        self.answered = False

    def take(self, message: Message) -> Batch:
        """Return the result in a message, copied so that the segment can be reused.

        Without copies, a user who keeps every batch would run out of file descriptors. A batch of 64 images of 3×96×96
        takes 1 ms to copy and 30 ms to decode.
        """
        if message.inline is not None:
            return unpack(message.inline, message.layout)
        segment = self.segments[message.slot]
        assert segment is not None
        return unpack(segment.memory, message.layout)

    def refresh(self, message: Message) -> None:
        """Open the new segment that follows a message."""
        old = self.segments[message.slot]
        if old is not None:
            old.close()
        self.segments[message.slot] = Segment.receive(self.connection)


class ProcessPool:
    """Processes that prefetch batches.

    Args:
        plan: the data set, and how to read it.
        workers: number of processes.
        ahead: number of batches that each worker prefetches.
        context: how processes are started.

    Raises:
        RuntimeError: the current process is a worker itself.
    """

    def __init__(self, plan: FetchPlan, workers: int, ahead: int, context: BaseContext) -> None:
        if multiprocessing.current_process().daemon:
            raise RuntimeError(
                "DataLoader: a worker process cannot have worker processes; expected num_workers=0 or "
                'worker_method="thread" in a loader that a worker uses'
            )
        self.workers, self.ahead, self._plan, self._context = workers, ahead, plan, context
        self._epoch = 0
        self._workers: list[_Worker] = []
        self._owner = os.getpid()
        weakref.finalize(self, _shut_down, self._workers, self._owner)

    def begin(self, base_seed: int) -> None:
        """Start an epoch, and the processes if this is the first one."""
        if not self._workers:
            self._start(base_seed)
        self._epoch += 1
        for worker in range(self.workers):
            self._send(worker, BeginEpoch(self._epoch, base_seed))

    def _start(self, base_seed: int) -> None:
        forks = self._context.get_start_method() == "fork"
        try:
            packed = None if forks else Packed(self._plan)
        except Exception as error:
            raise RuntimeError(
                "DataLoader: the data set, collate_fn and worker_init_fn must be picklable to be sent to worker "
                f'processes, got {type(error).__name__}: {error}. With worker_method="thread" or '
                'multiprocessing_context="fork" they are not sent'
            ) from error
        with _start_lock:
            for number in range(self.workers):
                ours, theirs = self._context.Pipe()
                known = [*(worker.connection for worker in self._workers), ours] if forks else []
                process = self._context.Process(  # type: ignore[attr-defined]  # every context has one
                    target=run_worker,
                    args=(theirs, number, self.workers, self.ahead, os.getpid(), self._plan if forks else None, known),
                    name=f"DataLoader worker {number}",
                    daemon=True,
                )
                process.start()
                theirs.close()
                self._workers.append(_Worker(process, ours, self.ahead))
        if packed is not None:
            self._share(packed)
        for number in range(self.workers):
            self._send(number, base_seed)

    def _share(self, packed: Packed) -> None:
        """Send the plan to every worker, in one segment of shared memory that all share."""
        segment = Segment(packed.size) if SUPPORTED else None
        if segment is not None:
            packed.write(segment.memory)
        for number, worker in enumerate(self._workers):
            self._send(number, packed.layout)
            with suppress(OSError):  # it has died; `receive` reports that
                if segment is None:
                    worker.connection.send_bytes(packed.to_bytes())
                else:
                    segment.send(worker.connection, worker.process.pid or 0)
        if segment is not None:
            segment.close()

    def _send(self, worker: int, order: object) -> None:
        with suppress(OSError):  # it has died; `receive` reports that
            self._workers[worker].connection.send(order)

    def submit(self, worker: int, task: Task) -> None:
        """Give a process a task."""
        self._send(worker, task)

    def receive(self, worker: int) -> Batch:
        """Wait for the result of the process's oldest task.

        Raises:
            RuntimeError: the process has died, could not start, or takes longer than the time limit.
        """
        one = self._workers[worker]
        limit = self._plan.timeout
        end = time.monotonic() + limit if limit else None
        while True:
            left = None if end is None else max(0.0, end - time.monotonic())
            ready = wait([one.connection, one.process.sentinel], left)
            if not ready:
                one.process.terminate()  # the worker hangs, so waiting for it at the end would be useless
                raise RuntimeError(
                    f"DataLoader: timed out after {limit} s waiting for a batch of worker {worker} "
                    f"(process {one.process.pid})"
                )
            try:
                if one.connection not in ready and not one.connection.poll():
                    raise EOFError
                message = one.connection.recv()
                if message.fresh:
                    one.refresh(message)
            except (EOFError, OSError):
                raise _death(worker, one) from None
            one.answered = True
            if message.epoch is None:
                raise RuntimeError(
                    f"DataLoader: worker {worker} (process {one.process.pid}) could not load the data set; "
                    'with worker_method="thread" or multiprocessing_context="fork" it is not sent'
                ) from one.take(message).error
            if message.epoch == self._epoch:
                return one.take(message)

    def close(self) -> None:
        """Stop the processes, each after the batch that it is reading."""
        _shut_down(self._workers, self._owner)


def _death(number: int, worker: _Worker) -> RuntimeError:
    """Return the error that reports how a worker ended."""
    worker.process.join(_GRACE)
    code = worker.process.exitcode
    hint = ""
    if code is not None and code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else "unknown"
        hint = f", killed by signal {name}"
        if name == "SIGKILL":
            hint += "; the system does that when memory runs out"
    elif not worker.answered:
        hint = (
            ", before it read anything; a script needs "
            '`if __name__ == "__main__":` around the code that uses worker processes'
        )
    return RuntimeError(f"DataLoader: worker {number} (process {worker.process.pid}) died with exit code {code}{hint}")


def _shut_down(workers: list[_Worker], owner: int) -> None:
    """Stop the workers, by force if they take long, and release their resources."""
    if os.getpid() != owner:
        return  # a forked process has a copy of the pool, but the workers are its parent's
    leaving = tuple(workers)
    workers.clear()
    for worker in leaving:
        with suppress(OSError):
            worker.connection.send(None)
        worker.connection.close()  # wakes a worker that is sending a result
    end = time.monotonic() + _GRACE
    for worker in leaving:
        worker.process.join(max(0.0, end - time.monotonic()))
        for force in (worker.process.terminate, worker.process.kill):
            if worker.process.is_alive():
                force()
                worker.process.join(1)
        with suppress(ValueError):  # could not be killed: it hangs in the kernel
            worker.process.close()
        for segment in worker.segments:
            if segment is not None:
                segment.close()
