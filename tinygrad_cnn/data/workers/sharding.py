"""How the samples of an iterable data set are sharded among workers: each goes into one batch of one worker.

A data set that calls `get_worker_info` before its first sample, or whose `worker_init_fn` does, shards itself: each
worker iterates over it separately. The loader shards all other data sets: batch n is the n-th run of samples, and
worker n mod W reads it, so the batches are those of a loader without workers. Threads share one iterator. Processes
cannot: each reads the whole stream and drops the samples of the others.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import chain, islice

from tinygrad_cnn.data._types import AnyDataset, Sample
from tinygrad_cnn.data.seeding import GeneratorSource, batch_source, use_source
from tinygrad_cnn.data.workers import info


class StreamSharder:
    """Shards one epoch of an iterable data set.

    Args:
        dataset: the data set.
        size: samples in a batch.
        base_seed: determines the generators of the batches.
        shared: whether the workers are threads that share this object.
    """

    def __init__(self, dataset: AnyDataset, size: int, base_seed: int, shared: bool = False) -> None:
        self._dataset, self._size, self._base_seed, self._shared = dataset, size, base_seed, shared
        self._lock = threading.Lock()
        self._items: Iterator[Sample] | None = None
        self._read = 0
        self._waiting: dict[int, tuple[list[Sample] | Exception, GeneratorSource]] = {}

    def begin(self, number: int) -> tuple[Iterator[Sample], GeneratorSource] | None:
        """Start to read; return the worker's own iterator and generator if the data set shards itself, else None.

        Args:
            number: the number of the calling worker's first batch.
        """
        with self._lock:
            if self._items is not None:
                return None
            # Until the data set has asked which worker it is in, it draws the same numbers in all workers: an order,
            # for example.
            common, own = batch_source(self._base_seed, 0), batch_source(self._base_seed, number)
            state = info.current()
            state.common = batch_source(self._base_seed, 0)
            head: list[Sample] | Exception
            with use_source(lambda: own() if state.asked else common()):
                items = iter(self._dataset)
                head = _take(items, 1)
            if state.asked:
                if isinstance(head, Exception):
                    raise head
                return chain(head, items), own
            self._items = items
            if not isinstance(head, Exception):
                self._items = chain(head, items)
                head = self._next_samples(common)
            self._waiting[0], self._read = (head, common), 1
            return None

    def take(self, number: int) -> tuple[list[Sample], GeneratorSource]:
        """Return the samples of batch `number` (none after the last batch), and the generator that they drew from."""
        with self._lock:
            while self._read <= number:
                source = batch_source(self._base_seed, self._read)
                self._waiting[self._read] = self._next_samples(source), source
                self._read += 1
            samples, source = self._waiting.pop(number)
            if not self._shared:
                self._waiting.clear()
        if isinstance(samples, Exception):
            raise samples
        return samples, source

    def _next_samples(self, source: GeneratorSource) -> list[Sample] | Exception:
        """Return the samples of the next batch, or the error that one of them raised, which ends the batch."""
        assert self._items is not None
        state = info.current()
        before = state.asked
        with use_source(source):
            samples = _take(self._items, self._size)
        if state.asked and not before and state.info.num_workers > 1:
            return RuntimeError(
                f"{type(self._dataset).__name__}: expected get_worker_info() to be called before the first sample "
                "or not at all; it was called later, when the loader was already sharding the samples"
            )
        return samples


def _take(items: Iterator[Sample], count: int) -> list[Sample] | Exception:
    try:
        return list(islice(items, count))
    except Exception as error:
        return error
