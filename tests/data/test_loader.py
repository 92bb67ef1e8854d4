"""Batches in the right order and size, whichever way they are read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_cnn import tensor
from tinygrad_cnn.data import BatchSampler, DataLoader, Dataset, MNIST5k, Subset, SubsetRandomSampler, TensorDataset
from tinygrad_cnn.random import Generator, manual_seed


class Squares(Dataset):
    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return np.float32(index), index * index


def pairs(count):
    return TensorDataset(tensor(np.arange(count, dtype=np.float32)), tensor(np.arange(count) ** 2))


def read(loader):
    return [[part.tolist() for part in batch] for batch in loader]


def test_default_is_one_sample_a_batch_in_order():
    assert read(DataLoader(Squares(3))) == [[[0.0], [0]], [[1.0], [1]], [[2.0], [4]]]


@given(count=st.integers(1, 30), size=st.integers(1, 9), drop=st.booleans(), seed=st.integers(0, 9))
def test_fast_path_equals_slow_path(count, size, drop, seed):
    loaders = [
        DataLoader(dataset, size, shuffle=True, drop_last=drop, generator=Generator().manual_seed(seed))
        for dataset in (pairs(count), Squares(count), Subset(pairs(count), range(count)))
    ]
    epochs = [read(loader) for loader in loaders]
    assert epochs[0] == epochs[1] == epochs[2]
    assert len(loaders[0]) == len(epochs[0]) == (count // size if drop else -(-count // size))
    assert all(len(x) == size for x, _ in epochs[0][: count // size])
    if not drop:
        assert sorted(value for x, _ in epochs[0] for value in x) == list(range(count))


def test_tensor_dataset_is_not_read_sample_by_sample(monkeypatch):
    monkeypatch.delattr(TensorDataset, "__getitem__")
    monkeypatch.setattr(TensorDataset, "__getitem__", lambda self, index: 1 / 0, raising=False)
    assert read(DataLoader(pairs(4), batch_size=4)) == [[[0, 1, 2, 3], [0, 1, 4, 9]]]


def test_types_are_the_same_either_way():
    for fast, slow in zip(next(iter(DataLoader(pairs(4), 2))), next(iter(DataLoader(Squares(4), 2))), strict=True):
        assert (fast.shape, fast.dtype) == (slow.shape, slow.dtype)
    assert isinstance(next(iter(DataLoader(pairs(4), 2))), list)


def test_manual_seed_repeats_an_epoch():
    loader = DataLoader(pairs(30), batch_size=4, shuffle=True)
    manual_seed(1)
    first, second = read(loader), read(loader)
    manual_seed(1)
    assert read(loader) == first
    assert first != second


def test_sampler_sets_the_order():
    loader = DataLoader(pairs(10), batch_size=2, sampler=[4, 1, 3])
    assert [x for x, _ in read(loader)] == [[4, 1], [3]]
    assert len(loader) == 2
    subset = DataLoader(pairs(10), batch_size=2, sampler=SubsetRandomSampler(range(4, 8)), drop_last=True)
    assert sorted(value for x, _ in read(subset) for value in x) == [4, 5, 6, 7]


def test_batch_sampler_sets_the_batches():
    loader = DataLoader(pairs(10), batch_sampler=[[1], [5, 2]])
    assert [x for x, _ in read(loader)] == [[1], [5, 2]]
    assert loader.batch_size is None
    assert len(DataLoader(pairs(10), batch_sampler=BatchSampler(range(10), 4, False))) == 3


def test_collate_fn_gets_the_samples():
    loader = DataLoader(pairs(3), batch_size=2, collate_fn=lambda samples: [int(t) for _, t in samples])
    assert list(loader) == [[0, 1], [4]]


def test_takes_a_plain_sequence():
    assert [batch.tolist() for batch in DataLoader([3, 1, 2], batch_size=2)] == [[3, 1], [2]]


def test_digits_either_way():
    digits = MNIST5k(train=False)
    plain = next(iter(DataLoader(digits, batch_size=5)))
    item = next(iter(DataLoader(MNIST5k(False, transform=lambda image: image), batch_size=5)))
    for fast, slow in zip(plain, item, strict=True):
        assert fast.dtype == slow.dtype
        np.testing.assert_array_equal(fast.numpy(), slow.numpy())


@pytest.mark.parametrize(
    "arguments",
    [{"batch_size": 2}, {"shuffle": True}, {"sampler": [0]}, {"drop_last": True}],
    ids=lambda a: next(iter(a)),
)
def test_batch_sampler_stands_alone(arguments):
    with pytest.raises(ValueError, match="DataLoader: expected batch_sampler without batch_size, shuffle, sampler and"):
        DataLoader(pairs(3), batch_sampler=[[0]], **arguments)


def test_refuses():
    with pytest.raises(ValueError, match="DataLoader: expected either sampler or shuffle=True, got both"):
        DataLoader(pairs(3), shuffle=True, sampler=[0])
    with pytest.raises(ValueError, match="expected batch_size as a positive int, got 0"):
        DataLoader(pairs(3), batch_size=0)
    with pytest.raises(ValueError, match="expected num_samples as a positive int, got 0"):
        DataLoader([], shuffle=True)


def test_empty_data_set_has_no_batches():
    assert list(DataLoader([], batch_size=4)) == []
