"""Random streams: found, saved and restored."""

import json
import random as python_random

import numpy as np
import pytest
from resumed_runs import At, data, end, loader, make

import tinygrad_cnn as tg
from tinygrad_cnn.data import DataLoader
from tinygrad_cnn.train import Checkpoints
from tinygrad_cnn.train.checkpoint.generators import generators_of, random_states, set_random_states

pytest.importorskip("safetensors")


def test_generators_of_ones_own_go_on(tmp_path):
    def numbers(folder, epochs, resume=None):
        own, order = tg.Generator().manual_seed(1), tg.Generator().manual_seed(2)
        run = make(Checkpoints(folder), At(epochs * 4, lambda _: None))
        run.generators["noise"] = own
        shuffled = DataLoader(data(), batch_size=5, shuffle=True, generator=order)
        run.callbacks.append(At(2, lambda _: own.normal((3,), tg.float32)))
        run.fit(shuffled, epochs, resume=resume)
        return own.get_state(), order.get_state(), end(run)

    straight = numbers(tmp_path / "straight", 3)
    numbers(tmp_path / "parts", 1)
    assert numbers(tmp_path / "parts", 3, resume=tmp_path / "parts") == straight


def test_the_generators_of_a_loader_are_found_once_each():
    order, noise = tg.Generator(), tg.Generator()
    dataset = data()
    dataset.generator = noise
    made = DataLoader(dataset, batch_size=5, shuffle=True, generator=order)
    found = generators_of(made)
    assert set(map(id, found.values())) == {id(order), id(noise)}
    assert all(name.startswith("loader.") for name in found)
    assert generators_of(loader()) == {}  # it shuffles by the default generator
    assert generators_of(None) == {}


def test_all_streams_continue_from_their_states():
    own = tg.Generator().manual_seed(3)

    def draw():
        numbers = np.random.rand()  # noqa: NPY002
        return tg.randn(2).tolist(), own.normal((2,), tg.float32).tolist(), python_random.random(), numbers

    states = json.loads(json.dumps(random_states({"own": own})))  # as in a checkpoint
    states["python"] = python_random.getstate()
    expected = draw()
    assert draw() != expected
    set_random_states(states, {"own": own})
    assert draw() == expected
    with pytest.raises(ValueError, match=r"expected generators \['other'\], got \['own'\]"):
        set_random_states(states, {"other": own})
    with pytest.raises(ValueError, match="expected states of random streams: KeyError"):
        set_random_states({"own": {}}, {})
