"""Memory of large results: used again, but never while somebody can still see it."""

import gc

import numpy as np
import pytest

from tinygrad_cnn import _buffers
from tinygrad_cnn._buffers import LEAST_BYTES, empty, owns

FLOAT = np.dtype(np.float32)
LARGE = (LEAST_BYTES // 4,)


def address(array):
    return array.__array_interface__["data"][0]


@pytest.fixture(autouse=True)
def nothing_kept():
    gc.collect()
    _buffers.release()


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


def test_an_array_owns_its_memory_and_a_view_does_not():
    array = empty(LARGE, FLOAT)
    assert owns(array)
    assert not owns(array[1:])
    assert owns(np.zeros(3))


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


def test_no_more_is_held_than_was_in_use_at_one_time():
    for factor in range(1, 30):
        empty((factor * LARGE[0],), FLOAT)
    assert _buffers._kept_bytes + _buffers._lent_bytes <= _buffers._most()


def test_release_gives_everything_back():
    held = empty(LARGE, FLOAT)
    empty((3 * LARGE[0],), FLOAT)
    _buffers.release()
    assert _buffers._kept_bytes == 0
    assert _buffers._free == {}
    held[:] = 1  # what is in use stays
