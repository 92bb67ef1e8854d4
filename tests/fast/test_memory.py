"""Memory of large results: used again, but never while somebody can still see it."""

import os
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tinygrad_cnn.fast import memory
from tinygrad_cnn.fast.memory import LEAST_BYTES, empty, is_lent

FLOAT = np.dtype(np.float32)
LARGE = (LEAST_BYTES // 4,)


def address(array):
    return array.__array_interface__["data"][0]


@pytest.fixture(autouse=True)
def nothing_kept():
    memory._start_anew()


def test_memory_of_a_dead_array_is_used_again():
    first = empty(LARGE, FLOAT)
    place = address(first)
    del first
    assert address(empty(LARGE, FLOAT)) == place


@pytest.mark.parametrize(
    "look",
    [
        lambda a: a.reshape(2, -1), lambda a: a[1:], lambda a: a.reshape(4, -1).T[1:].reshape(-1),
        lambda a: a.view("u4"), memoryview, lambda a: np.asarray(memoryview(a)), lambda a: np.frombuffer(a, FLOAT)[3:],
    ],
)  # fmt: skip
def test_memory_that_a_view_looks_at_is_not(look):
    first = empty(LARGE, FLOAT)
    first[:] = 1
    view = look(first)
    before = np.array(view)
    del first
    others = [empty(LARGE, FLOAT) for _ in range(3)]
    for other in others:
        other[:] = 2
    np.testing.assert_array_equal(np.array(view), before)


def test_memory_is_lent_to_an_array_and_not_to_its_views():
    array = empty(LARGE, FLOAT)
    assert is_lent(array)
    assert not is_lent(array[1:])
    assert not is_lent(np.zeros(3))


def test_results_begin_with_a_cache_line():
    assert address(empty(LARGE, FLOAT)) % 64 == 0
    assert address(empty((LEAST_BYTES // 4 + 13,), FLOAT)) % 64 == 0


def test_a_somewhat_larger_piece_is_used_and_a_much_larger_is_not():
    large = empty((2 * LARGE[0],), FLOAT)
    place = address(large)
    del large
    assert address(empty((2 * LARGE[0] - 100,), FLOAT)) == place
    huge = empty((16 * LARGE[0],), FLOAT)
    place = address(huge)
    del huge
    assert address(empty(LARGE, FLOAT)) != place


def held():
    """Return how many bytes the pool holds, after a look at whether its sums are right."""
    pool = memory._pool
    assert pool.free_bytes == sum(size * len(stack) for size, stack in pool.free.items())
    assert pool.lent_bytes == sum(len(loan.piece) for loan in [*pool.lent.values()])
    return pool.free_bytes + pool.lent_bytes


def test_no_more_is_held_than_a_quarter_above_what_was_in_use_at_one_time():
    for factor in range(1, 30):
        empty((factor * LARGE[0],), FLOAT)
        assert held() <= factor * LEAST_BYTES * 5 // 4
    arrays = [empty((factor * LARGE[0],), FLOAT) for factor in range(1, 10)]
    assert held() <= 45 * LEAST_BYTES * 5 // 4
    del arrays
    for _ in range(3):
        empty(LARGE, FLOAT)
    assert held() <= 45 * LEAST_BYTES * 5 // 4


def test_the_death_of_an_array_only_joins_a_queue():
    """It may happen in the middle of `empty`, so it must change nothing that is iterated over or summed up there."""
    arrays = [empty((factor * LARGE[0],), FLOAT) for factor in (1, 2, 5)]
    pool = memory._pool
    lent, total, free = dict(pool.lent), held(), dict(pool.free)
    del arrays
    assert (pool.lent, held(), pool.free) == (lent, total, free)
    assert len(pool.returned) == 3
    empty(LARGE, FLOAT)
    assert len(pool.lent) == 1
    assert pool.free.keys() == {2 * LEAST_BYTES, 5 * LEAST_BYTES}


def test_a_call_that_finds_the_pool_in_use_takes_memory_elsewhere():
    memory_of = empty(LARGE, FLOAT)
    place = address(memory_of)
    del memory_of
    pool = memory._pool
    with pool.turn:
        for array in (empty(LARGE, FLOAT), on_another_thread(lambda: empty(LARGE, FLOAT))):
            assert address(array) != place
            assert array.base is None
    assert memory._pool is pool
    assert address(empty(LARGE, FLOAT)) == place


def on_another_thread(function):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def test_arrays_may_die_on_another_thread():
    arrays = [empty(LARGE, FLOAT)]
    place = address(arrays[0])
    on_another_thread(arrays.clear)
    assert address(empty(LARGE, FLOAT)) == place


class Interrupted:
    """Stands for a queue, and for a signal handler that raises while it is looked at."""

    def __init__(self, error):
        self.error = error

    def __bool__(self):
        raise self.error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("by a signal handler")])
def test_an_interrupted_call_leaves_a_pool_that_works(error):
    array = empty(LARGE, FLOAT)
    array[:] = 1
    memory._pool.returned = Interrupted(error)
    with pytest.raises(type(error)):
        empty(LARGE, FLOAT)
    others = [empty(LARGE, FLOAT) for _ in range(3)]
    for other in others:
        other[:] = 2
    assert (array == 1).all()
    place = address(others.pop(0))
    assert address(empty(LARGE, FLOAT)) == place


def test_memory_that_is_kept_is_given_back_before_there_is_none(monkeypatch):
    free = empty(LARGE, FLOAT)
    del free

    def no_more(size):
        raise MemoryError

    monkeypatch.setattr(memory, "_new_piece", no_more)
    array = empty((16 * LARGE[0],), FLOAT)
    assert array.base is None
    assert held() == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_the_child_of_a_fork_begins_anew():
    pool = memory._pool
    with pool.turn, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 warns of forks of processes with threads
        child = os.fork()
        if not child:
            first = empty(LARGE, FLOAT)
            place = address(first)
            del first
            os._exit(0 if memory._pool is not pool and address(empty(LARGE, FLOAT)) == place else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert memory._pool is pool
