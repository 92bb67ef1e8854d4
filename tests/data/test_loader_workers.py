"""The same batches for every kind of worker, and what all kinds have in common."""

import gc
import os
import pickle
import re
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from loader_samples import Meeting, Noisy, NoisyArrays, Stream, Trouble, Unfair, Who, as_is, note_start, refuse_start

from tinygrad_cnn.data import DataLoader, Dataset, Subset, current_generator
from tinygrad_cnn.random import Generator, default_generator, manual_seed

FORMS = {
    "none": {},
    "1 thread": {"num_workers": 1},
    "2 threads": {"num_workers": 2},
    "4 threads": {"num_workers": 4, "prefetch_factor": 1},
    "1 process": {"num_workers": 1, "worker_method": "multiprocessing"},
    "2 processes": {"num_workers": 2, "worker_method": "multiprocessing", "prefetch_factor": 3},
    "4 processes": {"num_workers": 4, "worker_method": "multiprocessing", "persistent_workers": True},
    "2 forked": {"num_workers": 2, "multiprocessing_context": "fork"},
}
WORKERS = pytest.mark.parametrize("form", [name for name in FORMS if name != "none"])
KINDS = pytest.mark.parametrize("method", ["thread", "multiprocessing"])


def epochs(loader, count=2):
    return [[[np.array(part) for part in batch] for batch in loader] for _ in range(count)]


def same(one, other):
    assert [len(epoch) for epoch in one] == [len(epoch) for epoch in other]
    for mine, its in zip(one, other, strict=True):
        for a, b in zip(mine, its, strict=True):
            for x, y in zip(a, b, strict=True):
                assert x.dtype == y.dtype
                np.testing.assert_array_equal(x, y)


@WORKERS
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # with threads alive, from Python 3.12 on
def test_one_seed_gives_the_same_bits(form):
    def read(form, dataset):
        manual_seed(7)
        return epochs(DataLoader(dataset, 4, shuffle=True, **FORMS[form]))

    expected = read("none", Noisy())
    assert not np.array_equal(expected[0][0][0], expected[1][0][0])
    same(read(form, Noisy()), expected)


@KINDS
def test_large_batches_and_the_array_path_too(method):
    def read(workers):
        dataset = Subset(NoisyArrays(20, (50, 60)), range(20))  # 12 kB a sample: beyond what goes through a pipe
        loader = DataLoader(dataset, 8, shuffle=True, num_workers=workers, worker_method=method,
                            generator=Generator().manual_seed(3))  # fmt: skip
        return epochs(loader)

    same(read(2), read(0))


def test_batches_draw_differently_and_leave_the_default_generator_alone():
    loader = DataLoader(Noisy(6), 2, generator=Generator())
    before = default_generator.get_state()
    noise = np.concatenate([x.numpy() % 1 for x, _ in loader])
    assert len(np.unique(noise)) == noise.size
    assert default_generator.get_state() == before
    assert current_generator() is default_generator.numpy


def test_loaders_within_loaders_follow_the_seed():
    class Outer(Dataset):
        def __len__(self):
            return 6

        def __getitem__(self, index):
            return np.concatenate([x.numpy() for x, _ in DataLoader(Noisy(4), 2, shuffle=True, num_workers=index % 2)])

    def read(workers):
        manual_seed(2)
        return [batch.numpy() for batch in DataLoader(Outer(), 2, num_workers=workers)]

    for one, other in zip(read(0), read(2), strict=True):
        np.testing.assert_array_equal(one, other)


def test_loops_within_loops_over_one_loader():
    loader = DataLoader(Noisy(6), 2, num_workers=2, persistent_workers=True)
    pairs = [(int(t[0]), int(u[0])) for _, t in loader for _, u in loader]
    assert pairs == [(a, b) for a in (0, 2, 4) for b in (0, 2, 4)]


@KINDS
def test_two_iterators_at_once(method):
    loader = DataLoader(Noisy(8), 2, num_workers=1, worker_method=method, persistent_workers=True)
    first, second = iter(loader), iter(loader)
    found = [(int(next(first)[1][0]), int(next(second)[1][0])) for _ in range(4)]
    assert found == [(0, 0), (2, 2), (4, 4), (6, 6)]
    for iterator in (first, second):
        with pytest.raises(StopIteration):
            next(iterator)
        with pytest.raises(StopIteration):
            next(iterator)


@pytest.mark.parametrize("workers", [0, 2])
def test_threads_that_share_an_iterator_get_each_batch_once(workers):
    iterator = iter(DataLoader(Noisy(200), 2, num_workers=workers))
    found = []

    def take():
        found.extend(int(t[0]) for _, t in iterator)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(0, 200, 2))


