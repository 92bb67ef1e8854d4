"""Data sets for the tests of the loader; in a module of their own, so that worker processes can import them."""

import os
import random
import signal
import sys
import threading
import time

import numpy as np

from tinygrad_cnn import random as package_random
from tinygrad_cnn.data import Dataset, IterableDataset, current_generator, get_worker_info


class Noisy(Dataset):
    """Sample i is (i + noise of shape `shape`, i)."""

    def __init__(self, count=23, shape=(3,)):
        self.count = count
        self.shape = shape
        self.read = []

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        self.read.append(index)
        return index + current_generator().random(self.shape, dtype=np.float32), index


class NoisyArrays(Noisy):
    """The same, drawn for a whole batch at once."""

    def batch(self, indices):
        from tinygrad_cnn import tensor

        rows = np.array(indices)
        noise = current_generator().random((len(rows), *self.shape), dtype=np.float32)
        return [tensor(rows.reshape(-1, *[1] * len(self.shape)) + noise), tensor(rows)]


class Stream(IterableDataset):
    """0, 1, ..., count − 1 with noise; each worker every so many of them."""

    def __init__(self, count=23):
        self.count = count

    def __len__(self):
        return self.count

    def __iter__(self):
        info = get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        for i in range(first, self.count, step):
            yield np.float32(i + current_generator().random() / 2)


class Unfair(IterableDataset):
    """Worker 0 has 2 samples, worker 1 has 8."""

    def __iter__(self):
        worker = get_worker_info().id
        return iter([100 * worker + i for i in range((2, 8)[worker])])


class Trouble(Dataset):
    """Does something bad at index 5."""

    def __init__(self, kind, count=12):
        self.kind = kind
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if index == 5:
            {
                "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
                "exit": lambda: sys.exit(3),
                "sleep": lambda: time.sleep(60),
                "raise": lambda: int("five"),
                "stop": lambda: next(iter([])),
                "odd": odd,
                "unpicklable": lambda: None,
            }[self.kind]()
            if self.kind == "unpicklable":
                return [object(), threading.Lock()]
        return index


class OddError(Exception):
    """Cannot be pickled and back."""

    def __init__(self, one, two):
        super().__init__(f"{one} {two}")


def odd():
    raise OddError("very", "odd")


class Slow(Dataset):
    """Sample i takes `seconds`."""

    def __init__(self, count, seconds):
        self.count = count
        self.seconds = seconds

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        time.sleep(self.seconds)
        return index


class Meeting(Dataset):
    """Each sample waits until `count` of them are being read, and is how many it has seen; a minute at most."""

    def __init__(self, folder, count):
        self.folder = folder
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        (self.folder / str(index)).touch()
        end = time.monotonic() + 60
        while (seen := len(list(self.folder.iterdir()))) < self.count and time.monotonic() < end:
            time.sleep(0.01)
        return seen


class Globals(Dataset):
    """What the generators that live in a process give, and which process."""

    def __len__(self):
        return 8

    def __getitem__(self, index):
        info = get_worker_info()
        return (
            info.id,
            random.random(),
            np.random.rand(),  # noqa: NPY002
            package_random.default_generator.numpy.random(),
            info.seed,
        )


class Who(Dataset):
    """Who reads: the worker's number, how many there are, the process and thread."""

    def __len__(self):
        return 8

    def __getitem__(self, index):
        info = get_worker_info()
        seen = (-1, 0, "") if info is None else (info.id, info.num_workers, info.worker_method)
        assert info is None or info.dataset is self
        return {"seen": seen, "process": os.getpid(), "thread": threading.current_thread().name}


class Held(Dataset):
    """An array that is changed as it is read."""

    def __init__(self, megabytes=4):
        self.array = np.zeros(megabytes * 2**18, np.float32)

    def __len__(self):
        return 4

    def __getitem__(self, index):
        self.array[0] += 1
        return self.array[:3].copy()


def as_is(batch):
    """Collate nothing; can be pickled, which a lambda cannot."""
    return batch


def note_start(worker):
    """Leave a trace that a sample can show."""
    os.environ["TINYGRAD_CNN_TEST_STARTED"] = str(worker)


class Traces(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return os.environ.get("TINYGRAD_CNN_TEST_STARTED", "")


def refuse_start(worker):
    raise LookupError(f"worker {worker} has no disk")
