"""Data sets over tensors, parts of data sets, and random splits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_cnn import tensor
from tinygrad_cnn.data import Dataset, IterableDataset, Subset, TensorDataset, random_split
from tinygrad_cnn.data.dataset import fetch, is_iterable
from tinygrad_cnn.random import Generator


def test_tensor_dataset_pairs_rows():
    dataset = TensorDataset(tensor([[1.0, 2], [3, 4], [5, 6]]), tensor([7, 8, 9]))
    assert len(dataset) == 3
    x, t = dataset[1]
    assert x.tolist() == [3, 4]
    assert t.item() == 8
    assert dataset[-1][1].item() == 9
    assert len(list(dataset)) == 3


def test_tensor_dataset_shares_memory_with_arrays():
    array = np.arange(3.0)
    dataset = TensorDataset(array)
    array[0] = 9
    assert dataset[0][0].item() == 9


def test_tensor_dataset_batch_copies():
    x = tensor([1.0, 2, 3])
    TensorDataset(x).batch([0, 1])[0].zero_()
    assert x.tolist() == [1, 2, 3]


def test_tensor_dataset_index_out_of_range():
    dataset = TensorDataset(tensor([1, 2, 3]))
    with pytest.raises(IndexError, match="3"):
        dataset[3]
    with pytest.raises(IndexError, match="out of bounds"):
        dataset.batch([0, 3])


@pytest.mark.parametrize("shapes", [[], [(3,), (4,)], [(3,), ()], [()]])
def test_tensor_dataset_refuses(shapes):
    with pytest.raises(ValueError, match="TensorDataset: expected tensors of equal length along axis 0, got shapes"):
        TensorDataset(*[tensor(np.zeros(shape)) for shape in shapes])


def test_subset_reads_through():
    dataset = TensorDataset(tensor([10, 11, 12, 13]))
    part = Subset(dataset, [3, 1])
    assert [x.item() for (x,) in part] == [13, 11]
    assert len(part) == 2
    assert part.batch([1, 0])[0].tolist() == [11, 13]
    assert Subset(part, [1]).batch([0])[0].tolist() == [11]


def test_fetch_reads_a_tensor_dataset_at_once(monkeypatch):
    dataset = Subset(TensorDataset(tensor([10, 11, 12, 13])), [2, 3])

    def forbidden(self, index):
        raise AssertionError("read sample by sample")

    monkeypatch.setattr(TensorDataset, "__getitem__", forbidden)
    assert fetch(dataset, [1, 0])[0].tolist() == [13, 12]


def test_an_overridden_getitem_is_not_bypassed():
    class Doubled(TensorDataset):
        def __getitem__(self, index):
            return tuple(2 * part for part in super().__getitem__(index))

    class Negated(Subset):
        def __getitem__(self, index):
            return tuple(-part for part in super().__getitem__(index))

    doubled = Doubled(tensor([1, 2, 3]))
    assert fetch(doubled, [0, 2])[0].tolist() == [2, 6]
    assert fetch(Subset(doubled, [2, 1]), [0, 1])[0].tolist() == [6, 4]
    assert fetch(Negated(doubled, [2, 1]), [0])[0].tolist() == [-6]


def test_fetch_takes_anything_with_getitem():
    assert fetch([5, 6, 7], [2, 0]).tolist() == [7, 5]


def test_dataset_without_methods_says_what_is_missing():
    class Bare(Dataset):
        pass

    with pytest.raises(NotImplementedError, match="Bare: a data set must define __getitem__"):
        Bare()[0]
    with pytest.raises(TypeError, match="Bare: this data set has no length"):
        len(Bare())


def test_iterable_data_set_without_iter_says_what_is_missing():
    class Bare(IterableDataset):
        pass

    with pytest.raises(NotImplementedError, match="Bare: an iterable data set must define __iter__"):
        iter(Bare())


def test_is_iterable():
    assert is_iterable(IterableDataset())
    assert not is_iterable(Dataset())
    assert not is_iterable([1, 2])


def test_an_error_gets_a_note_of_its_index():
    with pytest.raises(IndexError, match=r"out of range\nraised while reading index 7 of list"):
        fetch([1, 2, 3], [0, 7])


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5).filter(lambda sizes: sum(sizes) > 1))
def test_split_covers_every_sample_once(sizes):
    parts = random_split(range(sum(sizes)), sizes, generator=Generator().manual_seed(0))
    assert [len(part) for part in parts] == sizes
    assert sorted(index for part in parts for index in part) == list(range(sum(sizes)))


def test_split_follows_the_generator():
    first, again, other = (
        random_split(range(30), [20, 10], Generator().manual_seed(seed))[0].indices for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other
    assert first != list(range(20))


@pytest.mark.parametrize(
    ("total", "fractions", "sizes"),
    [
        (10, [0.8, 0.1, 0.1], [8, 1, 1]),
        (11, [0.5, 0.5], [6, 5]),
        (11, [1 / 3, 1 / 3, 1 / 3], [4, 4, 3]),
        (7, [1.0], [7]),
    ],
)
def test_split_by_fractions(total, fractions, sizes):
    assert [len(part) for part in random_split(range(total), fractions)] == sizes


def test_split_warns_of_an_empty_part():
    with pytest.warns(UserWarning, match=r"random_split: part 1 of \[0.9, 0.1\] has no samples out of 1"):
        random_split(range(1), [0.9, 0.1])


@pytest.mark.parametrize("lengths", [[5, 4], [11, -1], [5.0, 5.0], [0.5, 0.4], []])
def test_split_refuses_lengths_that_do_not_add_up(lengths):
    with pytest.raises(ValueError, match="random_split: expected lengths that add up to the 10 samples"):
        random_split(range(10), lengths)


def test_split_refuses_negative_fractions():
    with pytest.raises(ValueError, match="random_split: expected fractions from 0 to 1"):
        random_split(range(10), [1.5, -0.5])
