"""Workers that are processes: each has a copy of the data set and Python to itself; batches come by shared memory."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import weakref
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from typing import Any

from tinygrad_cnn.data.workers.reading import Plan, Task
from tinygrad_cnn.data.workers.segments import SHARES, Packed, Segment, unpack
from tinygrad_cnn.data.workers.service import Message, serve

_GRACE = 5.0
"""Seconds that a worker gets to finish its batch before it is terminated."""

_starting = threading.RLock()  # reentrant: a signal handler may start workers too
"""Held while processes are forked: one forked meanwhile elsewhere would keep the ends of these pipes open."""


def _start_anew() -> None:
    """Let the child of a fork start workers, though a thread of the parent was at it."""
    global _starting
    _starting = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


def context_of(method: str | BaseContext | None) -> BaseContext:
    """Return the `multiprocessing` context for a start method.

    The default is forkserver, else spawn: a process that forks while its threads hold locks hands its child locks that
    nobody will ever open, and with OpenBLAS the fork itself never returns if another thread is in a matrix product.

    Raises:
        TypeError: neither a string nor a context.
        ValueError: a start method that this system lacks.
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

    def __init__(self, process: Any, connection: Connection[Any, Any], ahead: int) -> None:
        self.process = process
        self.connection = connection
        self.segments: list[Segment | None] = [None] * ahead
        self.answered = False

    def take(self, message: Message) -> Any:
        """Return the result in a message, in memory of its own.

        Copied, so that the segment can be used again: a loader whose user keeps every batch would run out of
        descriptors otherwise. A batch of 64 images of 3×96×96 takes 1 ms to copy and 30 to decode.
        """
        memory = message.inline
        if memory is None:
            segment = self.segments[message.slot]
            assert segment is not None
            return unpack(segment.memory, message.layout)
        return unpack(memory, message.layout)

    def refresh(self, message: Message) -> None:
        """Open the new segment that follows a message."""
        old = self.segments[message.slot]
        if old is not None:
            old.close()
        self.segments[message.slot] = Segment.receive(self.connection)


class ProcessPool:
    """Processes that read ahead.

    Args:
        plan: what to read.
        workers: how many processes.
        ahead: how many batches each reads ahead.
        context: how processes are started.

    Raises:
        RuntimeError: this is such a process itself.
    """

    def __init__(self, plan: Plan, workers: int, ahead: int, context: BaseContext) -> None:
        if multiprocessing.current_process().daemon:
            raise RuntimeError(
                "DataLoader: a worker process cannot have worker processes; expected num_workers=0 or "
                'worker_method="thread" in a loader that a worker uses'
            )
        self.workers = workers
        self.ahead = ahead
        self._plan = plan
        self._context = context
        self._epoch = 0
        self._crew: list[_Worker] = []
        self._owner = os.getpid()
        weakref.finalize(self, _shut_down, self._crew, self._owner)

    def begin(self, base_seed: int) -> None:
        """Start an epoch, and the processes if this is the first one."""
        if not self._crew:
            self._start(base_seed)
        self._epoch += 1
        for worker in range(self.workers):
            self._send(worker, (self._epoch, base_seed))

    def _start(self, base_seed: int) -> None:
        forks = self._context.get_start_method() == "fork"
        packed = None if forks else _pack(self._plan)
        with _starting:
            for number in range(self.workers):
                ours, theirs = self._context.Pipe()
                known = [*(worker.connection for worker in self._crew), ours] if forks else []
                process = self._context.Process(  # type: ignore[attr-defined]  # every context has one
                    target=serve,
                    args=(theirs, number, self.workers, self.ahead, os.getpid(), self._plan if forks else None, known),
                    name=f"DataLoader worker {number}",
                    daemon=True,
                )
                process.start()
                theirs.close()
                self._crew.append(_Worker(process, ours, self.ahead))
        if packed is not None:
            self._share(packed)
        for number in range(self.workers):
            self._send(number, base_seed)

    def _share(self, packed: Packed) -> None:
        """Give every worker the plan: one copy of its arrays for all."""
        if not SHARES:
            memory = bytearray(packed.size)
            packed.write(memory)
            for number, worker in enumerate(self._crew):
                self._send(number, packed.layout)
                worker.connection.send_bytes(memory)
            return
        segment = Segment(packed.size)
        packed.write(segment.memory)
        for number, worker in enumerate(self._crew):
            self._send(number, packed.layout)
            with suppress(OSError):  # it has died, which is told when its batch is waited for
                segment.send(worker.connection, worker.process.pid)
        segment.close()

    def _send(self, worker: int, order: Any) -> None:
        with suppress(OSError):  # it has died, which is told when its batch is waited for
            self._crew[worker].connection.send(order)

    def submit(self, worker: int, task: Task) -> None:
        """Give a process a task."""
        self._send(worker, task)

    def receive(self, worker: int) -> Any:
        """Wait for the result of the process's oldest task.

        Raises:
            RuntimeError: the process has died, could not start, or takes longer than the time limit.
        """
        one = self._crew[worker]
        limit = self._plan.timeout
        end = time.monotonic() + limit if limit else None
        while True:
            left = None if end is None else max(0.0, end - time.monotonic())
            ready = wait([one.connection, one.process.sentinel], left)
            if not ready:
                one.process.terminate()  # it hangs, so waiting for it at the end is no use either
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
                    f"DataLoader: worker {worker} (process {one.process.pid}) could not take over the data set; "
                    'worker_method="thread" or multiprocessing_context="fork" need not send it'
                ) from one.take(message).error
            if message.epoch == self._epoch:
                return one.take(message)

    def close(self) -> None:
        """End the processes, each after the batch that it is reading."""
        _shut_down(self._crew, self._owner)


def _pack(plan: Plan) -> Packed:
    try:
        return Packed(plan)
    except Exception as error:
        raise RuntimeError(
            "DataLoader: the data set, collate_fn and worker_init_fn must be picklable to be sent to worker processes, "
            f'got {type(error).__name__}: {error}. worker_method="thread" or multiprocessing_context="fork" need not '
            "send them"
        ) from error


def _death(number: int, worker: _Worker) -> RuntimeError:
    """Return the error that says how a worker ended."""
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
            ", before it read anything; a script that is started as a program needs "
            '`if __name__ == "__main__":` around what uses worker processes'
        )
    return RuntimeError(f"DataLoader: worker {number} (process {worker.process.pid}) died with exit code {code}{hint}")


def _shut_down(crew: list[_Worker], owner: int) -> None:
    """End the workers, by force if they take long, and give back what they held."""
    if os.getpid() != owner:
        return  # a forked process has a copy of the pool, but the workers are not its own
    leaving: Sequence[_Worker] = tuple(crew)
    crew.clear()
    for worker in leaving:
        with suppress(OSError):
            worker.connection.send(None)
        worker.connection.close()  # one that waits to hand over a result learns of it
    end = time.monotonic() + _GRACE
    for worker in leaving:
        worker.process.join(max(0.0, end - time.monotonic()))
        for force in (worker.process.terminate, worker.process.kill):
            if worker.process.is_alive():
                force()
                worker.process.join(1)
        with suppress(ValueError):  # not even killed: it hangs in the kernel
            worker.process.close()
        for segment in worker.segments:
            if segment is not None:
                segment.close()
