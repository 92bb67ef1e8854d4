"""The main function of a worker process: it reads the batches that its loader requests, until the loader ends."""

from __future__ import annotations

import os
import pickle
import queue
import random
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple, TypeAlias

import numpy as np

from tinygrad_cnn.data._types import Batch
from tinygrad_cnn.data.workers.fetcher import Failure, Fetcher, FetchPlan, Task, annotate
from tinygrad_cnn.data.workers.info import WorkerInfo, WorkerState, set_process_state
from tinygrad_cnn.data.workers.shared_memory import SUPPORTED, Layout, Packed, Pipe, Segment, unpack
from tinygrad_cnn.random import default_generator

SMALL = 16384
"""Results up to this size, in bytes, go through the pipe, whose buffer of 64 KB holds several."""


class BeginEpoch(NamedTuple):
    """Starts an epoch in a process."""

    epoch: int
    base_seed: int


Order: TypeAlias = BeginEpoch | Task | None
"""A command to a process; None ends it."""


class Message(NamedTuple):
    """A message from a worker.

    Attributes:
        epoch: the epoch to which the result belongs; 0 when the worker is ready, None when it could not start.
        layout: the layout of the packed result.
        slot: the segment that holds it.
        fresh: whether that segment is new; it is then sent after this message.
        inline: the packed result itself, if it is small.
    """

    epoch: int | None
    layout: Layout
    slot: int = 0
    fresh: bool = False
    inline: bytes | None = None


def run_worker(
    connection: Pipe,
    worker: int,
    workers: int,
    ahead: int,
    parent: int,
    plan: FetchPlan | None,
    inherited: Sequence[Pipe],
) -> None:
    """Run a worker process.

    Args:
        connection: the connection to the loader.
        worker: the number of this worker.
        workers: the number of all workers.
        ahead: the number of tasks that it may have.
        parent: the loader's process id.
        plan: the data set, and how to read it; None if it comes through the connection.
        inherited: the loader's ends of pipes, of which a forked process has copies. They must be closed: while one is
            open, the other workers cannot notice that the loader is gone.
    """
    for one in inherited:
        one.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the loader decides which ones end
    sender = _Sender(connection, parent, ahead)
    try:
        if plan is None:
            plan = receive_plan(connection)
        seed = connection.recv()
    except EOFError:
        return
    except Exception as error:  # the data set's class cannot be imported here, for instance
        with suppress(ConnectionError):
            sender.send(None, _sendable(Failure(error)))
        return
    seed_everything(seed, worker)
    state = WorkerState(WorkerInfo(worker, workers, seed + worker, plan.dataset, "multiprocessing"))
    set_process_state(state)
    with suppress(ConnectionError):  # the loader is gone
        _read_batches(connection, sender, state, plan, seed)


def _read_batches(connection: Pipe, sender: _Sender, state: WorkerState, plan: FetchPlan, seed: int) -> None:
    """Read the batches that the loader requests, until None comes."""
    worker = state.info.id
    sender.send(0, None)  # ready: the loader's first epoch is 1
    name = f"worker {worker} (process {os.getpid()})"
    init_failure = None
    if plan.init_fn is not None:
        try:
            plan.init_fn(worker)
        except Exception as error:
            init_failure = _sendable(annotate(Failure(error), name, Task(0)))
        state.started()
    orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
    newest = [0]  # the number of the epoch that the loader began last
    threading.Thread(target=_listen, args=(connection, orders, newest), daemon=True).start()
    fetcher, current = Fetcher(plan, seed), 0
    while (order := orders.get()) is not None:
        if isinstance(order, BeginEpoch):
            current = order.epoch
            fetcher = Fetcher(plan, order.base_seed)
            state.begin()
        elif current < newest[0]:
            sender.send(current, None)  # the loader has begun another epoch and will drop the result
        else:
            result = init_failure or fetcher.fetch(order)
            if isinstance(result, Failure) and result is not init_failure:
                result = _sendable(annotate(result, name, order))
            try:
                sender.send(current, result)
            except ConnectionError:
                raise
            except Exception as error:  # the batch cannot be pickled
                sender.send(current, _sendable(annotate(Failure(error), name, order)))
            del result


def _listen(connection: Pipe, orders: queue.SimpleQueue[Order], newest: list[int]) -> None:
    """Queue orders as they come, so that the loader never waits when it sends one; exit when the loader is gone."""
    loader = os.getppid()
    while True:
        try:
            while not connection.poll(5):
                if os.getppid() != loader:
                    raise EOFError
            order: Order = connection.recv()
        except (EOFError, OSError):
            os._exit(1)  # even in the middle of a batch: no process is left to receive it
        if isinstance(order, BeginEpoch):
            newest[0] = order.epoch
        orders.put(order)
        if order is None:
            return


class _Sender:
    """Sends results: small ones through the pipe, others through shared memory, which is reused.

    The loader copies a result out of a segment before it requests the result `ahead` tasks later. So `ahead` segments
    are enough, used in turn; a segment is replaced by a larger one when a result needs it.
    """

    def __init__(self, connection: Pipe, parent: int, ahead: int) -> None:
        self._connection = connection
        self._parent = parent
        self._segments: list[Segment | None] = [None] * ahead
        self._count = 0

    def send(self, epoch: int | None, result: Batch) -> None:
        """Send a result, with the epoch that it belongs to."""
        packed = Packed(result)
        if packed.size <= SMALL or not SUPPORTED:
            self._connection.send(Message(epoch, packed.layout, inline=packed.to_bytes()))
            return
        slot = self._count % len(self._segments)
        self._count += 1
        segment = self._segments[slot]
        fresh = segment is None or segment.size < packed.size
        if segment is None or fresh:
            if segment is not None:
                segment.close()
            segment = self._segments[slot] = Segment(packed.size + packed.size // 8)  # the next may be a bit larger
        packed.write(segment.memory)
        self._connection.send(Message(epoch, packed.layout, slot, fresh))
        if fresh:
            segment.send(self._connection, self._parent)
            segment.seal()


def seed_everything(base_seed: int, worker: int) -> None:
    """Seed this process's global generators with seeds of the worker's own; PyTorch's too where it is loaded."""
    random.seed(base_seed + worker)
    state = np.random.SeedSequence(base_seed, spawn_key=(worker, 0)).generate_state(4)
    np.random.seed(state)  # noqa: NPY002 - the global generator; workers must draw different numbers
    default_generator.manual_seed((base_seed + worker) % 2**64)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(base_seed + worker)


def receive_plan(connection: Pipe) -> FetchPlan:
    """Return the plan that the loader has put into shared memory; changes to its arrays stay in this process."""
    layout = connection.recv()
    memory = Segment.receive(connection, private=True).memory if SUPPORTED else connection.recv_bytes()
    plan: FetchPlan = unpack(memory, layout, copy=not SUPPORTED)
    return plan


def _sendable(failure: Failure) -> Failure:
    """Return the failure if its error survives pickling, or else a RuntimeError with the same text."""
    try:
        copy = pickle.loads(pickle.dumps(failure.error))
        if type(copy) is type(failure.error):
            return failure
    except Exception:
        pass
    error = RuntimeError(f"{type(failure.error).__name__}: {failure.error}")
    for note in getattr(failure.error, "__notes__", []):
        error.add_note(note)
    return Failure(error)
