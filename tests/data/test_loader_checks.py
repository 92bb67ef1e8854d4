"""Arguments and states that a `DataLoader` refuses, and the messages that say why."""

import numpy as np
import pytest
from loader_samples import Stream

from tinygrad_cnn.data import DataLoader
from tinygrad_cnn.data.loader_checks import check_state
from tinygrad_cnn.random import Generator


@pytest.mark.parametrize(
    "arguments",
    [{"batch_size": 2}, {"shuffle": True}, {"sampler": [0]}, {"drop_last": True}],
    ids=lambda a: next(iter(a)),
)
def test_refuses_batch_sampler_with_arguments_that_it_replaces(arguments):
    with pytest.raises(ValueError, match="DataLoader: expected batch_sampler without batch_size, shuffle, sampler and"):
        DataLoader(range(3), batch_sampler=[[0]], **arguments)


def test_refuses_arguments_that_contradict_each_other():
    with pytest.raises(ValueError, match="DataLoader: expected either sampler or shuffle=True, got both"):
        DataLoader(range(3), shuffle=True, sampler=[0])
    with pytest.raises(ValueError, match="expected batch_size as a positive int, got 0"):
        DataLoader(range(3), batch_size=0)
    with pytest.raises(ValueError, match="expected num_samples as a positive int, got 0"):
        DataLoader([], shuffle=True)


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"num_workers": -1}, ValueError, "expected num_workers as an int of at least 0, got -1"),
        ({"num_workers": 1.0}, ValueError, "expected num_workers as an int of at least 0, got 1.0"),
        ({"timeout": -1}, ValueError, "expected timeout of at least 0 seconds, got -1"),
        ({"prefetch_factor": 2}, ValueError, "expected prefetch_factor together with num_workers above 0"),
        ({"prefetch_factor": 0, "num_workers": 1}, ValueError, "expected prefetch_factor as a positive int, got 0"),
        ({"persistent_workers": True}, ValueError, "expected persistent_workers together with num_workers above 0"),
        (
            {"multiprocessing_context": "spawn"},
            ValueError,
            "expected multiprocessing_context together with num_workers",
        ),
        ({"multiprocessing_context": "steam", "num_workers": 1}, ValueError, "as one of .*'spawn'.*got 'steam'"),
        ({"multiprocessing_context": 3, "num_workers": 1}, TypeError, "a start method or a context, got int"),
        (
            {"multiprocessing_context": "spawn", "num_workers": 1, "worker_method": "thread"},
            ValueError,
            'expected multiprocessing_context together with worker_method="multiprocessing"',
        ),
        (
            {"worker_method": "fiber"},
            ValueError,
            r"worker_method as one of \('thread', 'multiprocessing'\), got 'fiber'",
        ),
        ({"batch_size": None, "drop_last": True}, ValueError, "expected drop_last=False with batch_size=None"),
        (
            {"generator": np.random.default_rng()},
            TypeError,
            "expected generator as a tinygrad_cnn.Generator, got Generator",
        ),
    ],
)
def test_refuses_arguments_out_of_range_or_without_workers(arguments, error, match):
    with pytest.raises(error, match=f"DataLoader: .*{match}"):
        DataLoader(range(3), **arguments)


@pytest.mark.parametrize("arguments", [{"shuffle": True}, {"sampler": [0]}, {"batch_sampler": [[0]]}])
def test_refuses_an_order_for_an_iterable_data_set(arguments):
    name = next(iter(arguments))
    with pytest.raises(ValueError, match=f"an iterable data set comes in its own order, expected no {name}, got"):
        DataLoader(Stream(3), **arguments)
    assert len(list(DataLoader(Stream(3), shuffle=False))) == 3


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda state: [], "expected a loader's state with .*, got list"),
        (lambda state: {"batches": 1}, r"got \['batches'\]"),
        (lambda state: {**state, "batches": -1}, "batches as an int of at least 0, got .* and -1"),
        (lambda state: {**state, "base_seed": "x"}, "base_seed as an int or None .* got 'x' and"),
        (lambda state: {**state, "now": [], "start": []}, "expected the states now of 1 generators, got 0"),
        (lambda state: {**state, "shared": []}, "expected the states shared of 1 generators, got 0"),
        (
            lambda state: {**state, "now": [{"bit_generator": "MT19937"}]},
            "the states now are not of this loader.s generators: .*PCG64",
        ),
    ],
)
def test_refuses_what_is_not_a_state_of_this_loader(change, match):
    loader = DataLoader(range(20), 4, shuffle=True, generator=Generator().manual_seed(5))
    next(iter(loader))
    before = loader.state_dict()
    with pytest.raises(ValueError, match=f"load_state_dict: .*{match}"):
        loader.load_state_dict(change(before))
    assert loader.state_dict() == before


def test_a_checked_state_is_a_copy():
    state = DataLoader(range(4), shuffle=True).state_dict()
    checked = check_state(state, [], [])
    assert checked == state
    assert checked is not state
