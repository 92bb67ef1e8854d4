"""A training run that `test_folder_kill.py` starts, kills and starts again: ``python killed_run.py FOLDER WORKERS``.

Everything random that a run may draw from is drawn from: shuffling and dropout from the default generator, and without
workers a generator of the data set's own, NumPy's and Python's global streams; with workers, which read ahead of the
steps, the generator that the loader gives each batch. It saves after every second step. Just before a file takes
its name, in the middle of writing a checkpoint, it says so on standard output, and again when a checkpoint is whole.
"""

import os
import random
import sys
import time
from pathlib import Path

import numpy as np

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.data import DataLoader, TensorDataset, current_generator
from tinygrad_cnn.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau
from tinygrad_cnn.train import (
    Accuracy,
    Callback,
    Checkpoints,
    ClipGradients,
    EarlyStopping,
    HistoryFile,
    LRSchedule,
    Trainer,
)

EPOCHS, BATCHES, ACCUMULATE = 30, 21, 2
STEPS = EPOCHS * -(-BATCHES // ACCUMULATE)


class Noisy(TensorDataset):
    """Samples with noise from three streams."""

    def __init__(self, *tensors):
        super().__init__(*tensors)
        self.generator = tg.Generator().manual_seed(5)

    def batch(self, indices):
        x, t = super().batch(indices)
        noise = self.generator.numpy.normal(size=x.shape) + random.random() + np.random.random()  # noqa: NPY002
        return [x + tg.from_numpy(noise.astype(np.float32)) * 0.1, t]


class NoisyByBatch(TensorDataset):
    """Samples with noise from the generator of the batch."""

    def batch(self, indices):
        x, t = super().batch(indices)
        return [x + tg.from_numpy(current_generator().normal(size=x.shape).astype(np.float32)) * 0.1, t]


class Say(Callback):
    def at_rest(self, trainer):
        print("whole", trainer.step, flush=True)


def announce_replacements():
    replace = os.replace

    def slow(source, target):
        print("replace", Path(target).name, flush=True)
        time.sleep(0.002)
        replace(source, target)

    os.replace = slow


def run(folder, workers):
    tg.manual_seed(0)
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    x = tg.randn(BATCHES * 4 - 1, 6)
    t = (x.sum(1) > 0).long() + (x[:, 0] > 0.5).long()
    model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3))
    optimizer = optim.Adam(model.named_parameters(), lr=0.01)
    callbacks = [
        ClipGradients(max_norm=1.0),
        LRSchedule(OneCycleLR(optimizer, max_lr=0.02, total_steps=STEPS + 1), every="step"),
        LRSchedule(ReduceLROnPlateau(optimizer, patience=2), monitor="validation_loss"),
        EarlyStopping(patience=1000),
        Checkpoints(folder / "checkpoints", every_steps=2, monitor="validation_accuracy"),
        HistoryFile(folder / "history.csv"),
        Say(),
    ]
    trainer = Trainer(
        model, optimizer, F.cross_entropy, metrics={"accuracy": Accuracy(), "top2": Accuracy(top_k=2)},
        callbacks=callbacks, accumulate=ACCUMULATE, config={"lr": 0.01},
    )  # fmt: skip
    dataset = NoisyByBatch(x, t) if workers else Noisy(x, t)
    loader = DataLoader(dataset, batch_size=4, shuffle=True, num_workers=workers)
    validation = DataLoader(TensorDataset(x, t), batch_size=50)
    trainer.fit(loader, EPOCHS, validation=validation, resume=folder / "checkpoints")


if __name__ == "__main__":
    (Path(sys.argv[1]) / "checkpoints").mkdir(parents=True, exist_ok=True)
    announce_replacements()
    run(Path(sys.argv[1]), int(sys.argv[2]))
    print("finished", flush=True)
