"""The generators that determine the order of a loader: find them in it and its samplers, get and set their states."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from tinygrad_cnn.random import default_generator

AnyGenerator: TypeAlias = Any
"""A `Generator`, or one of NumPy's or PyTorch's."""

State: TypeAlias = dict[str, object] | str
"""A generator's state, in a form that JSON can hold; a string is the hex code of PyTorch's bytes."""


def own_generators(loader: object) -> list[AnyGenerator]:
    """Return the generators that were given to a loader or to its samplers, each once, always in the same order."""
    found: list[AnyGenerator] = []
    for holder in _holders(loader):
        generator = getattr(holder, "generator", None)
        known = hasattr(generator, "get_state") or isinstance(generator, np.random.Generator)
        if known and all(generator is not one for one in found):
            found.append(generator)
    return found


def shared_generators(loader: object) -> list[AnyGenerator]:
    """Return the generators used if none was given: the default generator, and PyTorch's for PyTorch's samplers."""
    torch = sys.modules.get("torch")
    if torch is not None and any(type(holder).__module__.startswith("torch.") for holder in _holders(loader)):
        return [default_generator, torch.default_generator]
    return [default_generator]


def _holders(loader: object) -> list[object]:
    """Return the loader and its samplers."""
    batch_sampler = getattr(loader, "batch_sampler", None)
    return [loader, getattr(loader, "sampler", None), batch_sampler, getattr(batch_sampler, "sampler", None)]


def get_states(generators: Sequence[AnyGenerator]) -> list[State]:
    """Return the generators' states."""
    return [_state(generator) for generator in generators]


def _state(generator: AnyGenerator) -> State:
    if isinstance(generator, np.random.Generator):
        return dict(generator.bit_generator.state)
    state = generator.get_state()
    return dict(state) if isinstance(state, dict) else str(state.numpy().tobytes().hex())


def set_states(generators: Sequence[AnyGenerator], states: Sequence[State]) -> None:
    """Set the generators to states that `get_states` returned."""
    for generator, state in zip(generators, states, strict=True):
        if isinstance(state, str):
            import torch

            generator.set_state(torch.from_numpy(np.frombuffer(bytes.fromhex(state), np.uint8).copy()))
        elif isinstance(generator, np.random.Generator):
            generator.bit_generator.state = state
        else:
            generator.set_state(state)


def check_states(name: str, generators: Sequence[AnyGenerator], states: Sequence[State]) -> None:
    """Raise a ValueError unless each of the generators accepts its state; no generator changes."""
    if len(states) != len(generators):
        raise ValueError(f"load_state_dict: expected {name} of {len(generators)} generators, got {len(states)}")
    before = get_states(generators)
    try:
        set_states(generators, states)
    except Exception as error:
        raise ValueError(f"load_state_dict: {name} are not of this loader's generators: {error}") from error
    finally:
        set_states(generators, before)
