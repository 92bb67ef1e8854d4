"""Every public optimizer, with a setting that makes it keep a state, and parameters for it."""

import tinygrad_cnn as tc
from tinygrad_cnn import nn, optim

OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, 0.01, momentum=0.9),
    "Adam": lambda p: optim.Adam(p, 0.01, amsgrad=True),
    "AdamW": lambda p: optim.AdamW(p, 0.01, weight_decay=0.5),
    "RMSprop": lambda p: optim.RMSprop(p, 0.01, centered=True, momentum=0.9),
    "Adagrad": lambda p: optim.Adagrad(p, 0.01, lr_decay=0.3, initial_accumulator_value=2),
    "Adadelta": lambda p: optim.Adadelta(p, 0.01, rho=0.5),
}
KINDS = [getattr(optim, name) for name in OPTIMIZERS]


def parameter(*values):
    return nn.Parameter(tc.tensor(list(values), dtype=tc.float64))


def run(optimizer, parameters, steps, start=0):
    """Take `steps` steps along gradients that depend on the parameters and the step."""
    for i in range(start, start + steps):
        optimizer.zero_grad()
        sum(((p - i) * p * p).sum() for p in parameters).backward()
        optimizer.step()
