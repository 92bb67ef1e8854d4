"""Worker processes: how they start, what they are sent, how they die, and that nothing is left of them."""

import contextlib
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from loader_samples import Globals, Held, Noisy, Slow, Trouble, as_is

from tinygrad_cnn.data import DataLoader, Dataset
from tinygrad_cnn.data.workers.processes import context_of
from tinygrad_cnn.random import manual_seed

PROCESSES = {"worker_method": "multiprocessing"}
ROOT = Path(__file__).parents[3]


def children():
    return [child for child in multiprocessing.active_children() if child.name.startswith("DataLoader worker")]


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_start_methods(method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system has no {method}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYGRAD_CNN_TEST_STARTED", "set by the parent")
        loader = DataLoader(Noisy(6, (80, 80)), 2, num_workers=2, multiprocessing_context=method)
        assert loader.worker_method == "multiprocessing"
        assert [t.tolist() for _, t in loader] == [[0, 1], [2, 3], [4, 5]]
    assert not children()


@pytest.mark.parametrize(
    ("method", "work"),
    # OpenBLAS itself stops a fork for good while another thread is in a product, so the default does not fork.
    [(None, lambda a: a @ a), ("fork", np.sort), ("fork", lambda a: np.random.default_rng().random(100))],
    ids=["default-product", "fork-sort", "fork-random"],
)
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_start_while_threads_compute(method, work):
    stop = threading.Event()
    a = np.random.default_rng(0).random((300, 300))

    def compute():
        while not stop.is_set():
            work(a)

    threads = [threading.Thread(target=compute, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(2):
            loader = DataLoader(Noisy(6), 2, num_workers=2, worker_method="multiprocessing",
                                multiprocessing_context=method)  # fmt: skip
            assert [t.tolist() for _, t in loader] == [[0, 1], [2, 3], [4, 5]]
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_fork_takes_what_cannot_be_pickled():
    class Local(Dataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            return index

    loader = DataLoader(Local(), 2, num_workers=1, multiprocessing_context="fork")
    assert [x.tolist() for x in loader] == [[0, 1]]
    with pytest.raises(RuntimeError, match=r'must be picklable .* got .*Local.* worker_method="thread" or'):
        iter(DataLoader(Local(), 2, num_workers=1, **PROCESSES))


def test_context_of():
    assert context_of(None).get_start_method() in {"forkserver", "spawn"}
    given = multiprocessing.get_context("spawn")
    assert context_of(given) is given


def test_generators_of_the_process_differ_by_worker_and_follow_the_seed():
    def read():
        manual_seed(5)
        loader = DataLoader(Globals(), 1, num_workers=2, collate_fn=as_is, **PROCESSES)
        return [batch[0] for batch in loader]

    drawn = read()
    assert read() == drawn
    for column in (1, 2, 3):
        assert len({sample[column] for sample in drawn}) == 8
    assert {sample[4] - sample[0] for sample in drawn} == {drawn[0][4]}
    manual_seed(6)
    other = [batch[0] for batch in DataLoader(Globals(), 1, num_workers=2, collate_fn=as_is, **PROCESSES)]
    assert not {sample[1] for sample in other} & {sample[1] for sample in drawn}


def test_arrays_of_the_data_set_are_shared_until_they_are_changed():
    dataset = Held()
    batches = [batch.numpy() for batch in DataLoader(dataset, 1, num_workers=2, **PROCESSES)]
    assert [batch[0, 0] for batch in batches] == [1, 1, 2, 2]  # each worker counts by itself
    assert dataset.array[0] == 0


def test_batches_can_be_kept_and_changed():
    loader = DataLoader(Noisy(12, (100, 100)), 2, num_workers=2, prefetch_factor=1, **PROCESSES)
    kept = [x for x, _ in loader]
    values = [x.numpy().copy() for x in kept]
    for x in kept:
        x.add_(1)
    for x, before in zip(kept, values, strict=True):
        np.testing.assert_array_equal(x.numpy(), before + 1)
    assert [int(x.numpy().min()) for x in kept] == [1, 3, 5, 7, 9, 11]


def test_batches_of_any_size():
    loader = DataLoader(range(9), collate_fn=sized, batch_sampler=[[0], [40000], [10], [70000], [300000], [5]],
                        num_workers=1, **PROCESSES)  # fmt: skip
    assert [x.tolist() for x in map(np.asarray, Sizes.read(loader))] == [
        list(range(n)) for n in (0, 40000, 10, 70000, 300000, 5)
    ]


class Sizes(Dataset):
    def __getitem__(self, index):
        return index

    @staticmethod
    def read(loader):
        loader.dataset = Sizes()
        return list(loader)


def sized(batch):
    return np.arange(batch[0])


def test_killed_worker_is_named():
    loader = DataLoader(Trouble("kill"), 4, num_workers=2, **PROCESSES)
    with pytest.raises(RuntimeError, match=r"DataLoader: worker 1 \(process \d+\) died with exit code -9, killed by "
                                           "signal SIGKILL; the system does that when memory runs out"):  # fmt: skip
        list(loader)
    assert not children()
    assert DataLoader(range(3), 3, num_workers=1, **PROCESSES).__iter__().__next__().tolist() == [0, 1, 2]


def test_worker_that_exits_is_named():
    with pytest.raises(RuntimeError, match=r"DataLoader: worker 1 \(process \d+\) died with exit code 3$"):
        list(DataLoader(Trouble("exit"), 4, num_workers=2, **PROCESSES))


def test_worker_killed_from_outside_while_idle():
    loader = DataLoader(Noisy(40), 4, num_workers=2, persistent_workers=True, **PROCESSES)
    list(loader)
    os.kill(children()[0].pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match="died with exit code -9"):
        list(loader)
    assert len(list(loader)) == 10  # new workers


def test_what_cannot_be_sent_is_an_error_of_its_batch():
    loader = DataLoader(Trouble("unpicklable"), 4, num_workers=2, collate_fn=as_is, **PROCESSES)
    with pytest.raises(TypeError, match=r"cannot pickle .*\n.*worker 1 .* while reading batch 1"):
        list(loader)


def test_an_error_that_cannot_be_sent_arrives_as_text():
    with pytest.raises(RuntimeError, match=r"OddError: very odd\n.*reading index 5"):
        list(DataLoader(Trouble("odd"), 4, num_workers=2, **PROCESSES))


def test_breaking_off_ends_the_workers():
    iterator = iter(DataLoader(Slow(1000, 0.01), 4, num_workers=2, **PROCESSES))
    next(iterator)
    workers = children()
    assert len(workers) == 2
    del iterator
    gc.collect()
    assert not children()
    assert all(worker._closed for worker in workers)  # waited for: no zombie


def test_a_worker_that_does_not_stop_is_terminated(monkeypatch):
    monkeypatch.setattr("tinygrad_cnn.data.workers.processes._GRACE", 0.1)
    iterator = iter(DataLoader(Trouble("sleep"), 1, num_workers=2, prefetch_factor=4, **PROCESSES))
    assert int(next(iterator)) == 0
    del iterator
    gc.collect()
    assert not children()


def test_nothing_is_left_in_shared_memory():
    shared = Path("/dev/shm")
    before = set(shared.iterdir()) if shared.exists() else set()
    loader = DataLoader(Noisy(12, (200, 200)), 2, num_workers=2, **PROCESSES)
    next(iter(loader))
    with contextlib.suppress(RuntimeError):
        list(DataLoader(Trouble("kill"), 4, num_workers=2, **PROCESSES))
    assert (set(shared.iterdir()) if shared.exists() else set()) == before


def run(code, *, guard=True, wait=True):
    body = textwrap.indent(textwrap.dedent(code), "    " if guard else "")
    head = "import os, signal, sys, time\nfrom loader_samples import *\nfrom tinygrad_cnn.data import DataLoader\n"
    script = head + ("if __name__ == '__main__':\n" if guard else "") + body
    path = Path(os.environ["PYTEST_CURRENT_TEST_FOLDER"]) / "script.py"
    path.write_text(script, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    process = subprocess.Popen(
        [sys.executable, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=environment,
        start_new_session=True,
    )  # fmt: skip
    if not wait:
        return process
    output = process.communicate(timeout=120)
    return process.returncode, *output


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTEST_CURRENT_TEST_FOLDER", str(tmp_path))


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


STEPS = """
    from multiprocessing import active_children
    loader = DataLoader(Slow(1000, 0.02), 2, num_workers=2, worker_method="multiprocessing")
    for number, batch in enumerate(loader):
        if number == 2:
            print(*[child.pid for child in active_children()], flush=True)
"""


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_however_the_program_ends_so_do_its_workers(end):
    process = run(STEPS, wait=False)
    pids = [int(pid) for pid in process.stdout.readline().split()]
    assert len(pids) == 2
    assert all(map(alive, pids))
    if end == signal.SIGINT:
        os.killpg(process.pid, end)  # as the terminal does
    else:
        process.send_signal(end)
    _, errors = process.communicate(timeout=120)
    until(lambda: not any(map(alive, pids)))
    if end == signal.SIGINT:
        assert process.returncode != 0
        assert errors.count("KeyboardInterrupt") == 1  # the program's own, and none of a worker's


def test_end_of_the_program_with_iterators_alive():
    code, _, errors = run(
        """
        loaders = [DataLoader(Noisy(40), 2, num_workers=1, worker_method=method, persistent_workers=True)
                   for method in ("thread", "multiprocessing")]
        iterators = [iter(loader) for loader in loaders]
        for iterator in iterators:
            next(iterator)
        """
    )
    assert (code, errors) == (0, "")


def test_script_without_guard_is_told():
    code, _, errors = run(
        "next(iter(DataLoader(Noisy(4), num_workers=1, worker_method='multiprocessing')))", guard=False
    )
    assert code == 1
    assert 'before it read anything; a script needs `if __name__ == "__main__":`' in errors


def test_data_set_that_workers_cannot_import():
    module = Path(os.environ["PYTEST_CURRENT_TEST_FOLDER"])
    code, _, errors = run(
        """
        import types
        from tinygrad_cnn.data import Dataset
        module = types.ModuleType("made_up")
        module.Made = type("Made", (Noisy,), {"__module__": "made_up"})
        sys.modules["made_up"] = module
        next(iter(DataLoader(module.Made(4), num_workers=1, worker_method='multiprocessing')))
        """
    )
    assert module.exists()
    assert code == 1
    assert "could not load the data set" in errors
    assert "No module named 'made_up'" in errors


def test_workers_cannot_have_worker_processes():
    class Daemon:
        daemon = True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(multiprocessing, "current_process", Daemon)
        with pytest.raises(RuntimeError, match="a worker process cannot have worker processes; expected num_workers=0"):
            iter(DataLoader(range(3), num_workers=1, **PROCESSES))
