"""Orders: every index the right number of times, and the same order for the same seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_cnn.data import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from tinygrad_cnn.random import Generator, default_generator, manual_seed


def test_sequential():
    assert list(SequentialSampler("abcd")) == [0, 1, 2, 3]
    assert len(SequentialSampler("abcd")) == 4


def test_random_is_a_permutation_and_another_one_each_epoch():
    sampler = RandomSampler(range(50))
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second
    assert first != list(range(50))


@pytest.mark.parametrize("make", [RandomSampler, SubsetRandomSampler])
def test_seed_repeats_the_order(make):
    manual_seed(3)
    first = list(make(range(40)))
    manual_seed(3)
    assert list(make(range(40))) == first
    manual_seed(4)
    assert list(make(range(40))) != first


@pytest.mark.parametrize("make", [RandomSampler, SubsetRandomSampler])
def test_own_generator_leaves_the_default_one_alone(make):
    manual_seed(0)
    expected = list(make(range(40)))
    manual_seed(0)
    own = list(make(range(40), generator=Generator().manual_seed(5)))
    assert own == list(make(range(40), generator=Generator().manual_seed(5)))
    assert own != expected
    assert list(make(range(40))) == expected


def test_random_with_more_samples_than_there_are_repeats_whole_rounds():
    drawn = list(RandomSampler(range(4), num_samples=10))
    assert sorted(drawn[:4]) == sorted(drawn[4:8]) == [0, 1, 2, 3]
    assert len(drawn) == 10
    assert len(set(drawn[8:])) == 2


def test_random_with_fewer_samples():
    sampler = RandomSampler(range(10), num_samples=3)
    assert len(sampler) == 3
    assert len(set(sampler)) == 3


def test_random_with_replacement_repeats():
    drawn = list(RandomSampler(range(5), replacement=True, num_samples=200))
    assert len(drawn) == 200
    assert set(drawn) == set(range(5))
    assert len(set(drawn[:5])) < 5 or len(set(drawn[5:10])) < 5


def test_random_refuses():
    with pytest.raises(ValueError, match=r"RandomSampler: expected num_samples as a positive int, got 0"):
        RandomSampler([])
    with pytest.raises(ValueError, match="num_samples as a positive int, got -1"):
        RandomSampler([1], num_samples=-1)
    with pytest.raises(TypeError, match="expected replacement as a bool, got 1"):
        RandomSampler([1], replacement=1)


def test_subset_yields_the_given_indices():
    sampler = SubsetRandomSampler(range(49000, 50000))
    assert len(sampler) == 1000
    assert sorted(sampler) == list(range(49000, 50000))


@given(count=st.integers(0, 40), size=st.integers(1, 12), drop=st.booleans())
def test_batches_hold_every_index_in_order(count, size, drop):
    sampler = BatchSampler(SequentialSampler(range(count)), size, drop)
    batches = list(sampler)
    assert len(sampler) == len(batches)
    assert all(len(batch) == size for batch in batches[:-1])
    flat = [index for batch in batches for index in batch]
    assert flat == list(range(count - count % size if drop else count))


@pytest.mark.parametrize("size", [0, -2, 1.5, True, None])
def test_batch_size_must_be_a_positive_int(size):
    with pytest.raises(ValueError, match=f"BatchSampler: expected batch_size as a positive int, got {size}"):
        BatchSampler(range(3), size, False)


def test_drop_last_must_be_a_bool():
    with pytest.raises(ValueError, match="expected drop_last as a bool, got 'no'"):
        BatchSampler(range(3), 2, "no")


def test_sampler_without_an_order_says_so():
    class Bare(Sampler):
        pass

    with pytest.raises(NotImplementedError, match=r"Bare: a sampler must define __iter__"):
        iter(Bare())


def test_weighted_in_proportion():
    weights = [0, 1, 3, 0, 6]
    drawn = list(WeightedRandomSampler(weights, 20000))
    shares = np.bincount(drawn, minlength=5) / 20000
    np.testing.assert_allclose(shares, np.array(weights) / 10, atol=0.02)
    assert shares[0] == shares[3] == 0


def test_weighted_without_replacement():
    sampler = WeightedRandomSampler([1, 0, 3, 2], 3, replacement=False)
    assert len(sampler) == 3
    orders = [tuple(sampler) for _ in range(6000)]
    assert all(sorted(order) == [0, 2, 3] for order in orders)
    first = np.bincount([order[0] for order in orders], minlength=4) / 6000
    np.testing.assert_allclose(first, np.array([1, 0, 3, 2]) / 6, atol=0.03)
    # After 2 went first, 0 and 3 are left with weights 1 and 2.
    second = [order[1] for order in orders if order[0] == 2]
    assert abs(second.count(3) / len(second) - 2 / 3) < 0.04


@given(st.lists(st.floats(0, 1e308), min_size=1, max_size=8).filter(any), st.integers(1, 30))
def test_weighted_draws_only_what_may_be_drawn(weights, count):
    drawn = list(WeightedRandomSampler(weights, count))
    assert len(drawn) == count
    assert all(weights[index] > 0 for index in drawn)


def test_weighted_follows_its_generator_over_many_chunks():
    sampler = WeightedRandomSampler([1, 1], 150_000, generator=Generator().manual_seed(1))
    first = list(sampler)
    assert len(first) == 150_000
    assert list(WeightedRandomSampler([1, 1], 150_000, generator=Generator().manual_seed(1))) == first
    assert list(sampler) != first


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        (([1], 0), ValueError, "expected num_samples as a positive int, got 0"),
        (([1], 1, 1), TypeError, "expected replacement as a bool, got 1"),
        (([[1]], 1), ValueError, r"expected weights of shape \(N,\), got \(1, 1\)"),
        (([1, -2], 1), ValueError, "expected finite weights of at least 0, got -2.0 at index 1"),
        (([1, float("nan")], 1), ValueError, "got nan at index 1"),
        (([0, 0], 1), ValueError, "expected at least 1 weights above 0 to draw 1 samples with replacement, got 0"),
        (([1, 0], 2, False), ValueError, "at least 2 weights above 0 to draw 2 samples without replacement, got 1"),
    ],
)
def test_weighted_refuses(arguments, error, match):
    with pytest.raises(error, match=f"WeightedRandomSampler: .*{match}"):
        WeightedRandomSampler(*arguments)


def test_replacement_over_many_chunks():
    drawn = list(RandomSampler(range(3), replacement=True, num_samples=70_000))
    assert len(drawn) == 70_000
    assert set(drawn[-4000:]) == {0, 1, 2}


@pytest.mark.parametrize(
    "make",
    [
        lambda: RandomSampler(range(10), num_samples=35),
        lambda: RandomSampler(range(10), True, 70_000),
        lambda: SubsetRandomSampler(range(10)),
        lambda: WeightedRandomSampler([1, 2, 3], 70_000),
    ],
)
def test_an_epoch_draws_at_its_start_only(make):
    order = iter(make())
    next(order)
    before = default_generator.get_state()
    list(order)
    assert default_generator.get_state() == before
