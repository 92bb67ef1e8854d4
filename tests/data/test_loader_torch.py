"""PyTorch's data sets and samplers in the loader; its default collate as the oracle."""

import json

import numpy as np
import pytest

from tinygrad_cnn import Tensor
from tinygrad_cnn.data import ConcatDataset, DataLoader, default_collate, default_convert, get_worker_info
from tinygrad_cnn.random import manual_seed

torch = pytest.importorskip("torch")
data = torch.utils.data


class Pairs(data.Dataset):
    def __init__(self, count=10):
        self.x = torch.arange(count * 6, dtype=torch.float32).reshape(count, 2, 3)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index], {"label": index, "mask": self.x[index] > 3}


class Numbers(data.IterableDataset):
    def __iter__(self):
        info = get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        return iter(torch.arange(first, 7, step))


@pytest.mark.parametrize(
    "kinds", [{}, {"num_workers": 2}, {"num_workers": 2, "worker_method": "multiprocessing"}], ids=str
)
def test_tensors_of_its_data_sets_become_ours(kinds):
    ours, theirs = DataLoader(Pairs(), 4, **kinds), data.DataLoader(Pairs(), 4)
    assert len(ours) == len(theirs)
    for (x, more), (x_theirs, more_theirs) in zip(ours, theirs, strict=True):
        for mine, its in ((x, x_theirs), *((more[key], more_theirs[key]) for key in more_theirs)):
            assert isinstance(mine, Tensor)
            assert mine.dtype == its.numpy().dtype
            np.testing.assert_array_equal(mine.numpy(), its.numpy())


def test_its_wrappers():
    whole = data.TensorDataset(torch.arange(10.0), torch.arange(10))
    parts = [data.Subset(whole, [3, 1, 2]), data.ConcatDataset([whole, whole]), data.random_split(whole, [7, 3])[0]]
    for part in parts:
        for ours, theirs in zip(DataLoader(part, 2), data.DataLoader(part, 2), strict=True):
            assert [mine.tolist() for mine in ours] == [its.tolist() for its in theirs]
    assert [len(batch[0]) for batch in DataLoader(ConcatDataset([parts[0], parts[2]]), 4)] == [4, 4, 2]


def test_its_iterable_data_sets():
    assert [x.tolist() for x in DataLoader(Numbers(), 3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [x.tolist() for x in DataLoader(Numbers(), 3, num_workers=2)] == [[0, 2, 4], [1, 3, 5], [6]]
    with pytest.raises(ValueError, match="an iterable data set comes in its own order"):
        DataLoader(Numbers(), shuffle=True)


def samplers():
    return {
        "sequential": {"sampler": data.SequentialSampler(range(10))},
        "random": {"sampler": data.RandomSampler(range(10))},
        "own generator": {"sampler": data.RandomSampler(range(10), True, 100, torch.Generator().manual_seed(2))},
        "subset": {"sampler": data.SubsetRandomSampler(range(3, 9))},
        "weighted": {"sampler": data.WeightedRandomSampler([1.0] * 10, 12)},
        "batches": {"batch_sampler": data.BatchSampler(data.RandomSampler(range(10)), 3, True)},
    }


@pytest.mark.parametrize("name", list(samplers()))
@pytest.mark.parametrize("workers", [0, 2])
def test_its_samplers_and_going_on_with_them(name, workers):
    def make():
        torch.manual_seed(3)
        manual_seed(3)
        return DataLoader(Pairs(), num_workers=workers, **samplers()[name])

    def labels(batches):
        return [more["label"].tolist() for _, more in batches]

    before = torch.get_rng_state()
    expected = labels(make())
    if name in {"sequential", "own generator"}:  # the others draw after its loader has drawn a seed
        assert expected == labels(data.DataLoader(Pairs(), **samplers()[name]))
    for k in range(len(expected)):
        loader = make()
        iterator = iter(loader)
        head = [next(iterator) for _ in range(k)]
        state = json.loads(json.dumps(loader.state_dict()))
        torch.manual_seed(8)
        twin = DataLoader(Pairs(), num_workers=workers, **samplers()[name])
        twin.load_state_dict(state)
        assert labels(head) + labels(twin) == expected
    torch.set_rng_state(before)


def test_collate_and_convert():
    sample = [torch.ones(2), np.float32(3), torch.tensor(4)]
    ours, theirs = default_collate([sample, sample]), data.default_collate([sample, sample])
    for mine, its in zip(ours, theirs, strict=True):
        assert isinstance(mine, Tensor)
        assert mine.dtype == its.numpy().dtype
        assert mine.tolist() == its.tolist()
    converted = default_convert((torch.ones(2), "a"))
    assert isinstance(converted[0], Tensor)
    with pytest.raises(RuntimeError, match="requires a gradient, which would be lost"):
        default_collate([torch.ones(2, requires_grad=True)])
    with pytest.raises(TypeError, match="got Tensor and, as number 1 of the batch, NoneType"):
        default_collate([torch.ones(2), None])


def test_our_data_sets_in_its_loader():
    from loader_samples import Noisy

    batches = list(data.DataLoader(Noisy(5), 2))
    assert [t.tolist() for _, t in batches] == [[0, 1], [2, 3], [4]]
