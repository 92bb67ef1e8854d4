"""`InlinePool` reads on demand; `PersistentPool` keeps one pool of workers, and none once the loader is gone."""

import os

import pytest
from loader_samples import Noisy

from tinygrad_cnn.data import default_collate
from tinygrad_cnn.data.workers.fetcher import FetchPlan, Task
from tinygrad_cnn.data.workers.pool import InlinePool, PersistentPool


class Pool:
    closed = False

    def close(self):
        self.closed = True


def test_inline_reads_when_the_result_is_asked_for():
    read = []

    class Noted(Noisy):
        def __getitem__(self, index):
            read.append(index)
            return super().__getitem__(index)

    pool = InlinePool(FetchPlan(Noted(), default_collate, False, 2, False, True))
    pool.begin(0)
    pool.submit(0, Task(0, [3, 1]))
    assert read == []
    assert pool.receive(0)[1].tolist() == [3, 1]
    assert read == [3, 1]


@pytest.mark.parametrize("wanted", [False, True])
def test_kept_if_wanted(wanted):
    persistent, first, second = PersistentPool(wanted), Pool(), Pool()
    assert persistent.take() is None
    persistent.give_back(first)
    persistent.give_back(second)
    assert (first.closed, second.closed) == (not wanted, True)
    assert persistent.take() is (first if wanted else None)
    assert persistent.take() is None


def test_a_forked_process_leaves_its_parents_workers_alone(monkeypatch):
    persistent, pool = PersistentPool(True), Pool()
    persistent.give_back(pool)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert persistent.take() is None
    assert not pool.closed


def test_closing_stops_the_idle_workers_and_those_given_back_later():
    persistent, first, second = PersistentPool(True), Pool(), Pool()
    persistent.give_back(first)
    persistent.close()
    persistent.give_back(second)
    assert first.closed
    assert second.closed
    assert persistent.take() is None
