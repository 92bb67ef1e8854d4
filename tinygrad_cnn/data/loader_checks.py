"""Checks of a `DataLoader`'s arguments, which must be consistent, and of its saved state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict, cast

from tinygrad_cnn.data.generators import AnyGenerator, State, check_states
from tinygrad_cnn.data.sampler import check_count
from tinygrad_cnn.random import Generator

if TYPE_CHECKING:
    from tinygrad_cnn.data.loader import DataLoader

_METHODS = ("thread", "multiprocessing")


class LoaderState(TypedDict):
    """The state of a loader; see `DataLoader.state_dict`."""

    base_seed: int | None
    batches: int
    start: list[State]
    now: list[State]
    shared: list[State]
    lazy: bool


def check_arguments(loader: DataLoader, shuffle: bool | None) -> None:
    """Raise an error unless the arguments are consistent; all but `shuffle` are attributes of `loader`."""
    sampler, batch_sampler, batch_size = loader.sampler, loader.batch_sampler, loader.batch_size
    if loader._iterable:
        for name, value in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)):
            if value is not None:
                raise ValueError(
                    f"DataLoader: an iterable data set comes in its own order, expected no {name}, got {value!r}"
                )
    if sampler is not None and shuffle:
        raise ValueError("DataLoader: expected either sampler or shuffle=True, got both")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or loader.drop_last):
        raise ValueError(
            "DataLoader: expected batch_sampler without batch_size, shuffle, sampler and drop_last, "
            f"got batch_size={batch_size}, shuffle={shuffle}, sampler={sampler}, drop_last={loader.drop_last}"
        )
    if batch_size is None and loader.drop_last:
        raise ValueError("DataLoader: expected drop_last=False with batch_size=None, which makes no batches")
    if batch_size is not None:
        check_count("DataLoader", "batch_size", batch_size)
    if loader.generator is not None and not isinstance(loader.generator, Generator):
        raise TypeError(
            f"DataLoader: expected generator as a tinygrad_cnn.Generator, got {type(loader.generator).__name__}"
        )
    check_count("DataLoader", "num_workers", loader.num_workers, 0)
    if loader.timeout < 0:
        raise ValueError(f"DataLoader: expected timeout of at least 0 seconds, got {loader.timeout}")
    if loader.worker_method not in _METHODS:
        raise ValueError(f"DataLoader: expected worker_method as one of {_METHODS}, got {loader.worker_method!r}")
    if loader.prefetch_factor is not None:
        check_count("DataLoader", "prefetch_factor", loader.prefetch_factor)
    if not loader.num_workers:
        for name in ("prefetch_factor", "persistent_workers", "multiprocessing_context"):
            if getattr(loader, name):
                raise ValueError(f"DataLoader: expected {name} together with num_workers above 0, got num_workers=0")
    elif loader.multiprocessing_context is not None:
        from tinygrad_cnn.data.workers.processes import context_of

        if loader.worker_method == "thread":
            raise ValueError(
                'DataLoader: expected multiprocessing_context together with worker_method="multiprocessing", '
                'got worker_method="thread"'
            )
        context_of(loader.multiprocessing_context)


def check_state(state: object, own: Sequence[AnyGenerator], shared: Sequence[AnyGenerator]) -> LoaderState:
    """Return a copy of `state`, checked to be the state of a loader with these generators."""
    names = LoaderState.__required_keys__
    if not isinstance(state, Mapping) or set(state) != names:
        got = sorted(map(str, state)) if isinstance(state, Mapping) else type(state).__name__
        raise ValueError(f"load_state_dict: expected a loader's state with {sorted(names)}, got {got}")
    seed, batches = state["base_seed"], state["batches"]
    if not isinstance(batches, int) or batches < 0 or not (seed is None or (isinstance(seed, int) and seed >= 0)):
        raise ValueError(
            "load_state_dict: expected base_seed as an int or None and batches as an int of at least 0, "
            f"got {seed!r} and {batches!r}"
        )
    check_states("the states now", own, state["now"])
    check_states("the states start", own, state["start"])
    check_states("the states shared", shared if seed is not None else [], state["shared"])
    return cast("LoaderState", dict(state))