def test_threads_that_share_a_loader_have_epochs_of_their_own():
    loader = DataLoader(Noisy(40), 4, shuffle=True, num_workers=2)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(sorted(int(i) for _, t in loader for i in t))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [list(range(40))] * 4


@KINDS
def test_workers_read_ahead_and_no_further(method):
    def batches(count):
        for i in range(count):
            drawn.append(i)
            yield [i]

    drawn = []
    loader = DataLoader(Noisy(20), batch_sampler=batches(20), num_workers=2, prefetch_factor=3, worker_method=method)
    iterator = iter(loader)
    assert len(drawn) == 6
    next(iterator)
    assert len(drawn) == 7


def test_without_workers_nothing_is_read_before_it_is_asked_for():
    dataset = Noisy(6)
    iterator = iter(DataLoader(dataset, 2))
    assert dataset.read == []
    next(iterator)
    assert dataset.read == [0, 1]


@KINDS
def test_workers_read_at_the_same_time(method, tmp_path):
    loader = DataLoader(Meeting(tmp_path, 4), 1, num_workers=4, worker_method=method, prefetch_factor=1)
    assert [int(x) for x in loader] == [4, 4, 4, 4]


@KINDS
def test_worker_info(method):
    seen = [sample for batch in DataLoader(Who(), 2, num_workers=2, worker_method=method, collate_fn=as_is)
            for sample in batch]  # fmt: skip
    assert [sample["seen"] for sample in seen] == [(number, 2, method) for number in (0, 0, 1, 1, 0, 0, 1, 1)]
    here = DataLoader(Who(), 8, collate_fn=as_is)
    assert {sample["seen"] for sample in next(iter(here))} == {(-1, 0, "")}


@pytest.mark.parametrize("persistent", [False, True])
@KINDS
def test_persistent_workers_stay(method, persistent):
    loader = DataLoader(Who(), 4, num_workers=1, worker_method=method, collate_fn=as_is, persistent_workers=persistent)
    key = "process" if method == "multiprocessing" else "thread"

    others = threading.enumerate()

    def live():
        return [thread.ident for thread in threading.enumerate() if thread not in others]

    if method == "multiprocessing":
        found = [next(iter(batch[0][key] for batch in loader)) for _ in range(3)]
        assert (len(set(found)) == 1) == persistent
    else:
        list(loader)
        until(lambda: len(live()) == persistent)
        before = live()
        list(loader)
        until(lambda: live() == before)
    del loader
    gc.collect()
    until(lambda: not live())


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@KINDS
def test_breaking_off_and_starting_again(method):
    loader = DataLoader(Noisy(40), 2, num_workers=2, worker_method=method, persistent_workers=True)
    for _ in range(3):
        for _, t in loader:
            if int(t[0]) >= 6:
                break
    assert [int(t[0]) for _, t in loader] == list(range(0, 40, 2))


def test_an_error_names_the_index_without_workers():
    with pytest.raises(ValueError, match=r"invalid literal.*\n.*raised while reading index 5 of Trouble"):
        list(DataLoader(Trouble("raise"), 4))


@KINDS
def test_an_error_in_a_worker_arrives(method):
    loader = DataLoader(Trouble("raise"), 4, num_workers=2, worker_method=method)
    kind = "thread" if method == "thread" else r"process \d+"
    with pytest.raises(ValueError, match="invalid literal") as caught:
        list(loader)
    text = "\n".join([str(caught.value), *caught.value.__notes__])
    for part in (
        "raised while reading index 5 of Trouble",
        "raised in DataLoader worker 1 (",
        r"while reading batch 1, indices [4, 5, 6, 7]",
        "Traceback (most recent call last)",
        "loader_samples.py",
        'int("five")',
    ):
        assert part in text
    assert re.search(rf"worker 1 \((a )?{kind}\)", text)


@pytest.mark.parametrize("form", ["none", "2 threads", "2 processes"])
def test_after_an_error_the_others_can_still_be_read(form):
    iterator = iter(DataLoader(Trouble("raise"), 4, **FORMS[form]))
    assert next(iterator).tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="invalid literal"):
        next(iterator)
    assert next(iterator).tolist() == [8, 9, 10, 11]
    with pytest.raises(StopIteration):
        next(iterator)


