"""`get_worker_info`: which worker this is, for data sets that share out their samples."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


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


_of_thread: ContextVar[WorkerInfo | None] = ContextVar("tinygrad_cnn_worker_info", default=None)
_of_process: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Return what is known about the worker that calls it; None outside of a worker.

    Called in `IterableDataset.__iter__` it tells which share to read, in a `worker_init_fn` what to prepare.
    """
    return _of_thread.get() or _of_process


def set_thread_info(info: WorkerInfo) -> None:
    """Say which worker the running thread is."""
    _of_thread.set(info)


def set_process_info(info: WorkerInfo) -> None:
    """Say which worker this process is, in all of its threads."""
    global _of_process
    _of_process = info
