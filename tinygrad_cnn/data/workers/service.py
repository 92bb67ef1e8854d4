"""What a worker process does: it reads what it is asked for until its loader has had enough, or is gone."""

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
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import numpy as np

from tinygrad_cnn.data.workers.info import Place, WorkerInfo, be_in_process
from tinygrad_cnn.data.workers.reading import Failure, Plan, Reader, Task, annotated
from tinygrad_cnn.data.workers.segments import SHARES, Layout, Packed, Segment, unpack
from tinygrad_cnn.random import default_generator

SMALL = 16384
"""Bytes; a result up to this size goes through the pipe, whose 64 KB hold several."""


class Message(NamedTuple):
    """What a worker sends.

    Attributes:
        epoch: to which the result belongs; 0 that the worker is ready, None that it could not start.
        layout: of the packed result.
        slot: the segment in which it lies.
        fresh: whether that segment is new and follows.
        inline: the packed result itself, where it is small.
    """

    epoch: int | None
    layout: Layout
    slot: int = 0
    fresh: bool = False
    inline: bytes | None = None


def serve(
    connection: Connection[Any, Any],
    worker: int,
    workers: int,
    ahead: int,
    parent: int,
    plan: Plan | None,
    inherited: Sequence[Connection[Any, Any]],
) -> None:
    """Run a worker process.

    Args:
        connection: to the loader.
        worker: this one's number.
        workers: how many there are.
        ahead: how many tasks it may hold.
        parent: the loader's process id.
        plan: what to read; None if it comes through the connection.
        inherited: the loader's ends of connections, which a forked process has too; left open they would hide from
            the workers that the loader is gone.
    """
    for one in inherited:
        one.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the loader decides what it ends
    answers = _Answers(connection, parent, ahead)
    try:
        if plan is None:
            plan = receive_plan(connection)
        seed = connection.recv()
    except EOFError:
        return
    except Exception as error:  # the data set's class cannot be imported here, for instance
        with suppress(ConnectionError):
            answers.send(None, _sendable(Failure(error)))
        return
    seed_everything(seed, worker)
    place = Place(WorkerInfo(worker, workers, seed + worker, plan.dataset, "multiprocessing"))
    be_in_process(place)
    with suppress(ConnectionError):  # the loader is gone
        _work(connection, answers, place, plan, seed)


def _work(connection: Connection[Any, Any], answers: _Answers, place: Place, plan: Plan, seed: int) -> None:
    """Read what the loader asks for until it has had enough."""
    worker = place.info.id
    answers.send(0, None)  # ready: the loader's first epoch is 1
    name = f"worker {worker} (process {os.getpid()})"
    broken = None
    if plan.init_fn is not None:
        try:
            plan.init_fn(worker)
        except Exception as error:
            broken = _sendable(annotated(Failure(error), name, Task(0)))
        place.started()
    orders: queue.SimpleQueue[Any] = queue.SimpleQueue()
    epoch = [0]  # the newest one that the loader has begun
    threading.Thread(target=_listen, args=(connection, orders, epoch), daemon=True).start()
    reader, current = Reader(plan, seed), 0
    while (order := orders.get()) is not None:
        if not isinstance(order, Task):
            current, base_seed = order
            reader = Reader(plan, base_seed)
            place.begin()
        elif current < epoch[0]:
            answers.send(current, None)  # the loader has gone on and will throw it away
        else:
            result = broken or reader.read(order)
            if isinstance(result, Failure) and result is not broken:
                result = _sendable(annotated(result, name, order))
            try:
                answers.send(current, result)
            except ConnectionError:
                raise
            except Exception as error:  # the batch cannot be pickled
                answers.send(current, _sendable(annotated(Failure(error), name, order)))
            del result


def _listen(connection: Connection[Any, Any], orders: queue.SimpleQueue[Any], epoch: list[int]) -> None:
    """Pass orders on as they come, so that the loader never waits to send one; leave when the loader is gone."""
    loader = os.getppid()
    while True:
        try:
            while not connection.poll(5):
                if os.getppid() != loader:
                    raise EOFError
            order = connection.recv()
        except (EOFError, OSError):
            os._exit(1)  # also out of the middle of a batch: nobody is left to read it
        if order is not None and not isinstance(order, Task):
            epoch[0] = order[0]
        orders.put(order)
        if order is None:
            return


class _Answers:
    """Sends results: small ones through the pipe, others through shared memory, which is used again and again.

    The loader takes a result out of the memory before it asks for the one `ahead` places later. So there are `ahead`
    segments, which take turns; each is replaced by a larger one when a result needs that.
    """

    def __init__(self, connection: Connection[Any, Any], parent: int, ahead: int) -> None:
        self._connection = connection
        self._parent = parent
        self._segments: list[Segment | None] = [None] * ahead
        self._count = 0

    def send(self, epoch: int | None, result: Any) -> None:
        """Send a result, with the epoch that it belongs to."""
        packed = Packed(result)
        if packed.size <= SMALL or not SHARES:
            memory = bytearray(packed.size)
            packed.write(memory)
            self._connection.send(Message(epoch, packed.layout, inline=bytes(memory)))
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
    """Give the generators that live in this process seeds of the worker's own; PyTorch's too where it is loaded."""
    random.seed(base_seed + worker)
    state = np.random.SeedSequence(base_seed, spawn_key=(worker, 0)).generate_state(4)
    np.random.seed(state)  # noqa: NPY002 - whoever draws from it must not draw the same as in the other workers
    default_generator.manual_seed((base_seed + worker) % 2**64)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(base_seed + worker)


def receive_plan(connection: Connection[Any, Any]) -> Plan:
    """Return the plan that the loader has put in shared memory; changes of its arrays stay in this process."""
    layout = connection.recv()
    if not SHARES:
        return unpack(connection.recv_bytes(), layout)
    return unpack(Segment.receive(connection, private=True).memory, layout, copy=False)


def _sendable(failure: Failure) -> Failure:
    """Return the failure with an error that arrives as it is, or else a RuntimeError that says the same."""
    try:
        twin = pickle.loads(pickle.dumps(failure.error))
        if type(twin) is type(failure.error):
            return failure
    except Exception:
        pass
    error = RuntimeError(f"{type(failure.error).__name__}: {failure.error}")
    for note in getattr(failure.error, "__notes__", []):
        error.add_note(note)
    return Failure(error)
