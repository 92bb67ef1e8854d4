"""Random streams: found, saved and restored."""

import json
import os
import random as python_random
import signal

import numpy as np
import pytest

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.data import DataLoader, TensorDataset
from tinygrad_cnn.train import Callback, CheckpointFolder, Checkpoints, Trainer
from tinygrad_cnn.train.checkpoint.generators import generators_of, random_states, set_random_states

pytest.importorskip("safetensors")


class At(Callback):
    """Acts after a step."""

    def __init__(self, step, action):
        self.step, self.action = step, action

    def on_step_end(self, trainer):
        if trainer.step == self.step:
            self.action(trainer)


def interrupt(_trainer):
    os.kill(os.getpid(), signal.SIGINT)


def data():
    x = tg.randn(20, 2, generator=tg.Generator().manual_seed(1))
    return TensorDataset(x, (x.sum(1) > 0).long())


def loader(shuffle=True):
    return DataLoader(data(), batch_size=5, shuffle=shuffle)


def make(*callbacks, seed=0):
    tg.manual_seed(seed)
    model = nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.3), nn.Linear(4, 2))
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    return Trainer(model, optimizer, F.cross_entropy, callbacks=callbacks)


def steps(folder, prefix="step"):
    return [int(path.stem.split("-")[1]) for path in CheckpointFolder(folder, prefix=prefix).paths()]


def end(trainer):
    return [p.detach().numpy().tobytes() for p in trainer.model.parameters()]


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
