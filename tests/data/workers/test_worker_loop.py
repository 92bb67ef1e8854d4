"""The worker's side: seeds, and errors in a form that can be sent."""

import pickle
import random

import numpy as np
import pytest
from loader_samples import OddError

from tinygrad_cnn.data.workers.fetcher import Failure
from tinygrad_cnn.data.workers.worker_loop import _sendable, seed_everything
from tinygrad_cnn.random import default_generator


def draws():
    return random.random(), np.random.rand(), default_generator.numpy.random()  # noqa: NPY002


@pytest.fixture
def _put_back():
    before = random.getstate(), np.random.get_state()  # noqa: NPY002
    yield
    random.setstate(before[0])
    np.random.set_state(before[1])  # noqa: NPY002


@pytest.mark.usefixtures("_put_back")
def test_seeds():
    seen = {}
    for seed in (3, 2**63 - 1):
        for worker in range(3):
            seed_everything(seed, worker)
            seen[seed, worker] = draws()
    seed_everything(3, 1)
    assert draws() == seen[3, 1]
    for column in zip(*seen.values(), strict=True):
        assert len(set(column)) == len(seen)


@pytest.mark.usefixtures("_put_back")
def test_pytorch_is_seeded_where_it_is_loaded():
    torch = pytest.importorskip("torch")
    before = torch.get_rng_state()
    seed_everything(3, 0)
    first = torch.rand(1).item()
    seed_everything(3, 1)
    assert torch.rand(1).item() != first
    seed_everything(3, 0)
    assert torch.rand(1).item() == first
    torch.set_rng_state(before)


def test_errors_that_can_be_sent():
    error = KeyError("a", 1)
    error.add_note("index 3")
    twin = pickle.loads(pickle.dumps(_sendable(Failure(error))))
    assert (type(twin.error), twin.error.args, twin.error.__notes__) == (KeyError, ("a", 1), ["index 3"])
    odd = OddError("a", "b")
    odd.add_note("index 4")
    twin = pickle.loads(pickle.dumps(_sendable(Failure(odd))))
    assert (type(twin.error), str(twin.error), twin.error.__notes__) == (RuntimeError, "OddError: a b", ["index 4"])
