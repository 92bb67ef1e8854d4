"""The generators that decide the order of a loader, found in it and its samplers; their states as plain data."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from tinygrad_cnn.random import default_generator


def own_generators(loader: Any) -> list[Any]:
    """Return the generators that were given to a loader or to its samplers, each once, always in the same order."""
    found: list[Any] = []
    for holder in _holders(loader):
        generator = getattr(holder, "generator", None)
        known = hasattr(generator, "get_state") or isinstance(generator, np.random.Generator)
        if known and all(generator is not one for one in found):
            found.append(generator)
    return found


def shared_generators(loader: Any) -> list[Any]:
    """Return the generators that stand in where none was given: the default one, and PyTorch's for its samplers."""
    torch = sys.modules.get("torch")
    if torch is not None and any(type(holder).__module__.startswith("torch.") for holder in _holders(loader)):
        return [default_generator, torch.default_generator]
    return [default_generator]


def _holders(loader: Any) -> list[Any]:
    return [loader, loader.sampler, loader.batch_sampler, getattr(loader.batch_sampler, "sampler", None)]


def states_of(generators: list[Any]) -> list[Any]:
    """Return the generators' states, of dicts, numbers and strings only."""
    return [_state_of(generator) for generator in generators]


def _state_of(generator: Any) -> Any:
    if isinstance(generator, np.random.Generator):
        return dict(generator.bit_generator.state)
    state = generator.get_state()
    return state if isinstance(state, dict) else state.numpy().tobytes().hex()


def check_states(place: str, generators: list[Any], states: list[Any]) -> None:
    """Raise a ValueError unless there is a state for each of the generators that it accepts; change none of them."""
    if len(states) != len(generators):
        raise ValueError(f"load_state_dict: expected {place} of {len(generators)} generators, got {len(states)}")
    before = states_of(generators)
    try:
        set_states(generators, states)
    except Exception as error:
        raise ValueError(f"load_state_dict: {place} are not of this loader's generators: {error}") from error
    finally:
        set_states(generators, before)


def set_states(generators: list[Any], states: list[Any]) -> None:
    """Put the generators into states that `states_of` returned."""
    for generator, state in zip(generators, states, strict=True):
        if isinstance(generator, np.random.Generator):
            generator.bit_generator.state = state
        elif isinstance(state, str):
            import torch

            generator.set_state(torch.from_numpy(np.frombuffer(bytes.fromhex(state), np.uint8).copy()))
        else:
            generator.set_state(state)
