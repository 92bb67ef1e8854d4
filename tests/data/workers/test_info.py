"""`get_worker_info`, and whether a data set has asked for it: per epoch, and when the worker started."""

import contextvars

import numpy as np
import pytest

from tinygrad_cnn.data import get_worker_info
from tinygrad_cnn.data.workers import info
from tinygrad_cnn.data.workers.info import WorkerInfo, WorkerState, own_shard


@pytest.fixture
def in_worker():
    """Return a function that runs another one as worker 1 of 3."""

    def run(function, state=None):
        def as_worker():
            info.of_thread.set(state or WorkerState(WorkerInfo(1, 3, 11, None, "thread")))
            return function()

        return contextvars.copy_context().run(as_worker)

    return run


def test_outside_of_a_worker_there_is_no_info():
    assert get_worker_info() is None
    assert not info.current().asked
    assert info.current().info.num_workers == 0
    assert list(own_shard(range(4))) == [0, 1, 2, 3]


def test_a_worker_is_known_to_its_own_context_only(in_worker):
    found = in_worker(get_worker_info)
    assert (found.id, found.num_workers, found.seed, found.worker_method) == (1, 3, 11, "thread")
    assert get_worker_info() is None


def test_asking_counts_for_one_epoch(in_worker):
    def asked():
        before = info.current().asked
        get_worker_info()
        return before, info.current().asked

    state = WorkerState(WorkerInfo(0, 1, 0, None))
    assert in_worker(asked, state) == (False, True)
    state.begin()
    assert not state.asked
    in_worker(get_worker_info, state)
    state.started()
    state.begin()
    assert state.asked, "an init_fn that asked counts for all epochs"


@pytest.mark.parametrize(("asked", "expected"), [(False, [0, 1, 2, 3, 4, 5, 6]), (True, [1, 4])])
def test_a_chain_shards_a_data_set_after_one_that_shards_itself(in_worker, asked, expected):
    def read():
        info.current().common = lambda: np.random.default_rng(0)
        if asked:
            get_worker_info()
        return list(own_shard(range(7)))

    assert in_worker(read) == expected
