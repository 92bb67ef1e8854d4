"""Iterable data sets: every sample once, by any workers, in the batches of a loader without workers."""

import numpy as np
import pytest

from tinygrad_cnn.data import ChainDataset, DataLoader, IterableDataset, current_generator, get_worker_info

KINDS = [
    {"num_workers": 1},
    {"num_workers": 3},
    {"num_workers": 2, "worker_method": "multiprocessing", "multiprocessing_context": "fork"},
]


class Plain(IterableDataset):
    """Numbers in random order with noise; it does not ask for its worker."""

    def __init__(self, count=23, start=0):
        self.count, self.start = count, start

    def __iter__(self):
        for i in current_generator().permutation(self.count):
            yield self.start + i + current_generator().random() / 2


class Sharing(Plain):
    def __iter__(self):
        info = get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        yield from (self.start + i + current_generator().random() / 2 for i in range(first, self.count, step))


class Failing(IterableDataset):
    """Fails at 5, and goes on."""

    def __iter__(self):
        return self.Numbers()

    class Numbers:
        def __init__(self):
            self.next = 0

        def __iter__(self):
            return self

        def __next__(self):
            self.next += 1
            if self.next == 6:
                raise ValueError("bad sample")
            if self.next > 14:
                raise StopIteration
            return self.next - 1


class OnceOnly(IterableDataset):
    """Its iterations go on where the last one was, like those of an open file."""

    def __init__(self):
        self.numbers = iter(range(40))

    def __iter__(self):
        return self.numbers


class Late(Plain):
    def __iter__(self):
        yield 0
        get_worker_info()
        yield 1


def batches(dataset, seed=0, **arguments):
    import tinygrad_cnn

    tinygrad_cnn.manual_seed(seed)
    loader = DataLoader(dataset, **{"batch_size": 4, **arguments})
    return [[batch.tolist() for batch in loader] for _ in range(2)]


@pytest.mark.parametrize("kinds", KINDS, ids=str)
@pytest.mark.parametrize("arguments", [{}, {"drop_last": True}, {"batch_size": None}], ids=str)
def test_the_same_batches_whatever_the_workers(kinds, arguments):
    alone = batches(Plain(), **arguments)
    assert batches(Plain(), **arguments, **kinds) == alone
    flat = np.floor(np.hstack(alone[0])).astype(int)
    assert len(set(flat.tolist())) == len(flat) == (20 if "drop_last" in arguments else 23)


@pytest.mark.parametrize("kinds", KINDS, ids=str)
def test_persistent_workers_and_a_collate_fn_that_asks(kinds):
    def asks(samples):
        get_worker_info()
        return np.array(samples)

    assert batches(Plain(), persistent_workers=True, collate_fn=asks, **kinds) == batches(Plain())


@pytest.mark.parametrize("kinds", KINDS, ids=str)
def test_data_sets_that_shard_themselves(kinds):
    found = batches(Sharing(), **kinds)
    for epoch in found:
        assert sorted(int(x) for batch in epoch for x in batch) == list(range(23))
    assert found == batches(Sharing(), **kinds)
    noise = {x % 1 for batch in found[0] for x in batch}
    assert len(noise) == 23


@pytest.mark.parametrize("kinds", KINDS[1:], ids=str)
@pytest.mark.parametrize("parts", [
    (Plain, Plain), (Sharing, Sharing), (Sharing, Plain), (Sharing, Plain, Sharing),
])  # fmt: skip
def test_chains(kinds, parts):
    chain = ChainDataset([kind(7, 100 * i) for i, kind in enumerate(parts)])
    found = batches(chain, **kinds)[0]
    assert sorted(int(x) for batch in found for x in batch) == [
        100 * i + j for i in range(len(parts)) for j in range(7)
    ]


@pytest.mark.parametrize("kinds", KINDS, ids=str)
def test_an_init_fn_may_shard_the_data_set(kinds):
    if kinds.get("worker_method") is None and kinds["num_workers"] > 1:
        pytest.skip("threads have one data set")

    def share(worker):
        info = get_worker_info()
        info.dataset.count, info.dataset.start = 5, 100 * worker

    found = batches(Plain(), worker_init_fn=share, **kinds)[0]
    assert sorted(int(x) for batch in found for x in batch) == [
        100 * worker + i for worker in range(kinds["num_workers"]) for i in range(5)
    ]


@pytest.mark.parametrize("kinds", [{}, *KINDS], ids=str)
def test_an_error_ends_its_batch_and_is_raised_once(kinds):
    numbers = iter(DataLoader(Failing(), 4, **kinds))
    assert next(numbers).tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="bad sample"):
        next(numbers)
    assert [batch.tolist() for batch in numbers] == [[6, 7, 8, 9], [10, 11, 12, 13]]


def test_threads_share_what_can_be_read_once_only():
    found = batches(OnceOnly(), num_workers=3)
    assert found == [[[4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3] for i in range(10)], []]


@pytest.mark.parametrize("kinds", KINDS[1:], ids=str)
def test_asking_late_is_an_error(kinds):
    assert batches(Late())[0] == [[0, 1]]
    with pytest.raises(RuntimeError, match=r"Late: expected get_worker_info\(\) to be called before the first sample"):
        batches(Late(), **kinds)