@pytest.mark.parametrize("form", ["none", "2 threads", "2 processes"])
def test_stop_iteration_does_not_end_the_loop_in_silence(form):
    with pytest.raises(RuntimeError, match="Trouble raised StopIteration while a batch was read"):
        list(DataLoader(Trouble("stop"), 4, **FORMS[form]))


@KINDS
def test_time_limit(method):
    loader = DataLoader(Trouble("sleep"), 4, num_workers=2, timeout=0.5 if method == "thread" else 3,
                        worker_method=method)  # fmt: skip
    with pytest.raises(RuntimeError, match=r"DataLoader: timed out after [\d.]+ s waiting for a batch of worker [01] "):
        list(loader)


@KINDS
def test_worker_init_fn_runs_in_the_worker(method):
    from loader_samples import Traces

    loader = DataLoader(Traces(), 1, num_workers=1, worker_method=method, worker_init_fn=note_start)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TINYGRAD_CNN_TEST_STARTED", raising=False)
        assert list(loader) == [["0"]] * 4


def answer(worker):
    return f"worker {worker} is ready"


@KINDS
def test_what_a_worker_init_fn_returns_does_not_replace_batches(method):
    loader = DataLoader(range(4), 2, num_workers=1, worker_method=method, worker_init_fn=answer)
    for _ in range(2):
        assert [batch.tolist() for batch in loader] == [[0, 1], [2, 3]]


@KINDS
def test_worker_init_fn_that_fails(method):
    loader = DataLoader(Noisy(4), 2, num_workers=1, worker_method=method, worker_init_fn=refuse_start)
    with pytest.raises(LookupError, match="worker 0 has no disk"):
        list(loader)


@pytest.mark.parametrize("form", ["none", "1 thread", "3 threads", "2 processes"])
def test_iterable_data_set(form):
    manual_seed(4)
    kinds = {**FORMS, "3 threads": {"num_workers": 3}}
    loader = DataLoader(Stream(23), 4, **kinds[form])
    batches = [batch.numpy() for batch in loader]
    assert sorted(int(x) for batch in batches for x in batch) == list(range(23))
    assert len(loader) == 6
    manual_seed(4)
    for one, other in zip(batches, loader, strict=True):
        np.testing.assert_array_equal(one, other.numpy())
    if form == "1 thread":
        manual_seed(4)
        for one, other in zip(batches, DataLoader(Stream(23), 4), strict=True):
            np.testing.assert_array_equal(one, other.numpy())


@pytest.mark.parametrize("prefetch", [1, 2, 5])
@pytest.mark.parametrize("method", ["thread", "multiprocessing"])
def test_iterable_workers_take_turns_until_each_has_no_more(method, prefetch):
    loader = DataLoader(Unfair(), 1, num_workers=2, worker_method=method, prefetch_factor=prefetch)
    assert [int(x) for x in loader] == [0, 100, 1, 101, 102, 103, 104, 105, 106, 107]


def test_iterable_drop_last_and_no_batches():
    assert [len(batch) for batch in DataLoader(Stream(10), 4, drop_last=True)] == [4, 4]
    assert len(DataLoader(Stream(10), 4, drop_last=True)) == 2
    single = DataLoader(Stream(3), None)
    assert [int(x) for x in single] == [0, 1, 2]
    assert len(single) == 3


@KINDS
def test_a_pickled_loader_reads_the_same(method):
    loader = DataLoader(Noisy(), 4, shuffle=True, num_workers=2, worker_method=method, generator=Generator(),
                        persistent_workers=True)  # fmt: skip
    first = epochs(loader, 1)
    twin = pickle.loads(pickle.dumps(loader))
    assert twin.state_dict() == loader.state_dict()
    same(epochs(twin, 1), epochs(loader, 1))
    assert not np.array_equal(first[0][0][0], epochs(twin, 1)[0][0][0])


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads what the process holds from /proc")
@pytest.mark.parametrize("form", ["none", "2 threads", "4 processes"])
def test_memory_does_not_grow(form):
    loader = DataLoader(NoisyArrays(16, (256, 256)), 4, **FORMS[form])

    def held():
        for _ in loader:
            pass
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE"), len(list(Path("/proc/self/fd").iterdir())), threading.active_count()

    gc.collect()
    gc.freeze()  # so that each collection looks at what the loader made, not at all that other tests left
    try:
        for _ in range(5):
            held()
        before = held()
        for _ in range(40):
            after = held()
    finally:
        gc.unfreeze()
    assert after[0] - before[0] < 16 * 2**20  # bytes; one batch kept each epoch would be 40 MB
    assert after[1] == before[1]
    assert after[2] <= before[2] + 2  # threads of the last epoch may still be about to end
