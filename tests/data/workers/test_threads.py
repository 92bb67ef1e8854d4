"""Worker threads: they end when nobody needs them, and none leaves the loader waiting."""

import gc
import threading
import time

import pytest
from loader_samples import Noisy, Slow, Trouble

from tinygrad_cnn.autograd import is_grad_enabled, no_grad
from tinygrad_cnn.data import DataLoader, Dataset, IterableDataset, get_worker_info

OTHERS = set()
"""Threads of other tests, one of which lets a thread hang."""


@pytest.fixture(autouse=True)
def _others():
    OTHERS.clear()
    OTHERS.update(threading.enumerate())


def live():
    return [thread for thread in threading.enumerate() if thread not in OTHERS]


def gone(seconds=60):
    end = time.monotonic() + seconds
    while live():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_end_of_an_epoch_ends_them():
    loader = DataLoader(Noisy(), 4, num_workers=3)
    list(loader)
    gone()


def test_breaking_off_ends_them():
    iterator = iter(DataLoader(Slow(1000, 0.01), 4, num_workers=2))
    next(iterator)
    assert len(live()) == 2
    del iterator
    gc.collect()
    gone()


def test_what_is_left_of_an_epoch_is_not_read():
    class Recorded(Slow):
        read = 0

        def __getitem__(self, index):
            self.read += 1
            return super().__getitem__(index)

    dataset = Recorded(30, 0.005)
    loader = DataLoader(dataset, 1, num_workers=1, prefetch_factor=30, persistent_workers=True)
    first = iter(loader)
    next(first)
    del first
    assert len(list(loader)) == 30
    assert dataset.read < 45  # and not 60


def test_an_exit_in_a_thread_is_an_error_of_its_batch():
    with pytest.raises(RuntimeError, match=r"a worker thread was ended by SystemExit\(3\)"):
        list(DataLoader(Trouble("exit"), 4, num_workers=2))


def test_an_error_keeps_its_traceback():
    with pytest.raises(ValueError, match="invalid") as caught:
        list(DataLoader(Trouble("raise"), 4, num_workers=2))
    assert any(entry.path.name == "loader_samples.py" for entry in caught.traceback)


def test_they_read_in_the_callers_context():
    class Mode(Dataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            return is_grad_enabled()

    loader = DataLoader(Mode(), 2, num_workers=1)
    with no_grad():
        assert next(iter(loader)).tolist() == [False, False]
    assert next(iter(loader)).tolist() == [True, True]


def test_info_of_a_stream_that_all_share():
    class Shares(IterableDataset):
        def __iter__(self):
            info = get_worker_info()
            assert info.dataset is dataset
            return iter([info.id] * 2)

    dataset = Shares()
    assert [int(x) for x in DataLoader(dataset, 1, num_workers=2)] == [0, 1, 0, 1]
    assert get_worker_info() is None
