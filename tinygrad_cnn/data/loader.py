"""`DataLoader`: an iterable of the batches of a data set, read in a given order."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, InitVar, dataclass
from typing import TYPE_CHECKING, cast

from tinygrad_cnn.data import generators
from tinygrad_cnn.data._types import AnyDataset, Batch, Function, Index
from tinygrad_cnn.data.collate import default_collate, default_convert
from tinygrad_cnn.data.dataset import is_iterable
from tinygrad_cnn.data.epoch import EpochIterator, EpochPosition
from tinygrad_cnn.data.loader_checks import LoaderState, check_arguments, check_state
from tinygrad_cnn.data.sampler import BatchSampler, RandomSampler, SequentialSampler, batch_count
from tinygrad_cnn.data.seeding import current_generator
from tinygrad_cnn.data.workers.fetcher import FetchPlan
from tinygrad_cnn.data.workers.pool import InlinePool, PersistentPool, Pool
from tinygrad_cnn.data.workers.threads import ThreadPool
from tinygrad_cnn.random import Generator

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext


@dataclass(eq=False, repr=False)
class DataLoader:
    """Iterate over a data set in batches; each ``for`` loop over the loader is one epoch.

    Without a `collate_fn`, a data set that can read whole batches (see `Dataset`) does so: `TensorDataset`, image sets
    held in one array unless their transform has no batch form, and subsets of these. The batches are the same as those
    read sample by sample, except for what random transforms draw.

    The same seed gives the same batches for any number and kind of workers: for each epoch one number is drawn from
    `generator`, and the random transforms of batch n draw from a generator that depends only on that number and n (see
    `current_generator`).

    Args:
        dataset: a `Dataset`, anything with ``__getitem__`` and ``__len__``, or an `IterableDataset`; PyTorch's too.
        batch_size: samples in a batch; None for single samples.
        shuffle: read in random order, a new order each epoch.
        sampler: the order, an iterable of indices; not together with `shuffle`.
        batch_sampler: an iterable of lists of indices, one for each batch; replaces the four arguments `batch_size`,
            `shuffle`, `sampler` and `drop_last`.
        num_workers: number of threads or processes that prefetch; with 0, a batch is read when it is requested.
        collate_fn: makes a batch from a list of samples; `default_collate` if None. If `batch_size` is None too, it is
            `default_convert`, for single samples.
        pin_memory: accepted and without effect, as in PyTorch without an accelerator.
        drop_last: leave out the last batch if it is smaller than the others.
        timeout: seconds to wait for a worker's batch before an error; 0 for no limit.
        worker_init_fn: called in each worker when it starts, with the worker's number.
        multiprocessing_context: how processes start: "forkserver", "spawn", "fork" or a context of `multiprocessing`;
            forkserver, or spawn where that is missing, if None. With forkserver and spawn, scripts need
            ``if __name__ == "__main__":``, and everything that a worker gets must be picklable.
        generator: the source of the random order and of each epoch's seed; the default generator if None, so that
            `manual_seed` makes both reproducible.
        prefetch_factor: number of batches that each worker prefetches; 2 if None.
        persistent_workers: keep the workers from one epoch to the next, with everything their data sets have cached.
        pin_memory_device: accepted and without effect.
        in_order: accepted and without effect: batches always come in order.
        worker_method: "thread" or "multiprocessing"; threads if None, unless a `multiprocessing_context` is given.
            Threads start instantly, share the data set and need not copy batches; they run in parallel inside NumPy and
            Pillow, and take turns in Python code. Processes pay off if the transforms of each sample are Python code;
            ``docs/loading.md`` has measurements.

    Raises:
        ValueError: `batch_size` is not a positive int, arguments contradict each other, `shuffle` is set for an empty
            data set, or a count or time is out of range.

    Example:
        >>> for x, t in DataLoader(TensorDataset(images, labels), batch_size=64, shuffle=True):
        ...     loss = F.cross_entropy(model(x), t)
    """

    dataset: AnyDataset
    batch_size: int | None = 1
    shuffle: InitVar[bool | None] = None
    sampler: Iterable[Index] | None = None
    batch_sampler: Iterable[Index] | None = None
    num_workers: int = 0
    collate_fn: Function | None = None
    pin_memory: bool = False
    drop_last: bool = False
    timeout: float = 0
    worker_init_fn: Callable[[int], object] | None = None
    multiprocessing_context: str | BaseContext | None = None
    generator: Generator | None = None
    _: KW_ONLY
    prefetch_factor: int | None = None
    persistent_workers: bool = False
    pin_memory_device: str = ""
    in_order: bool = True
    worker_method: str | None = None

    def __post_init__(self, shuffle: bool | None) -> None:
        self._iterable = is_iterable(self.dataset)
        self.worker_method = self.worker_method or ("multiprocessing" if self.multiprocessing_context else "thread")
        if self.num_workers and self.prefetch_factor is None:
            self.prefetch_factor = 2
        check_arguments(self, shuffle)
        if self.sampler is None and not self._iterable:
            in_order = SequentialSampler(self.dataset)
            self.sampler = RandomSampler(self.dataset, generator=self.generator) if shuffle else in_order
        if self.batch_sampler is not None:
            self.batch_size = None
        elif self.sampler is not None and self.batch_size is not None:
            self.batch_sampler = BatchSampler(self.sampler, self.batch_size, self.drop_last)
        batches = self.batch_sampler is not None or (self._iterable and self.batch_size is not None)
        self.collate_fn = self.collate_fn or (default_collate if batches else default_convert)
        self._position: EpochPosition | None = None
        self._resume: LoaderState | None = None
        self._create_unpicklable()

    def _create_unpicklable(self) -> None:
        """Create the attributes that are not part of a pickled loader."""
        self._lock = threading.RLock()  # reentrant: a Ctrl-C handler may call `state_dict` at any moment
        self._persistent = PersistentPool(self.persistent_workers)
        weakref.finalize(self, self._persistent.close)

    def __getstate__(self) -> dict[str, object]:
        return {key: value for key, value in vars(self).items() if key not in ("_lock", "_persistent")}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._create_unpicklable()

    def __iter__(self) -> Iterator[Batch]:
        with self._lock:
            resume, self._resume = self._resume, None
            if resume is not None and resume["base_seed"] is not None:
                position, order = self._continue(resume, resume["base_seed"])
            else:
                position, order = self._begin()
            pool = self._persistent.take() or self._make_pool()
            self._position = position
            skip = position.batches if self._iterable else 0
            pool.begin(position.base_seed)
            return EpochIterator(position, pool, order, skip, self._persistent.give_back)

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
        except TypeError:  # a stream of unknown length
            return text + ")"

    def __len__(self) -> int:
        """Return the number of batches in an epoch.

        For an iterable data set this follows from the length of the data set, which counts the samples of all workers.
        """
        if not self._iterable:
            return len(cast("BatchSampler", self._order()))
        return (
            len(self.dataset) if self.batch_size is None else batch_count(self.dataset, self.batch_size, self.drop_last)
        )

    def state_dict(self) -> LoaderState:
        """Return the position in the epoch, from which another loader, also in another process, can continue.

        A batch counts as soon as it is handed out; prefetched batches do not. The state describes the newest iterator,
        also after a ``break``. When that iterator has ended, the state is between two epochs. After the last batch, but
        before the loop has ended, it describes an epoch with no batches left.

        It contains neither batches nor the order: both are computed again from the states of the generators. It
        consists of dicts, lists, ints, strings and None, so JSON can hold it.

        Returns:
            ``base_seed``, the seed of the running epoch, None between epochs; ``batches``, the number of batches handed
            out; ``start`` and ``now``, the states of the loader's and samplers' own generators when the epoch began
            and now; ``shared``, the state of the default generator when the epoch began; and ``lazy``, whether the
            sampler draws during the epoch.
            The present state of the default generator is not included, since it belongs to the whole program: save it
            with ``default_generator.get_state()``.
        """
        with self._lock:
            return self._current_state() if self._resume is None else self._resume.copy()

    def _current_state(self) -> LoaderState:
        own = generators.own_generators(self)
        now = generators.get_states(own)
        at = self._position
        if at is None or at.done:
            return LoaderState(base_seed=None, batches=0, start=now, now=now, shared=[], lazy=False)
        start, shared = at.start[: len(own)], at.start[len(own) :]
        return LoaderState(
            base_seed=at.base_seed, batches=at.batches, start=start, now=now, shared=shared, lazy=at.lazy
        )

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """Continue where another loader's `state_dict` was taken: the next iteration yields the rest of that epoch.

        This loader must be made like the other loader, with the same data, batch size, samplers and generators; the
        number and kind of workers may differ unless the data set is iterable. The rest of the epoch and the following
        epochs are then the same bit for bit. The order is drawn again, and the batches already handed out are skipped
        without being read. Only an iterable data set must be read from its start, since a stream cannot be skipped; its
        samples are dropped before they are collated.

        A custom sampler must keep its generator in an attribute ``generator``, a `Generator` or a NumPy one; an order
        that depends on anything else cannot be reproduced.

        The generators of the loader and its samplers are set at once. The default generator is not: set it too if the
        following epochs must be the same. Numbers that data sets draw from `random` or ``numpy.random`` instead of
        `current_generator` are not reproduced.

        Args:
            state: the result of `state_dict`.

        Raises:
            ValueError: `state` is not the state of a loader, or of a loader with other generators. If the sampler ends
                before the position, the iteration raises the error.
        """
        own = generators.own_generators(self)
        checked = check_state(state, own, generators.shared_generators(self))
        with self._lock:
            generators.set_states(own, checked["now"])
            self._position = None
            self._resume = checked

    def _begin(self) -> tuple[EpochPosition, Iterator[Index] | None]:
        """Return the position at the start of a new epoch, and the order of its batches."""
        own = generators.own_generators(self)
        start = generators.get_states(own + generators.shared_generators(self))
        position = EpochPosition(self._draw_seed(), start)
        return position, self._observed_order(position, own)

    def _continue(self, state: LoaderState, base_seed: int) -> tuple[EpochPosition, Iterator[Index] | None]:
        """Return the position that `state` describes and the rest of the order; shared generators do not change."""
        own, shared = generators.own_generators(self), generators.shared_generators(self)
        before = generators.get_states(shared)
        start = [*state["start"], *state["shared"]]
        try:
            generators.set_states(own + shared, start)
            self._draw_seed()
            position = EpochPosition(base_seed, start, state["batches"])
            order = self._observed_order(position, own)
            skipped = 0 if order is None else sum(1 for _ in itertools.islice(order, position.batches))
            if order is not None and skipped < position.batches:
                raise ValueError(
                    f"DataLoader: expected at least the {position.batches} batches that were handed out before, the "
                    f"sampler gave {skipped}; did the data set or the batch size change?"
                )
            position.lazy = position.lazy or state["lazy"]
        finally:
            generators.set_states(shared, before)
        if not position.lazy:
            generators.set_states(own, state["now"])
        return position, order

    def _draw_seed(self) -> int:
        source = current_generator() if self.generator is None else self.generator.numpy
        return int(source.integers(2**63))

    def _order(self) -> Iterable[Index]:
        """Return the iterable of each batch's indices."""
        return cast("Iterable[Index]", self.sampler if self.batch_sampler is None else self.batch_sampler)

    def _observed_order(self, position: EpochPosition, own: list[generators.AnyGenerator]) -> Iterator[Index] | None:
        """Return the order of the batches. The first item is read at once, so that samplers draw now and not later."""
        if self._iterable:
            return None
        order = iter(self._order())
        first = list(itertools.islice(order, 1))
        return itertools.chain(first, _observe(order, position, own) if own else order)

    def _make_pool(self) -> Pool:
        plan = FetchPlan(
            self.dataset,
            cast("Function", self.collate_fn),
            self._iterable,
            self.batch_size,
            self.drop_last,
            self.batch_sampler is not None,
            self.worker_init_fn,
            self.timeout,
        )
        if not self.num_workers:
            return InlinePool(plan)
        ahead = cast("int", self.prefetch_factor)
        if self.worker_method == "thread":
            return ThreadPool(plan, self.num_workers, ahead)
        from tinygrad_cnn.data.workers.processes import ProcessPool, context_of

        return ProcessPool(plan, self.num_workers, ahead, context_of(self.multiprocessing_context))


delattr(DataLoader, "shuffle")  # removes the default of the InitVar: as in PyTorch, loaders have no `shuffle`


def _observe(order: Iterator[Index], position: EpochPosition, own: list[generators.AnyGenerator]) -> Iterator[Index]:
    """Yield from `order`; set ``position.lazy`` if that changes the state of a generator."""
    while True:
        before = generators.get_states(own)
        item = list(itertools.islice(order, 1))
        position.lazy = position.lazy or generators.get_states(own) != before
        if not item:
            return
        yield item[0]
