"""Samplers: the order in which a `DataLoader` reads. Each iteration over a sampler is an epoch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Generic, TypeVar, cast

import numpy as np

from tinygrad_cnn.data.seeding import current_generator
from tinygrad_cnn.random import Generator

T_co = TypeVar("T_co", covariant=True)

_CHUNK = 65536
"""The number of indices drawn at once with replacement; it limits the memory for a long epoch."""


def check_count(owner: str, name: str, value: object, least: int = 1) -> None:
    """Raise a ValueError unless `value` is an int of at least `least`, 0 or 1."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        kind = "a positive int" if least else "an int of at least 0"
        raise ValueError(f"{owner}: expected {name} as {kind}, got {value!r}")


def _check_replacement(owner: str, replacement: object) -> None:
    if not isinstance(replacement, bool):
        raise TypeError(f"{owner}: expected replacement as a bool, got {replacement!r}")


def _epoch_generator(generator: Generator | None) -> np.random.Generator:
    """Return a generator for the order of one epoch, seeded by one number drawn from `generator`.

    So `generator` advances only once, at the start, even if the order is read far ahead of the training.
    """
    source = current_generator() if generator is None else generator.numpy
    return np.random.default_rng(int(source.integers(2**63)))


class Sampler(Generic[T_co]):
    """Yields indices into a data set, or lists of them. A subclass defines ``__iter__`` and usually ``__len__``."""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__}: a sampler must define __iter__(self)")


class SequentialSampler(Sampler[int]):
    """Yields 0, 1, ..., len(data_source) − 1.

    Args:
        data_source: only its length is used.
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Yields indices into `data_source` in random order, a new order each epoch.

    Args:
        data_source: only its length is used.
        replacement: draw each index from all indices, so that some repeat.
        num_samples: number of indices in an epoch, len(data_source) if None; without replacement, a larger number goes
            through all indices again in a new order.
        generator: the source of the random order; the default generator if None.

    Raises:
        TypeError: `replacement` is not a bool.
        ValueError: there are no samples to draw.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        _check_replacement("RandomSampler", replacement)
        check_count("RandomSampler", "num_samples", len(data_source) if num_samples is None else num_samples)
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self._num_samples = num_samples

    @property
    def num_samples(self) -> int:
        """The number of indices in an epoch."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        source = _epoch_generator(self.generator)
        size, left = len(self.data_source), self.num_samples
        while left > 0:
            if self.replacement:
                indices = source.integers(size, size=min(left, _CHUNK))
            else:
                indices = source.permutation(size)[:left]
            yield from indices.tolist()
            left -= len(indices)

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """Yields the given indices in random order, a new order each epoch.

    Args:
        indices: indices into a data set, such as ``range(49000)``.
        generator: the source of the random order; the default generator if None.
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for position in _epoch_generator(self.generator).permutation(len(self.indices)).tolist():
            yield self.indices[position]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Yields indices at random, index i with a probability proportional to `weights[i]`.

    Weights of 1 / (number of samples of the class) balance uneven classes.

    Args:
        weights: one number for each sample, at least 0; they need not sum to 1.
        num_samples: number of indices in an epoch.
        replacement: draw each index from all indices; otherwise each index is drawn from those that remain, and none
            is drawn twice in an epoch.
        generator: the source of the random order; the default generator if None.

    Raises:
        TypeError: `replacement` is not a bool.
        ValueError: there are no samples to draw; weights are negative, not finite or all 0; or, without replacement,
            there are fewer weights above 0 than samples to draw.

    Example:
        >>> counts = np.bincount(labels)
        >>> sampler = WeightedRandomSampler(1 / counts[labels], num_samples=len(labels))
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        check_count("WeightedRandomSampler", "num_samples", num_samples)
        _check_replacement("WeightedRandomSampler", replacement)
        self.weights = np.array(weights, dtype=np.float64)
        if self.weights.ndim != 1:
            raise ValueError(f"WeightedRandomSampler: expected weights of shape (N,), got {self.weights.shape}")
        allowed = np.isfinite(self.weights) & (self.weights >= 0)
        if not allowed.all():
            position = int(np.argmin(allowed))
            raise ValueError(
                "WeightedRandomSampler: expected finite weights of at least 0, got "
                f"{self.weights[position]} at index {position}"
            )
        choices = int(np.count_nonzero(self.weights))
        if not choices or (not replacement and choices < num_samples):
            least = 1 if replacement else num_samples
            raise ValueError(
                f"WeightedRandomSampler: expected at least {least} weights above 0 to draw {num_samples} samples "
                f"with{'' if replacement else 'out'} replacement, got {choices}"
            )
        self.num_samples, self.replacement, self.generator = num_samples, replacement, generator

    def __iter__(self) -> Iterator[int]:
        source = _epoch_generator(self.generator)
        if not self.replacement:
            # Gumbel's trick: the largest values of log w + G, in descending order, are exact draws without replacement.
            with np.errstate(divide="ignore"):
                keys = np.log(self.weights) + source.gumbel(size=len(self.weights))
            yield from np.argsort(-keys, kind="stable")[: self.num_samples].tolist()
            return
        steps = np.cumsum(self.weights / self.weights.max())  # scaled, so that the sum does not overflow
        last = int(np.flatnonzero(self.weights)[-1])  # u · total may round up to the total
        for start in range(0, self.num_samples, _CHUNK):
            u = source.random(min(_CHUNK, self.num_samples - start))
            yield from np.minimum(np.searchsorted(steps, u * steps[-1], side="right"), last).tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Yields lists of `batch_size` indices in the order of another sampler.

    Args:
        sampler: a sampler, or any iterable of indices.
        batch_size: number of indices in a list.
        drop_last: leave out the last list if it is shorter.

    Raises:
        ValueError: `batch_size` is not a positive int, or `drop_last` not a bool.

    Example:
        >>> list(BatchSampler(range(5), 2, drop_last=False))
        [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        check_count("BatchSampler", "batch_size", batch_size)
        if not isinstance(drop_last, bool):
            raise ValueError(f"BatchSampler: expected drop_last as a bool, got {drop_last!r}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        return batch_count(self.sampler, self.batch_size, self.drop_last)


def batch_count(items: object, batch_size: int, drop_last: bool) -> int:
    """Return how many batches `items` make; a TypeError if they have no length."""
    count = len(cast("Sized", items))
    return count // batch_size if drop_last else -(-count // batch_size)
