"""What tests of checkpoints share: a small run that can be interrupted and resumed, and what it leaves."""

import os
import signal

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.data import DataLoader, TensorDataset
from tinygrad_cnn.train import Callback, CheckpointFolder, Trainer


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
