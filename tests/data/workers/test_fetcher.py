"""One batch, read in every way that a plan can ask for."""

import pytest
from loader_samples import Noisy, NoisyArrays, Stream, Trouble, as_is

from tinygrad_cnn.data import default_collate, default_convert
from tinygrad_cnn.data.workers.fetcher import End, Failure, Fetcher, FetchPlan, Task, annotate


def plan(dataset, **changes):
    usual = {"collate_fn": default_collate, "iterable": False, "batch_size": 2, "drop_last": False, "batches": True}
    return FetchPlan(dataset, **{**usual, **changes})


def test_a_batch_depends_on_seed_and_number_only():
    read = [Fetcher(plan(Noisy()), seed).fetch(Task(number, [1, 2]))[0].tolist()
            for seed, number in ((1, 0), (1, 0), (1, 1), (2, 0))]  # fmt: skip
    assert read[0] == read[1]
    assert len({str(values) for values in read}) == 3


def test_whole_batches_only_with_the_usual_collate_fn():
    dataset = NoisyArrays()
    Fetcher(plan(dataset), 0).fetch(Task(0, [3, 4]))
    assert dataset.read == []
    samples = Fetcher(plan(dataset, collate_fn=as_is), 0).fetch(Task(0, [3, 4]))
    assert [index for _, index in samples] == dataset.read == [3, 4]


def test_single_samples():
    x, t = Fetcher(plan(Noisy(), batches=False, collate_fn=default_convert), 0).fetch(Task(0, 4))
    assert (x.shape, t) == ((3,), 4)


def test_a_stream_ends_and_may_be_dropped():
    fetcher = Fetcher(plan(Stream(5), iterable=True), 0)
    assert len(fetcher.fetch(Task(0))) == 2
    assert fetcher.fetch(Task(1, drop=True)) is None
    assert len(fetcher.fetch(Task(2))) == 1
    assert isinstance(fetcher.fetch(Task(3)), End)
    assert isinstance(fetcher.fetch(Task(4)), End)
    assert isinstance(Fetcher(plan(Stream(1), iterable=True, drop_last=True), 0).fetch(Task(0)), End)


def test_failures_are_handed_back():
    failure = Fetcher(plan(Trouble("raise")), 0).fetch(Task(2, [4, 5]))
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, ValueError)
    annotate(failure, "worker 3", Task(2, list(range(20))))
    note = failure.error.__notes__[-1]
    assert note.startswith(
        "raised in DataLoader worker 3 while reading batch 2, indices [0, 1, 2, 3, 4, 5, 6, 7, ... 20"
    )


def test_ctrl_c_is_not_a_failure():
    class Interrupted(Noisy):
        def __getitem__(self, index):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Fetcher(plan(Interrupted()), 0).fetch(Task(0, [1]))
