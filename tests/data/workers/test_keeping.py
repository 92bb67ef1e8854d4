"""One set of persistent workers is kept, and none once the loader is gone."""

import os

import pytest

from tinygrad_cnn.data.workers.keeping import Kept


class Pool:
    closed = False

    def close(self):
        self.closed = True


@pytest.mark.parametrize("wanted", [False, True])
def test_kept_if_wanted(wanted):
    kept, first, second = Kept(wanted), Pool(), Pool()
    assert kept.take() is None
    kept.give_back(first)
    kept.give_back(second)
    assert (first.closed, second.closed) == (not wanted, True)
    assert kept.take() is (first if wanted else None)
    assert kept.take() is None


def test_a_forked_process_leaves_its_parents_workers_alone(monkeypatch):
    kept, pool = Kept(True), Pool()
    kept.give_back(pool)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert kept.take() is None
    assert not pool.closed


def test_closing_ends_what_is_kept_and_what_comes_later():
    kept, first, second = Kept(True), Pool(), Pool()
    kept.give_back(first)
    kept.close()
    kept.give_back(second)
    assert first.closed
    assert second.closed
    assert kept.take() is None
