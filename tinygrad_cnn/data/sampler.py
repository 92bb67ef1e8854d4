"""Samplers: the order in which a `DataLoader` reads. Each iteration over one is an epoch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Any, Generic, TypeVar

from tinygrad_cnn.random import Generator, default_generator

T_co = TypeVar("T_co", covariant=True)


def _positive(owner: str, name: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{owner}: expected {name} as a positive int, got {value!r}")


class Sampler(Generic[T_co]):
    """Yields indices into a data set, or lists of them. A subclass defines ``__iter__`` and usually ``__len__``."""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__}: a sampler must define __iter__(self)")


class SequentialSampler(Sampler[int]):
    """Yields 0, 1, ..., len(data_source) − 1.

    Args:
        data_source: what the indices are for; its length counts.
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Yields indices into `data_source` in random order, another one each epoch.

    Args:
        data_source: what the indices are for; its length counts.
        replacement: draw each index from all of them, so that some repeat.
        num_samples: how many to draw, len(data_source) if None; without replacement, a number above that goes through
            all indices again in a new order.
        generator: where the order comes from; the default generator if None.

    Raises:
        TypeError: `replacement` is not a bool.
        ValueError: no samples to draw.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        if not isinstance(replacement, bool):
            raise TypeError(f"RandomSampler: expected replacement as a bool, got {replacement!r}")
        _positive("RandomSampler", "num_samples", len(data_source) if num_samples is None else num_samples)
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator

    @property
    def num_samples(self) -> int:
        """How many indices one epoch yields."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        source = (default_generator if self.generator is None else self.generator).numpy
        size, left = len(self.data_source), self.num_samples
        if self.replacement:
            yield from source.integers(size, size=left).tolist()
            return
        while left > 0:
            yield from source.permutation(size)[:left].tolist()
            left -= size

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """Yields the given indices in random order, another one each epoch.

    Args:
        indices: indices into a data set, such as ``range(49000)``.
        generator: where the order comes from; the default generator if None.
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        source = default_generator if self.generator is None else self.generator
        for place in source.numpy.permutation(len(self.indices)).tolist():
            yield self.indices[place]

    def __len__(self) -> int:
        return len(self.indices)


class BatchSampler(Sampler[list[int]]):
    """Yields lists of `batch_size` indices in the order of another sampler.

    Args:
        sampler: a sampler, or any iterable of indices.
        batch_size: indices in a list.
        drop_last: leave out the last list if it is shorter.

    Raises:
        ValueError: `batch_size` is not a positive int, or `drop_last` not a bool.

    Example:
        >>> list(BatchSampler(range(5), 2, drop_last=False))
        [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        _positive("BatchSampler", "batch_size", batch_size)
        if not isinstance(drop_last, bool):
            raise ValueError(f"BatchSampler: expected drop_last as a bool, got {drop_last!r}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        count = len(self.sampler)  # type: ignore[arg-type]  # a sampler without a length has none here either
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)
