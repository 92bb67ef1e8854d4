"""`Dataset` and `IterableDataset`; `TensorDataset` for tensors in memory, `Subset` for a part of a data set."""

from __future__ import annotations

import math
import operator
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from tinygrad_cnn.creation import as_tensor
from tinygrad_cnn.data._types import AnyDataset, Batch, Index, Sample
from tinygrad_cnn.data.collate import default_collate
from tinygrad_cnn.random import Generator, default_generator
from tinygrad_cnn.tensor import Tensor

if TYPE_CHECKING:
    from tinygrad_cnn.data.concat import ChainDataset, ConcatDataset

T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """Samples by index. A subclass defines ``__getitem__``, and usually ``__len__``.

    A data set that can read many samples at once may also define ``batch(indices)``, which returns the result of
    `default_collate` for ``[self[i] for i in indices]``; `DataLoader` then calls it instead of reading sample by
    sample. If the data set applies a transform, ``batch`` calls ``transform.batch(images)`` provided that
    ``transform.batched`` is true (see `transforms.Transform`). PyTorch's ``__getitems__(indices)``, which returns a
    list of samples, is called too.

    Example:
        >>> class Squares(Dataset):
        ...     def __len__(self):
        ...         return 10
        ...     def __getitem__(self, index):
        ...         return float(index), index * index
    """

    def __getitem__(self, index: int) -> T_co:
        raise NotImplementedError(f"{type(self).__name__}: a data set must define __getitem__(self, index)")

    def __len__(self) -> int:
        raise TypeError(f"{type(self).__name__}: this data set has no length; define __len__(self)")

    def __add__(self, other: Dataset[T_co]) -> ConcatDataset[T_co]:
        from tinygrad_cnn.data.concat import ConcatDataset

        return ConcatDataset([self, other])


class IterableDataset(Generic[T_co]):
    """Samples in sequence, for data without an index: a stream, a socket, a generator. Define ``__iter__``.

    `DataLoader` makes batches in the order of the samples and uses each once, for any number of workers. Threads share
    one iterator; of W processes each reads the whole stream and keeps every W-th batch. If reading is expensive, a data
    set can shard itself, as in the example: it calls `get_worker_info` before its first sample, and the loader then
    leaves the sharding to it.

    Example:
        >>> class Numbers(IterableDataset):
        ...     def __iter__(self):
        ...         info = get_worker_info()
        ...         first, step = (0, 1) if info is None else (info.id, info.num_workers)
        ...         return iter(range(first, 100, step))
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__}: an iterable data set must define __iter__(self)")

    def __add__(self, other: IterableDataset[T_co]) -> ChainDataset[T_co]:
        from tinygrad_cnn.data.concat import ChainDataset

        return ChainDataset([self, other])


def is_iterable(dataset: object) -> bool:
    """Return whether `dataset` is an `IterableDataset`, this package's or PyTorch's."""
    if isinstance(dataset, IterableDataset):
        return True
    torch = sys.modules.get("torch.utils.data")
    return torch is not None and isinstance(dataset, torch.IterableDataset)


def fetch(dataset: AnyDataset, indices: Iterable[Index]) -> Batch:
    """Return the collated samples at `indices`, read at once if `dataset` has a valid ``batch``.

    A subclass that overrides ``__getitem__``, to transform samples for instance, makes the inherited ``batch`` invalid:
    samples are then read one by one.
    """
    if reads_batches(dataset):
        return dataset.batch(list(indices))
    return default_collate(samples(dataset, indices))


def samples(dataset: AnyDataset, indices: Iterable[Index]) -> list[Sample]:
    """Return the samples at `indices`; an error gets a note that names the index."""
    if reads_batches(dataset, "__getitems__"):
        return list(dataset.__getitems__(list(indices)))
    found = []
    for index in indices:
        try:
            found.append(dataset[index])
        except Exception as error:
            error.add_note(f"raised while reading index {index!r} of {type(dataset).__name__}")
            raise
    return found


def reads_batches(dataset: object, method: str = "batch") -> bool:
    """Return whether `dataset` has a `method` that reads batches and matches its ``__getitem__``.

    It matches if the method is defined in the class that defines ``__getitem__`` or in a subclass of it.
    """
    kind = type(dataset)
    by_batch, by_item = (
        next((base for base in kind.__mro__ if name in vars(base)), object) for name in (method, "__getitem__")
    )
    return by_batch is not object and issubclass(by_batch, by_item)


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Samples along the first axis of tensors: sample i is ``(tensors[0][i], tensors[1][i], ...)``.

    Args:
        tensors: tensors, or arrays (whose memory is shared), of equal length.

    Raises:
        ValueError: there are no tensors, one has no axes, or the lengths differ.
    """

    def __init__(self, *tensors: Tensor) -> None:
        self.tensors = tuple(as_tensor(tensor) for tensor in tensors)
        shapes = [tensor.shape for tensor in self.tensors]
        if not shapes or not all(shapes) or len({shape[0] for shape in shapes}) > 1:
            raise ValueError(f"TensorDataset: expected tensors of equal length along axis 0, got shapes {shapes}")

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __repr__(self) -> str:
        parts = ", ".join(f"{tensor.dtype} {tuple(tensor.shape[1:])}" for tensor in self.tensors)
        return f"TensorDataset({len(self):,} samples of {parts})"

    def batch(self, indices: Sequence[int]) -> list[Tensor]:
        """Return each tensor's rows at `indices`, copied."""
        rows = np.array([operator.index(index) for index in indices], dtype=np.int64)
        return [tensor[rows] for tensor in self.tensors]


