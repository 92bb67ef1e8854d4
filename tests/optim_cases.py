"""Every public optimizer, with a setting that makes it keep a state, and parameters for it."""

from inspect import signature

import numpy as np

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
LIKE_PYTORCHS = [kind.__name__ for kind in KINDS if "foreach" in signature(kind).parameters]
"""The optimizers with PyTorch's choices of how to take a step; one that PyTorch has not needs none of them."""


def parameter(*values):
    return nn.Parameter(tc.tensor(list(values), dtype=tc.float64))


def run(optimizer, parameters, steps, start=0):
    """Take `steps` steps along gradients that depend on the parameters and the step."""
    for i in range(start, start + steps):
        optimizer.zero_grad()
        sum(((p - i) * p * p).sum() for p in parameters).backward()
        optimizer.step()


START = np.array([1.0, -2.0, 3.0])
GRADIENTS = [np.array([0.5, -1.0, 2.0]), np.array([-3.0, 0.25, 1.0]), np.array([1.0, 1.0, -0.5])]


def steps(optimizer_of):
    """Return the parameter that starts as START after each of the steps along GRADIENTS."""
    p = parameter(*START)
    optimizer, found = optimizer_of([p]), []
    for g in GRADIENTS:
        p.grad = tc.tensor(g)
        optimizer.step()
        found.append(p.detach().numpy().copy())
    return found
