"""The generators in a loader, and their states as plain data."""

import json

import numpy as np
import pytest

from tinygrad_cnn.data import BatchSampler, DataLoader, RandomSampler, WeightedRandomSampler
from tinygrad_cnn.data.generators import check_states, get_states, own_generators, set_states, shared_generators
from tinygrad_cnn.random import Generator, default_generator


def test_found_wherever_they_are_each_once():
    a, b = Generator(), Generator()
    assert own_generators(DataLoader(range(3), shuffle=True)) == []
    assert own_generators(DataLoader(range(3), shuffle=True, generator=a)) == [a]
    assert own_generators(DataLoader(range(3), sampler=WeightedRandomSampler([1], 1, generator=b), generator=a)) == [
        a,
        b,
    ]
    batches = BatchSampler(RandomSampler(range(3), generator=b), 2, False)
    assert own_generators(DataLoader(range(3), batch_sampler=batches)) == [b]
    assert shared_generators(DataLoader(range(3))) == [default_generator]


def test_numpys_generators_and_others():
    class Order(list):
        generator = None

    order = Order([1, 2])
    loader = DataLoader(range(3), sampler=order)
    order.generator = np.random.default_rng(1)
    assert own_generators(loader) == [order.generator]
    states = json.loads(json.dumps(get_states(own_generators(loader))))
    expected = order.generator.random()
    set_states(own_generators(loader), states)
    assert order.generator.random() == expected
    order.generator = (i for i in range(3))  # something else of that name
    assert own_generators(loader) == []


def test_states_go_through_json():
    generator = Generator().manual_seed(3)
    generator.numpy.random()
    states = json.loads(json.dumps(get_states([generator])))
    expected = generator.numpy.random()
    check_states("here", [generator], states)
    assert generator.numpy.random() != expected
    set_states([generator], states)
    assert generator.numpy.random() == expected


@pytest.mark.parametrize(
    ("states", "match"),
    [([], "expected here of 1 generators, got 0"), ([{}], "here are not of this loader's generators")],
)
def test_refused_states_change_nothing(states, match):
    generator = Generator()
    before = generator.get_state()
    with pytest.raises(ValueError, match=f"load_state_dict: {match}"):
        check_states("here", [generator], states)
    assert generator.get_state() == before


def test_pytorchs_generators():
    torch = pytest.importorskip("torch")
    sampler = torch.utils.data.RandomSampler(range(5), generator=torch.Generator().manual_seed(1))
    loader = DataLoader(range(5), sampler=sampler)
    assert own_generators(loader) == [sampler.generator]
    assert shared_generators(loader) == [default_generator, torch.default_generator]
    states = json.loads(json.dumps(get_states([sampler.generator])))
    expected = list(sampler)
    set_states([sampler.generator], states)
    assert list(sampler) == expected