class Subset(Dataset[T_co]):
    """The samples of `dataset` at `indices`, numbered from 0 in that order.

    Args:
        dataset: the whole data set.
        indices: the chosen indices.
    """

    def __init__(self, dataset: Dataset[T_co], indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: int) -> T_co:
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)

    def __repr__(self) -> str:
        return f"Subset({len(self):,} samples of {type(self.dataset).__name__})"

    def batch(self, indices: Sequence[int]) -> Batch:
        """Return the collated samples at `indices`, read by the ``batch`` of the whole data set if it has one."""
        return fetch(self.dataset, [self.indices[index] for index in indices])


def random_split(
    dataset: Dataset[T_co], lengths: Sequence[int | float], generator: Generator | None = None
) -> list[Subset[T_co]]:
    """Split a data set at random into parts that do not overlap.

    Args:
        dataset: the whole data set.
        lengths: the number of samples in each part; or fractions that sum to 1, each is rounded down, and the remaining
            samples are added to the first parts, one to each.
        generator: the source of the random order; the default generator if None.

    Raises:
        ValueError: a length is negative, or the lengths do not sum to the length of `dataset`.

    Example:
        >>> train, validation = random_split(dataset, [0.9, 0.1])
    """
    total = len(dataset)
    sizes = _from_fractions(total, lengths) if math.isclose(sum(lengths), 1) else list(lengths)
    if any(not isinstance(size, int) or size < 0 for size in sizes) or sum(sizes) != total:
        raise ValueError(
            f"random_split: expected lengths that add up to the {total} samples, or fractions that add up to 1, "
            f"got {list(lengths)}, together {sum(lengths)}"
        )
    source = default_generator if generator is None else generator
    order: list[int] = source.numpy.permutation(total).tolist()
    ends = accumulate(int(size) for size in sizes)
    return [Subset(dataset, order[end - int(size) : end]) for end, size in zip(ends, sizes, strict=True)]


def _from_fractions(total: int, fractions: Sequence[float]) -> list[int]:
    """Return `total` divided in proportion to `fractions`, as integers; warn of a part without samples."""
    if any(not 0 <= fraction <= 1 for fraction in fractions):
        raise ValueError(f"random_split: expected fractions from 0 to 1, got {list(fractions)}")
    sizes = [math.floor(total * fraction) for fraction in fractions]
    for i in range(total - sum(sizes)):
        sizes[i % len(sizes)] += 1
    for i, size in enumerate(sizes):
        if not size:
            warnings.warn(
                f"random_split: part {i} of {list(fractions)} has no samples out of {total}", UserWarning, stacklevel=3
            )
    return sizes
