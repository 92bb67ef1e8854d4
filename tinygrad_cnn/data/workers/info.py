"""`get_worker_info`: which worker this is, for data sets that share out their samples."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import count
from typing import Any

from tinygrad_cnn.data.seeding import OfBatch, use_generator

_END = object()


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """What a worker of a `DataLoader` may know about itself.

    Attributes:
        id: from 0 to num_workers − 1.
        num_workers: how many there are.
        seed: the worker's own: that of the epoch in which it was started, plus `id`.
        dataset: the data set that it reads; in a process its own copy.
        worker_method: "thread" or "multiprocessing".
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any
    worker_method: str = "multiprocessing"


class Place:
    """A worker, and whether anything has asked who it is: in this epoch, or at its start."""

    def __init__(self, info: WorkerInfo) -> None:
        self.info = info
        self.asked = False
        self.asked_at_start = False
        self.common: OfBatch | None = None  # a generator that gives the same in all workers in this epoch

    def started(self) -> None:
        """Note that what has asked until now is the `worker_init_fn`."""
        self.asked_at_start = self.asked

    def begin(self) -> None:
        """Begin an epoch."""
        self.asked = self.asked_at_start


_of_thread: ContextVar[Place | None] = ContextVar("tinygrad_cnn_worker_info", default=None)
_of_process: Place | None = None


def _place() -> Place | None:
    return _of_thread.get() or _of_process


def get_worker_info() -> WorkerInfo | None:
    """Return what is known about the worker that calls it; None outside of a worker.

    An `IterableDataset` that calls it before its first sample, or whose `worker_init_fn` does, is taken to give each
    worker its own share; all others are shared out by the loader.
    """
    place = _place()
    if place is None:
        return None
    place.asked = True
    return place.info


def be_in_thread(place: Place) -> None:
    """Say which worker the running thread is."""
    _of_thread.set(place)


def be_in_process(place: Place) -> None:
    """Say which worker this process is, in all of its threads."""
    global _of_process
    _of_process = place


def share_generator(common: OfBatch) -> None:
    """Note the generator that gives the same in all workers in this epoch."""
    place = _place()
    if place is not None:
        place.common = common


def has_asked() -> bool:
    """Return whether `get_worker_info` was called in this worker; False outside of one."""
    place = _place()
    return place is not None and place.asked


def several() -> bool:
    """Return whether there are other workers beside this one."""
    place = _place()
    return place is not None and place.info.num_workers > 1


def own_share(dataset: Any) -> Iterator[Any]:
    """Yield from a part of a chain: all, unless an earlier part shares itself out and this one does not."""
    place = _place()
    if place is None or place.common is None or place.asked_at_start or not place.asked:
        yield from dataset
        return
    place.asked = itself = False
    with use_generator(place.common):  # an order that it draws must be the same in all workers
        items = iter(dataset)
    for i in count():
        with use_generator(place.common):
            item = next(items, _END)
        if not i:
            itself, place.asked = place.asked, True
        if item is _END:
            return
        if itself or i % place.info.num_workers == place.info.id:
            yield item
