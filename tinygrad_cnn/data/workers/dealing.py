"""How the samples of an iterable data set are shared out among workers: each goes into one batch of one worker.

A data set that asks `get_worker_info` before its first sample, or whose `worker_init_fn` does, shares itself out: each
worker iterates over it by itself. All others are dealt: batch n is the n-th run of samples, and worker n mod W makes
it, so the batches are those of a loader without workers. Threads take them from one iterator. Processes cannot: each
reads the whole stream and drops what goes to the others.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from tinygrad_cnn.data.seeding import OfBatch, OneOf, use_generator
from tinygrad_cnn.data.workers import info

Samples = tuple[list[Any] | Exception, OfBatch]
"""The samples of a batch or the error raised instead, and the generator that they drew from."""


class Dealer:
    """Deals out one epoch of an iterable data set.

    Args:
        dataset: the data set.
        size: how many samples a batch has.
        base_seed: what the generators of the batches follow from.
        shared: whether the workers are threads that take turns with this dealer.
    """

    def __init__(self, dataset: Any, size: int, base_seed: int, shared: bool = False) -> None:
        self._dataset, self._size, self._base_seed, self._shared = dataset, size, base_seed, shared
        self._lock = threading.Lock()
        self._items: Iterator[Any] | None = None
        self._read = 0
        self._waiting: dict[int, Samples] = {}

    def begin(self, number: int) -> tuple[Iterator[Any], OfBatch] | None:
        """Start to read; return the worker's own iterator and generator if the data set shares itself out, else None.

        Args:
            number: of the first batch of the worker that asks.
        """
        with self._lock:
            if self._items is not None:
                return None
            # Drawn before the data set has asked who it is, numbers are the same in all workers: an order, for example.
            common, own = OfBatch(self._base_seed, 0), OfBatch(self._base_seed, number)
            info.share_generator(OfBatch(self._base_seed, 0))
            head: list[Any] | Exception
            with use_generator(OneOf(lambda: own if info.has_asked() else common)):
                items = iter(self._dataset)
                head = _taken(items, 1)
            if info.has_asked():
                if isinstance(head, Exception):
                    raise head
                return chain(head, items), own
            self._items = items
            if not isinstance(head, Exception):
                self._items = chain(head, items)
                head = self._run(common)
            self._waiting[0], self._read = (head, common), 1
            return None

    def take(self, number: int) -> tuple[list[Any], OfBatch]:
        """Return the samples of batch `number`, none after the last one, and the generator that they drew from."""
        with self._lock:
            while self._read <= number:
                generator = OfBatch(self._base_seed, self._read)
                self._waiting[self._read] = self._run(generator), generator
                self._read += 1
            samples, generator = self._waiting.pop(number)
            if not self._shared:
                self._waiting.clear()
        if isinstance(samples, Exception):
            raise samples
        return samples, generator

    def _run(self, generator: OfBatch) -> list[Any] | Exception:
        """Return the next samples, or the error that a sample raised: its batch ends there."""
        assert self._items is not None
        before = info.has_asked()
        with use_generator(generator):
            samples = _taken(self._items, self._size)
        if info.has_asked() and not before and info.several():
            return RuntimeError(
                f"{type(self._dataset).__name__}: expected get_worker_info() to be asked before the first sample or "
                "not at all, got it asked in the middle, when the samples were being shared out already"
            )
        return samples


def _taken(items: Iterator[Any], count: int) -> list[Any] | Exception:
    try:
        return list(islice(items, count))
    except Exception as error:
        return error
