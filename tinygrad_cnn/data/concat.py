"""`ConcatDataset` and `ChainDataset`: several data sets one after the other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from itertools import accumulate, groupby
from typing import cast

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import as_tensor
from tinygrad_cnn.data._types import Batch
from tinygrad_cnn.data.collate import default_collate
from tinygrad_cnn.data.dataset import Dataset, IterableDataset, T_co, fetch, is_iterable, reads_batches, samples
from tinygrad_cnn.data.workers.info import own_shard
from tinygrad_cnn.tensor import Tensor


class ConcatDataset(Dataset[T_co]):
    """The samples of several data sets, one after the other; also written ``first + second``.

    Args:
        datasets: data sets with a length.

    Attributes:
        datasets: the data sets.
        cumulative_sizes: for each data set, the number of samples up to its end.

    Raises:
        ValueError: there are no data sets, or one of them is iterable (see `ChainDataset`).
    """

    def __init__(self, datasets: Iterable[Dataset[T_co]]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset: expected at least one data set, got none")
        for i, dataset in enumerate(self.datasets):
            if is_iterable(dataset):
                raise ValueError(
                    f"ConcatDataset: expected data sets that are read by index, number {i} is "
                    f"{type(dataset).__name__}, an iterable one; use ChainDataset"
                )
        self.cumulative_sizes = list(accumulate(len(dataset) for dataset in self.datasets))

    def __getitem__(self, index: int) -> T_co:
        part, row = self._find(index)
        return self.datasets[part][row]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __repr__(self) -> str:
        parts = ", ".join(f"{type(one).__name__} of {len(one):,}" for one in self.datasets)
        return f"ConcatDataset({len(self):,} samples: {parts})"

    def batch(self, indices: Sequence[int]) -> Batch:
        """Return the collated samples at `indices`, with one read of each data set if all can read batches."""
        if not all(reads_batches(dataset) for dataset in self.datasets):
            return default_collate(samples(self, indices))
        found = [self._find(index) for index in indices]
        order = sorted(range(len(found)), key=lambda i: found[i][0])  # stable, so each part keeps its own order
        parts = [
            fetch(self.datasets[part], [found[i][1] for i in positions])
            for part, positions in groupby(order, key=lambda i: found[i][0])
        ]
        return parts[0] if len(parts) == 1 else _merge(parts, np.argsort(order))

    def _find(self, index: int) -> tuple[int, int]:
        """Return the number of the data set that holds sample `index`, and the index in that data set."""
        size = len(self)
        if not -size <= index < size:
            raise IndexError(f"ConcatDataset: expected an index from {-size} to {size - 1}, got {index}")
        row = int(index) % size
        part = bisect_right(self.cumulative_sizes, row)
        return part, row - (self.cumulative_sizes[part - 1] if part else 0)


def _merge(parts: Sequence[Batch], rows: Array) -> Batch:
    """Concatenate batches of the same structure and return the result's rows in the order `rows`."""
    first = parts[0]
    if isinstance(first, Tensor):
        return as_tensor(np.concatenate([part.array for part in parts])[rows])
    if isinstance(first, Mapping):
        return {key: _merge([part[key] for part in parts], rows) for key in first}
    if isinstance(first[0], str | bytes):
        texts = [text for part in parts for text in part]
        return [texts[row] for row in rows]
    columns = [_merge(column, rows) for column in zip(*parts, strict=True)]
    return type(first)(*columns) if hasattr(first, "_fields") else columns


class ChainDataset(IterableDataset[T_co]):
    """The samples of several iterable data sets, one after the other; also written ``first + second``.

    Args:
        datasets: iterable data sets; each iteration goes through them from the start.
    """

    def __init__(self, datasets: Iterable[IterableDataset[T_co]]) -> None:
        self.datasets = datasets

    def __iter__(self) -> Iterator[T_co]:
        for dataset in self.datasets:
            if not is_iterable(dataset):
                raise TypeError(f"ChainDataset: expected iterable data sets, got {type(dataset).__name__}")
            yield from own_shard(dataset)

    def __len__(self) -> int:
        return sum(len(cast("Sized", dataset)) for dataset in self.datasets)
