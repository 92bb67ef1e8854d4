"""The state of a run: random streams of the user's own go on where they were."""

import pytest

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.train import Callback, Checkpoints, Trainer

pytest.importorskip("safetensors")


class Draw(Callback):
    """Draws a number after each step from a stream of its own."""

    def __init__(self, generator):
        self.generator = generator
        self.numbers = []

    def on_step_end(self, trainer):
        self.numbers.append(tg.rand(1, generator=self.generator).item())


def run(folder, epochs, resume=None):
    draw = Draw(tg.Generator().manual_seed(5 if resume is None else 99))
    model = nn.Linear(2, 2)
    trainer = Trainer(
        model,
        optim.SGD(model.parameters(), lr=0.1),
        F.cross_entropy,
        callbacks=[draw, Checkpoints(folder)],
        generators={"mine": draw.generator},
    )
    batches = [(tg.ones(3, 2), tg.tensor([0, 1, 0]))] * 2
    trainer.fit(batches, epochs, resume=resume)
    return draw.numbers


def test_a_stream_of_ones_own_goes_on_after_a_checkpoint(tmp_path):
    straight = run(tmp_path / "straight", 2)
    first = run(tmp_path / "stopped", 1)
    assert first + run(tmp_path / "stopped", 2, resume=tmp_path / "stopped") == straight
    assert len(set(straight)) == 4
