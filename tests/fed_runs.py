"""What tests of callbacks share: a trainer of one linear layer, and numbers put into its history."""

import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.train import Accuracy, Callback, Trainer


def trainer(*callbacks, lr=0.1, model=None):
    model = nn.Linear(2, 2) if model is None else model
    optimizer = optim.SGD(model.parameters(), lr=lr)
    made = [callback(optimizer) if not isinstance(callback, Callback) else callback for callback in callbacks]
    return Trainer(model, optimizer, F.cross_entropy, metrics={"accuracy": Accuracy()}, callbacks=made)


class Feed(Callback):
    """Puts numbers into the rows."""

    def __init__(self, *numbers):
        self.numbers = numbers

    def on_epoch_end(self, trainer):
        trainer.history.rows[-1]["fed"] = self.numbers[trainer.epoch - 1]
