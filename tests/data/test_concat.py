"""Data sets one after the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loader_samples import Noisy, Stream

from tinygrad_cnn import tensor
from tinygrad_cnn.data import ChainDataset, ConcatDataset, DataLoader, Dataset, Subset, TensorDataset, default_collate
from tinygrad_cnn.data.dataset import fetch


class Named(Dataset):
    def __init__(self, values):
        self.values = values

    def __len__(self):
        return len(self.values)

    def __getitem__(self, index):
        value = self.values[index]
        return {"x": np.float32(value), "name": f"n{value}", "pair": (value, [value])}

    def batch(self, indices):
        return default_collate([self[index] for index in indices])


def test_samples_are_numbered_through():
    whole = ConcatDataset([range(3), [], range(10, 12)])
    assert len(whole) == 5
    assert whole.cumulative_sizes == [3, 3, 5]
    assert list(whole) == [0, 1, 2, 10, 11]
    assert (whole[-1], whole[-5]) == (11, 0)
    for index in (5, -6):
        with pytest.raises(IndexError, match=f"ConcatDataset: expected an index from -5 to 4, got {index}"):
            whole[index]


@given(st.lists(st.integers(0, 6), min_size=1, max_size=4).filter(sum), st.data())
def test_whole_batches_are_the_same_as_samples(sizes, data):
    starts = np.cumsum([0, *sizes[:-1]])
    indices = data.draw(st.lists(st.integers(0, sum(sizes) - 1), min_size=1, max_size=9))
    tensors = ConcatDataset([TensorDataset(tensor(np.arange(s, s + n))) for s, n in zip(starts, sizes, strict=True)])
    assert fetch(tensors, indices)[0].tolist() == indices
    named = ConcatDataset([Named(range(s, s + n)) for s, n in zip(starts, sizes, strict=True)])
    one, other = fetch(named, indices), default_collate([named[index] for index in indices])
    assert one["name"] == other["name"] == [f"n{index}" for index in indices]
    assert one["x"].tolist() == other["x"].tolist()
    assert one["pair"][0].tolist() == one["pair"][1][0].tolist() == indices


def test_arrays_are_read_at_once(monkeypatch):
    parts = [TensorDataset(tensor(np.arange(4))), Subset(TensorDataset(tensor(np.arange(4, 8))), range(4))]
    monkeypatch.setattr(TensorDataset, "__getitem__", lambda self, index: 1 / 0)
    monkeypatch.setattr(Subset, "__getitem__", lambda self, index: 1 / 0)
    (x,) = fetch(ConcatDataset(parts), [6, 1, 7, 0])
    assert x.tolist() == [6, 1, 7, 0]


def test_without_whole_batches_samples_are_read():
    batches = [t.tolist() for _, t in DataLoader(ConcatDataset([Noisy(3), Noisy(2)]), 4)]
    assert batches == [[0, 1, 2, 0], [1]]


def test_plus():
    assert list(TensorDataset(tensor([1])) + TensorDataset(tensor([2]))) == [(1,), (2,)]
    assert [int(x) for x in Stream(2) + Stream(3)] == [0, 1, 0, 1, 2]


def test_refuses():
    with pytest.raises(ValueError, match="ConcatDataset: expected at least one data set, got none"):
        ConcatDataset([])
    with pytest.raises(ValueError, match="number 1 is Stream, an iterable one; use ChainDataset"):
        ConcatDataset([range(2), Stream(2)])
    with pytest.raises(TypeError, match="ChainDataset: expected iterable data sets, got list"):
        list(ChainDataset([[1, 2]]))


def test_chain():
    chain = ChainDataset([Stream(3), Stream(2)])
    assert len(chain) == 5
    for _ in range(2):
        assert [int(x) for x in DataLoader(chain, None)] == [0, 1, 2, 0, 1]
