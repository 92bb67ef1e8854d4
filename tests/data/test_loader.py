"""Batches in the right order and size, whichever way they are read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loader_samples import Stream, note_start

from tinygrad_cnn import tensor
from tinygrad_cnn.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    MNIST5k,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    default_collate,
)
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


def test_arguments_are_in_pytorchs_order_and_kept():
    loader = DataLoader(pairs(6), 2, False, None, None, 2, default_collate, True, True, 5, note_start, None, None,
                        prefetch_factor=3, persistent_workers=True, pin_memory_device="cuda")  # fmt: skip
    assert (loader.batch_size, loader.num_workers, loader.pin_memory, loader.drop_last) == (2, 2, True, True)
    assert (loader.timeout, loader.prefetch_factor, loader.persistent_workers) == (5, 3, True)
    assert (loader.worker_init_fn, loader.worker_method) == (note_start, "thread")
    assert not hasattr(loader, "shuffle")
    assert DataLoader(pairs(3)).prefetch_factor is None
    assert DataLoader(pairs(3), num_workers=1).prefetch_factor == 2


def test_pin_memory_changes_nothing():
    assert read(DataLoader(pairs(4), 2, pin_memory=True)) == read(DataLoader(pairs(4), 2))


@pytest.mark.parametrize("workers", [0, 2])
def test_without_batches_samples_come_as_they_are(workers):
    loader = DataLoader(Squares(5), None, num_workers=workers)
    assert [(x.item(), t) for x, t in loader] == [(i, i * i) for i in range(5)]
    assert len(loader) == 5
    doubled = DataLoader(Squares(2), batch_size=None, collate_fn=lambda sample: sample[1] * 2)
    assert list(doubled) == [0, 2]


def test_getitems_is_called_if_it_belongs_to_getitem():
    class Many(Squares):
        def __getitem__(self, index):
            raise AssertionError("read one by one")

        def __getitems__(self, indices):
            return [(np.float32(index), -index) for index in indices]

    class Older(Many):
        def __getitem__(self, index):
            return np.float32(index), index

    assert read(DataLoader(Many(3), 2)) == [[[0, 1], [0, -1]], [[2], [-2]]]
    assert read(DataLoader(Older(3), 2)) == [[[0, 1], [0, 1]], [[2], [2]]]


def test_empty_data_set_has_no_batches():
    assert list(DataLoader([], batch_size=4)) == []


@pytest.mark.parametrize(("arguments", "text"), [
    ({}, "batch_size=1, sampler=SequentialSampler): 7 batches of 7 samples"),
    ({"batch_size": 3, "shuffle": True, "num_workers": 2}, ("batch_size=3, sampler=RandomSampler, num_workers=2, "
                                                            "worker_method='thread'): 3 batches of 7 samples")),
    ({"batch_size": 3, "drop_last": True}, "batch_size=3, sampler=SequentialSampler, drop_last=True): 2 batches of 7"),
    ({"batch_sampler": [[1, 2], [3]]}, "batch_sampler=list): 2 batches of 7 samples"),
    ({"batch_sampler": iter([[1]])}, "batch_sampler=list_iterator)"),
])  # fmt: skip
def test_it_prints(arguments, text):
    loader = DataLoader(range(7), **arguments)
    assert repr(loader).startswith(f"DataLoader(range, {text}")


def test_a_stream_prints():
    assert repr(DataLoader(Stream(5), 2)) == "DataLoader(Stream, batch_size=2): 3 batches of 5 samples"


def test_data_sets_print():
    data = TensorDataset(np.zeros((4, 3, 2), np.float32), np.zeros(4, np.int64))
    assert repr(data) == "TensorDataset(4 samples of float32 (3, 2), int64 ())"
    assert repr(Subset(data, [1, 2])) == "Subset(2 samples of TensorDataset)"
    assert repr(data + data) == "ConcatDataset(8 samples: TensorDataset of 4, TensorDataset of 4)"


def test_arguments_that_only_accelerators_use():
    loader = DataLoader(range(3), 2, pin_memory=True, pin_memory_device="", in_order=True, prefetch_factor=None)
    assert [batch.tolist() for batch in loader] == [[0, 1], [2]]


def test_images_of_different_sizes_are_told_of_resize():
    with pytest.raises(RuntimeError, match=r"need transforms.Resize\(\(height, width\)\)"):
        next(iter(DataLoader([np.zeros((3, 4, 5)), np.zeros((3, 4, 6))], 2)))
