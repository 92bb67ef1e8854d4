"""Find, save and restore the random generators that a training run draws from."""

from __future__ import annotations

import random as python_random
from collections.abc import Mapping

import numpy as np

from tinygrad_cnn.random import Generator, default_generator
from tinygrad_cnn.train.checkpoint.files import State

_PLACES = (
    "generator", "sampler.generator", "batch_sampler.generator", "batch_sampler.sampler.generator", "dataset.generator",
)  # fmt: skip
"""Attributes of a loader that may hold a generator."""


def generators_of(loader: object) -> dict[str, Generator]:
    """Return the generators of a loader and its samplers by attribute, each once and without the default one."""
    found: dict[str, Generator] = {}
    for place in _PLACES:
        value = loader
        for name in place.split("."):
            value = getattr(value, name, None)
        known = [default_generator, *found.values()]
        if isinstance(value, Generator) and not any(value is other for other in known):
            found[f"loader.{place}"] = value
    return found


def random_states(generators: Mapping[str, Generator]) -> State:
    """Return the states of the default generator, of `generators`, and of Python's and NumPy's global streams.

    Data sets and transforms that users write often draw from the global streams.
    """
    state = np.random.get_state(legacy=False)  # noqa: NPY002
    assert isinstance(state, dict)
    words = {**state, "state": {**state["state"], "key": state["state"]["key"].tolist()}}  # JSON has no uint32
    return {
        "default": default_generator.get_state(),
        "own": {name: generator.get_state() for name, generator in generators.items()},
        "python": python_random.getstate(),
        "numpy": words,
    }


def set_random_states(states: State, generators: Mapping[str, Generator]) -> None:
    """Restore the states that `random_states` returned.

    Raises:
        ValueError: the states are of other generators, or are not states of random streams.
    """
    if set(states["own"]) != set(generators):
        raise ValueError(f"expected generators {sorted(generators)}, got {sorted(states['own'])}")
    try:
        default_generator.set_state(states["default"])
        for name, generator in generators.items():
            generator.set_state(states["own"][name])
        python_random.setstate(states["python"])
        words = states["numpy"]
        key = np.array(words["state"]["key"], np.uint32)
        np.random.set_state({**words, "state": {**words["state"], "key": key}})  # noqa: NPY002
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"expected states of random streams: {error!r}") from error
