"""The order of an epoch, with workers that are puppets."""

import gc
from collections import deque

import pytest

from tinygrad_cnn.data.epoch import EpochIterator, EpochPosition
from tinygrad_cnn.data.workers.fetcher import End, Failure


class Puppets:
    """Workers that answer with the number of the task, or with what the script says."""

    def __init__(self, workers, ahead, script=None):
        self.workers, self.ahead = workers, ahead
        self.script = script or {}
        self.tasks = [deque() for _ in range(workers)]
        self.log = []
        self.closed = False

    def submit(self, worker, task):
        self.tasks[worker].append(task)
        self.log.append((worker, task.number, task.drop))
        assert len(self.tasks[worker]) <= max(self.ahead, 1)

    def receive(self, worker):
        task = self.tasks[worker].popleft()
        answer = self.script.get((worker, task.number), (worker, task.number))
        if isinstance(answer, BaseException):
            raise answer
        return None if task.drop and not isinstance(answer, End) else answer

    def close(self):
        self.closed = True


def test_workers_take_turns_and_batches_keep_their_order():
    released = []
    pool, position = Puppets(3, 2), EpochPosition(0)
    epoch = EpochIterator(position, pool, iter("abcdefgh"), 0, released.append)
    assert [number for _, number, _ in pool.log] == [0, 1, 2, 3, 4, 5]
    assert list(epoch) == [(number % 3, number) for number in range(8)]
    assert position == EpochPosition(0, batches=8, done=True)
    assert released == [pool]


def test_it_goes_on_at_the_batch_it_is_told():
    pool, position = Puppets(2, 1), EpochPosition(0, batches=5)
    assert [number for _, number in EpochIterator(position, pool, iter("fg"), 0, lambda pool: None)] == [5, 6]
    assert position.batches == 7


def test_streams_end_one_by_one():
    # Worker 0 has one batch, worker 1 three; a number depends on the worker's own count.
    pool = Puppets(2, 2, {(0, 2): End(), (0, 4): End(), (1, 7): End(), (1, 9): End(), (1, 11): End()})
    assert list(EpochIterator(EpochPosition(0), pool, None, 0, lambda pool: None)) == [(0, 0), (1, 1), (1, 3), (1, 5)]


def test_streams_are_dropped_up_to_their_position():
    script = {(0, number): End() for number in (2, 4, 6)} | {(1, number): End() for number in (7, 9, 11)}
    for skip in range(5):
        position = EpochPosition(0, batches=skip)
        found = list(EpochIterator(position, Puppets(2, 3, script), None, skip, lambda pool: None))
        assert found == [(0, 0), (1, 1), (1, 3), (1, 5)][skip:]
        assert position.batches == 4


def test_a_failure_is_raised_and_not_counted():
    position = EpochPosition(0)
    epoch = EpochIterator(position, Puppets(2, 1, {(1, 1): Failure(KeyError("x"))}), iter("abc"), 0, lambda pool: None)
    next(epoch)
    with pytest.raises(KeyError):
        next(epoch)
    assert position.batches == 1
    assert next(epoch) == (0, 2)
    assert position.batches == 3


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("dead")])
def test_what_a_pool_raises_ends_everything(error):
    released = []
    pool = Puppets(2, 1, {(1, 1): error})
    epoch = EpochIterator(EpochPosition(0), pool, iter("abc"), 0, released.append)
    next(epoch)
    with pytest.raises(type(error)):
        next(epoch)
    assert pool.closed
    assert list(epoch) == []
    assert released == []


def test_throwing_the_iterator_away_releases_the_pool():
    released = []
    position, pool = EpochPosition(0), Puppets(1, 1)
    epoch = EpochIterator(position, pool, iter("abc"), 0, released.append)
    next(epoch)
    del epoch
    gc.collect()
    assert released == [pool]
    assert not position.done
