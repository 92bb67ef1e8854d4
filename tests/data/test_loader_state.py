"""A loader that is stopped after any number of batches goes on in another one, bit for bit."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loader_samples import Noisy, NoisyArrays, Stream

from tinygrad_cnn.data import (
    BatchSampler,
    DataLoader,
    RandomSampler,
    Sampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from tinygrad_cnn.random import Generator, default_generator, manual_seed

COUNT = 23


class Lazy(Sampler):
    """Draws in the middle of the epoch, as PyTorch's samplers with replacement do."""

    def __init__(self, generator):
        self.generator = generator

    def __iter__(self):
        for _ in range(COUNT):
            yield int(self.generator.numpy.integers(COUNT))


def plain(**kinds):
    return DataLoader(Noisy(COUNT), 4, shuffle=True, **kinds)


def own(**kinds):
    return DataLoader(Noisy(COUNT), 4, shuffle=True, generator=Generator().manual_seed(5), **kinds)


def sampled(**kinds):
    return DataLoader(Noisy(COUNT), 4, sampler=RandomSampler(range(COUNT), True, 50, Generator()), **kinds)


def batched(**kinds):
    sampler = SubsetRandomSampler(range(3, 20), Generator().manual_seed(1))
    return DataLoader(NoisyArrays(COUNT), batch_sampler=BatchSampler(sampler, 4, True), **kinds)


def weighted(**kinds):
    return DataLoader(Noisy(COUNT), 5, sampler=WeightedRandomSampler(range(COUNT), 20, False), **kinds)


def lazy(**kinds):
    return DataLoader(Noisy(COUNT), 4, sampler=Lazy(Generator().manual_seed(9)), **kinds)


def single(**kinds):
    return DataLoader(Noisy(5), None, shuffle=True, **kinds)


LOADERS = [plain, own, sampled, batched, weighted, lazy, single]


def arrays(batch):
    return [np.array(part) for part in (batch if isinstance(batch, list | tuple) else [batch])]


def same(one, other):
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_array_equal(x, y)


def stop_and_go(make, k, before, after):
    """Stop an epoch after k batches, go on in a fresh loader, and compare that and the epoch after with never stopping.

    The program's own state, the default generator, is put back as a checkpoint does.
    """
    manual_seed(11)
    whole = make()
    list(whole)  # the second epoch is interrupted
    default_generator.numpy.random(3)
    expected, following = [], []
    for batch in whole:
        expected.append(arrays(batch))
        default_generator.numpy.random()  # a training step that draws, for dropout say
    following = [arrays(batch) for batch in whole]

    manual_seed(11)
    first = make(**before)
    list(first)
    default_generator.numpy.random(3)
    iterator = iter(first)
    head = []
    for _ in range(k):
        head.append(arrays(next(iterator)))
        default_generator.numpy.random()
    saved = json.loads(json.dumps([first.state_dict(), default_generator.get_state()]))

    manual_seed(99)
    second = make(**after)
    second.load_state_dict(saved[0])
    default_generator.set_state(saved[1])
    assert second.state_dict() == saved[0]
    tail = []
    for batch in second:
        tail.append(arrays(batch))
        default_generator.numpy.random()
    same(head + tail, expected)
    same([arrays(batch) for batch in second], following)


@pytest.mark.parametrize("make", LOADERS, ids=lambda make: make.__name__)
def test_resumes_after_every_batch(make):
    for k in range(len(list(make())) + 1):
        stop_and_go(make, k, {}, {})


@settings(max_examples=40)
@given(make=st.sampled_from(LOADERS), k=st.integers(0, 4), before=st.integers(0, 4), after=st.integers(0, 4))
def test_whatever_the_number_of_threads(make, k, before, after):
    stop_and_go(make, k, {"num_workers": before}, {"num_workers": after})


@pytest.mark.parametrize("k", [0, 3, 6])
def test_with_processes(k):
    kinds = {"num_workers": 2, "worker_method": "multiprocessing", "persistent_workers": True}
    stop_and_go(plain, k, kinds, kinds)
    if k == 3:
        stop_and_go(lazy, k, kinds, {"num_workers": 1})


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_iterable(workers):
    def make():
        return DataLoader(Stream(COUNT), 4, num_workers=workers)

    for k in range(len(list(make())) + 1):
        stop_and_go(make, k, {}, {})


def test_iterable_where_shares_are_uneven():
    from loader_samples import Unfair

    def make():
        return DataLoader(Unfair(), 1, num_workers=2, prefetch_factor=3)

    expected = [int(x) for x in make()]
    for k in range(11):
        iterator, second = iter(first := make()), make()
        head = [int(next(iterator)) for _ in range(k)]
        second.load_state_dict(first.state_dict())
        assert head + [int(x) for x in second] == expected


def test_what_was_handed_out_is_not_read_again():
    first, second = own(), own()
    for number, _ in enumerate(first):
        if number == 3:
            break
    second.load_state_dict(first.state_dict())
    list(second)
    assert len(first.dataset.read) == 16
    assert len(second.dataset.read) == COUNT - 16
    assert sorted(first.dataset.read + second.dataset.read) == list(range(COUNT))


def test_between_epochs():
    first, second = own(), own()
    list(first)
    state = first.state_dict()
    assert (state["base_seed"], state["batches"]) == (None, 0)
    second.load_state_dict(state)
    same([arrays(batch) for batch in second], [arrays(batch) for batch in first])


def test_the_state_is_that_of_the_iterator_made_last():
    loader = own()
    first = iter(loader)
    next(first)
    assert loader.state_dict()["batches"] == 1
    second = iter(loader)
    assert loader.state_dict()["batches"] == 0
    next(second)
    next(second)
    next(first)
    assert loader.state_dict()["batches"] == 2


def test_a_batch_that_failed_is_read_again():
    from loader_samples import Trouble

    first = DataLoader(Trouble("raise"), 4, num_workers=2)
    iterator = iter(first)
    next(iterator)
    with pytest.raises(ValueError, match="invalid literal"):
        next(iterator)
    second = DataLoader(range(12), 4)
    second.load_state_dict(first.state_dict())
    assert [batch.tolist() for batch in second] == [[4, 5, 6, 7], [8, 9, 10, 11]]


def test_a_generator_shared_with_others_goes_on_where_it_was():
    shared = Generator().manual_seed(2)
    loader = DataLoader(Noisy(8), 2, shuffle=True, generator=shared)
    next(iter(loader))
    shared.numpy.random(5)
    state, expected = loader.state_dict(), shared.numpy.random()
    other = Generator()
    twin = DataLoader(Noisy(8), 2, shuffle=True, generator=other)
    twin.load_state_dict(state)
    list(twin)
    twin.load_state_dict(state)
    list(twin)
    assert other.numpy.random() == expected


def test_the_default_generator_is_left_where_it_is():
    loader = plain()
    next(iter(loader))
    state = loader.state_dict()
    before = default_generator.get_state()
    loader.load_state_dict(state)
    list(loader)
    assert default_generator.get_state() == before


def test_a_shorter_data_set_is_noticed():
    first, second = DataLoader(range(20), 2), DataLoader(range(6), 2)
    iterator = iter(first)
    for _ in range(5):
        next(iterator)
    second.load_state_dict(first.state_dict())
    with pytest.raises(
        ValueError, match="expected at least the 5 batches that were handed out before, the sampler gave"
    ):
        iter(second)
