"""`DataLoader`: a data set and an order of reading it become an iterable of batches."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from tinygrad_cnn.data import sources
from tinygrad_cnn.data.collate import default_collate, default_convert
from tinygrad_cnn.data.dataset import is_iterable
from tinygrad_cnn.data.epoch import Epoch, Progress
from tinygrad_cnn.data.loader_checks import check_arguments, check_state
from tinygrad_cnn.data.sampler import BatchSampler, RandomSampler, SequentialSampler
from tinygrad_cnn.data.seeding import current_generator
from tinygrad_cnn.data.workers.keeping import Kept
from tinygrad_cnn.data.workers.reading import Inline, Plan, Pool
from tinygrad_cnn.data.workers.threads import ThreadPool
from tinygrad_cnn.random import Generator

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext


class DataLoader:
    """Iterate over a data set in batches; each ``for`` loop over the loader is one epoch.

    Without a `collate_fn`, a data set that reads by whole batches (see `Dataset`) does so: `TensorDataset`, the image
    sets that are held in one array, unless their transform has no batch form, and subsets of them. The batches are the
    same as those read sample by sample, apart from what random transforms draw.

    One seed gives the same batches twice, whatever the number of workers and their kind: for each epoch one number is
    drawn of `generator`, and the random transforms of batch n draw from a generator that follows from that number and
    n alone (see `current_generator`).

    Args:
        dataset: a `Dataset`, anything with ``__getitem__`` and ``__len__``, or an `IterableDataset`; PyTorch's too.
        batch_size: samples in a batch; None for samples as they come, each by itself.
        shuffle: read in random order, another one each epoch.
        sampler: the order, an iterable of indices; not together with `shuffle`.
        batch_sampler: an iterable of lists of indices, one for each batch; stands in for the four arguments
            `batch_size`, `shuffle`, `sampler` and `drop_last`.
        num_workers: how many threads or processes read ahead; with 0 a batch is read when it is asked for.
        collate_fn: makes a batch of a list of samples; `default_collate` if None, or `default_convert` of one sample
            where `batch_size` is None.
        pin_memory: accepted and without effect, as in PyTorch without an accelerator.
        drop_last: leave out the last batch if it is smaller.
        timeout: seconds to wait for a worker's batch before an error; 0 waits as long as it takes.
        worker_init_fn: called in each worker when it starts, with the worker's number.
        multiprocessing_context: how processes start: "forkserver", "spawn", "fork" or a context of `multiprocessing`;
            forkserver, else spawn, if None. With these two a script needs ``if __name__ == "__main__":``, and what a
            worker gets must be picklable.
        generator: where the random order and the seed of each epoch come from; the default generator if None, so
            `manual_seed` repeats it.
        prefetch_factor: how many batches each worker reads ahead; 2 if None.
        persistent_workers: keep the workers from one epoch to the next, with whatever their data sets have cached.
        pin_memory_device: accepted and without effect.
        in_order: accepted and without effect: batches always come in their order.
        worker_method: "thread" or "multiprocessing"; threads if None, unless a `multiprocessing_context` is given.
            Threads cost nothing to start, share the data set and hand batches over without copying; they run side by
            side while NumPy or Pillow works, and take turns in Python code. Processes pay where the transforms of each
            sample are Python code; ``docs/loading.md`` has measurements.

    Raises:
        ValueError: `batch_size` is not a positive int, arguments contradict each other, an empty data set is to be
            shuffled, or a count or time is out of range.

    Example:
        >>> for x, t in DataLoader(TensorDataset(images, labels), batch_size=64, shuffle=True):
        ...     loss = F.cross_entropy(model(x), t)
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: str | BaseContext | None = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
        worker_method: str | None = None,
    ) -> None:
        self.dataset = dataset
        self.batch_size = batch_size if batch_sampler is None else None
        self.num_workers = num_workers
        self.pin_memory = pin_memory
        self.drop_last = drop_last
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.generator = generator
        self.prefetch_factor = 2 if prefetch_factor is None and num_workers else prefetch_factor
        self.persistent_workers = persistent_workers
        self.pin_memory_device = pin_memory_device
        self.in_order = in_order
        self.worker_method = worker_method or ("multiprocessing" if multiprocessing_context else "thread")
        self._iterable = is_iterable(dataset)
        check_arguments(self, shuffle, sampler, batch_sampler, batch_size)
        if sampler is None and not self._iterable:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        self.sampler = sampler
        if batch_sampler is None and sampler is not None and batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_sampler = batch_sampler
        batches = batch_sampler is not None or (self._iterable and batch_size is not None)
        self.collate_fn = collate_fn or (default_collate if batches else default_convert)
        self._progress: Progress | None = None
        self._resume: Mapping[str, Any] | None = None
        self._prepare()

    def _prepare(self) -> None:
        """Make what is not part of a pickled loader."""
        self._lock = threading.RLock()  # a handler of Ctrl-C may ask for the state at any moment
        self._kept = Kept(self.persistent_workers)
        weakref.finalize(self, self._kept.close)

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key not in ("_lock", "_kept")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._prepare()

    def __iter__(self) -> Iterator[Any]:
        with self._lock:
            resume, self._resume = self._resume, None
            if resume is not None and resume["base_seed"] is not None:
                progress, order = self._continue(resume)
            else:
                progress, order = self._begin()
            pool = self._kept.take() or self._make_pool()
            self._progress = progress
            skip = progress.batches if self._iterable else 0
            pool.begin(progress.base_seed)
            return Epoch(progress, pool, order, skip, self._kept.give_back)

    def __repr__(self) -> str:
        order = "" if self.sampler is None else f", sampler={type(self.sampler).__name__}"
        given = self.batch_size is None and self.batch_sampler is not None
        batches = f"batch_sampler={type(self.batch_sampler).__name__}" if given else f"batch_size={self.batch_size}"
        text = f"DataLoader({type(self.dataset).__name__}, {batches}{'' if given else order}"
        if self.drop_last:
            text += ", drop_last=True"
        if self.num_workers:
            text += f", num_workers={self.num_workers}, worker_method={self.worker_method!r}"
        try:
            return f"{text}): {len(self):,} batches of {len(self.dataset):,} samples"
        except TypeError:  # a stream whose length nobody knows
            return text + ")"

    def __len__(self) -> int:
        """Return the number of batches in an epoch.

        Of an iterable data set it follows from the data set's length, which counts the samples of all workers.
        """
        if not self._iterable:
            return len(cast("BatchSampler", self._order()))
        count = len(self.dataset)
        if self.batch_size is None:
            return count
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)

    def state_dict(self) -> dict[str, Any]:
        """Return where the epoch stands, to go on from there another time or in another process.

        Batches count as soon as they are handed out; those that workers have read ahead do not. The state is that of
        the iterator that was made last, also after a ``break``. When an iterator has come to its end the state is that
        between two epochs. Right after the last batch, but before the loop has ended, it is that of an epoch with no
        batches left.

        It contains no batches and no order: these are drawn again from the states that the generators had. It is made
        of dicts, lists, ints, strings and None, so JSON can hold it.

        Returns:
            ``base_seed``, the seed of the running epoch, None between epochs; ``batches``, how many of it were handed
            out; ``start`` and ``now``, the states of the loader's and samplers' own generators when the epoch began
            and at present; ``shared``, the state of the default generator when it began; and ``lazy``, whether the
            sampler draws in the middle of the epoch.
            The default generator's present position is not in it, since it belongs to the whole program: save it with
            ``default_generator.get_state()``.
        """
        with self._lock:
            if self._resume is not None:
                return dict(self._resume)
            own = sources.own_generators(self)
            now = sources.states_of(own)
            at = self._progress
            if at is None or at.done:
                return {"base_seed": None, "batches": 0, "start": now, "now": now, "shared": [], "lazy": False}
            start, shared = at.start[: len(own)], at.start[len(own) :]
            return {
                "base_seed": at.base_seed,
                "batches": at.batches,
                "start": start,
                "now": now,
                "shared": shared,
                "lazy": at.lazy,
            }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another loader's `state_dict` was taken: the next iteration yields the rest of that epoch.

        The loader must be made as the other one was, of the same data, batch size, samplers and generators; the number
        and kind of its workers may differ unless the data set is iterable. The rest of the epoch, and the epochs after
        it, are then the same bit for bit. The order is drawn again and the batches before are passed over without
        being read. Only an iterable data set has to be read from its start, since a stream cannot be skipped; its
        samples are dropped before they are collated.

        A sampler of one's own keeps its generator as an attribute ``generator``, a `Generator` or a NumPy one; an order
        that depends on anything else cannot be found again.

        Generators that the loader and its samplers own are put into their states at once. The default generator is
        left where it is: set it too if the following epochs are to be the same. What data sets draw from `random` or
        ``numpy.random`` instead of `current_generator` is not covered.

        Args:
            state: what `state_dict` returned.

        Raises:
            ValueError: it is no such state, or is of a loader with other generators. One whose sampler ends before the
                place is noticed when the iteration begins.
        """
        own = sources.own_generators(self)
        check_state(state, own, sources.shared_generators(self))
        with self._lock:
            sources.set_states(own, state["now"])
            self._progress = None
            self._resume = dict(state)

    def _begin(self) -> tuple[Progress, Iterator[Any] | None]:
        """Return a new epoch at its start, and the order of its batches."""
        own = sources.own_generators(self)
        start = sources.states_of(own + sources.shared_generators(self))
        progress = Progress(self._draw_seed(), start)
        return progress, self._watched(progress, own)

    def _continue(self, state: Mapping[str, Any]) -> tuple[Progress, Iterator[Any] | None]:
        """Return the epoch that `state` describes and the rest of its order; generators end up as they were."""
        own, shared = sources.own_generators(self), sources.shared_generators(self)
        elsewhere = sources.states_of(shared)
        try:
            sources.set_states(own + shared, [*state["start"], *state["shared"]])
            self._draw_seed()
            progress = Progress(state["base_seed"], [*state["start"], *state["shared"]], state["batches"])
            order = self._watched(progress, own)
            passed = 0 if order is None else sum(1 for _ in itertools.islice(order, progress.batches))
            if order is not None and passed < progress.batches:
                raise ValueError(
                    f"DataLoader: expected at least the {progress.batches} batches that were handed out before, the "
                    f"sampler gave {passed}; was the data set or the batch size another one?"
                )
            progress.lazy = progress.lazy or state["lazy"]
        finally:
            sources.set_states(shared, elsewhere)
        if not progress.lazy:
            sources.set_states(own, state["now"])
        return progress, order

    def _draw_seed(self) -> int:
        source = current_generator() if self.generator is None else self.generator.numpy
        return int(source.integers(2**63))

    def _order(self) -> Iterable[Any]:
        """Return what yields the indices of one batch after the other."""
        return cast("Iterable[Any]", self.sampler if self.batch_sampler is None else self.batch_sampler)

    def _watched(self, progress: Progress, own: list[Any]) -> Iterator[Any] | None:
        """Return the order of the batches; its first is read at once, so that samplers draw now and not later."""
        if self._iterable:
            return None
        order = iter(self._order())
        first = list(itertools.islice(order, 1))
        return itertools.chain(first, _watch(order, progress, own) if own else order)

    def _make_pool(self) -> Pool:
        plan = Plan(
            self.dataset,
            self.collate_fn,
            self._iterable,
            self.batch_size,
            self.drop_last,
            self.batch_sampler is not None,
            self.worker_init_fn,
            self.timeout,
        )
        if not self.num_workers:
            return Inline(plan)
        ahead = cast("int", self.prefetch_factor)
        if self.worker_method == "thread":
            return ThreadPool(plan, self.num_workers, ahead)
        from tinygrad_cnn.data.workers.processes import ProcessPool, context_of

        return ProcessPool(plan, self.num_workers, ahead, context_of(self.multiprocessing_context))


def _watch(order: Iterator[Any], progress: Progress, own: list[Any]) -> Iterator[Any]:
    """Yield from `order`, noting in `progress` whether that moves a generator on."""
    while True:
        before = sources.states_of(own)
        item = list(itertools.islice(order, 1))
        progress.lazy = progress.lazy or sources.states_of(own) != before
        if not item:
            return
        yield item[0]
