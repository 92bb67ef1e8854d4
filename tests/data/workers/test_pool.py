"""One set of persistent workers is persistent, and none once the loader is gone."""

import os

import pytest

from tinygrad_cnn.data.workers.pool import PersistentPool


class Pool:
    closed = False

    def close(self):
        self.closed = True


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


def test_closing_ends_what_is_kept_and_what_comes_later():
    persistent, first, second = PersistentPool(True), Pool(), Pool()
    persistent.give_back(first)
    persistent.close()
    persistent.give_back(second)
    assert first.closed
    assert second.closed
    assert persistent.take() is None
