"""`DataLoader`: a data set and an order of reading it become an iterable of batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from tinygrad_cnn.data.collate import default_collate
from tinygrad_cnn.data.dataset import Dataset, fetch
from tinygrad_cnn.data.position import Positioned
from tinygrad_cnn.data.sampler import BatchSampler, RandomSampler, SequentialSampler
from tinygrad_cnn.random import Generator


class DataLoader(Positioned):
    """Iterate over a data set in batches; each ``for`` loop over the loader is one epoch.

    Without a `collate_fn`, a data set that reads by whole batches (see `Dataset`) does so: `TensorDataset`, the digit
    sets without transforms, and subsets of them. The batches are the same as those read sample by sample.

    Args:
        dataset: a `Dataset`, or anything with ``__getitem__`` and ``__len__``.
        batch_size: samples in a batch.
        shuffle: read in random order, another one each epoch.
        sampler: the order, an iterable of indices; not together with `shuffle`.
        batch_sampler: an iterable of lists of indices, one for each batch; stands in for the four arguments
            `batch_size`, `shuffle`, `sampler` and `drop_last`.
        collate_fn: makes a batch of a list of samples; `default_collate` if None.
        drop_last: leave out the last batch if it is smaller.
        generator: where the random order comes from; the default generator if None, so `manual_seed` repeats it.

    Raises:
        ValueError: `batch_size` is not a positive int, arguments contradict each other, or an empty data set is to be
            shuffled.

    Example:
        >>> for x, t in DataLoader(TensorDataset(images, labels), batch_size=64, shuffle=True):
        ...     loss = F.cross_entropy(model(x), t)
    """

    def __init__(
        self,
        dataset: Dataset[Any],
        batch_size: int = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        *,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        drop_last: bool = False,
        generator: Generator | None = None,
    ) -> None:
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: expected either sampler or shuffle=True, got both")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError(
                "DataLoader: expected batch_sampler without batch_size, shuffle, sampler and drop_last, "
                f"got batch_size={batch_size}, shuffle={shuffle}, sampler={sampler}, drop_last={drop_last}"
            )
        if sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        self.dataset = dataset
        self.batch_size = batch_size if batch_sampler is None else None
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = BatchSampler(sampler, batch_size, drop_last) if batch_sampler is None else batch_sampler
        self.collate_fn = default_collate if collate_fn is None else collate_fn
        self.generator = generator
        super().__init__()

    def __iter__(self) -> Iterator[Any]:
        for indices in self._remaining():
            if self.collate_fn is default_collate:
                yield fetch(self.dataset, indices)
            else:
                yield self.collate_fn([self.dataset[index] for index in indices])

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return len(cast("BatchSampler", self.batch_sampler))
