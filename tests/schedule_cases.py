"""Every public schedule of learning rates, and optimizers for it."""

import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn, optim
from tinygrad_cnn.optim import lr_scheduler


def sgd(*rates, **settings):
    return optim.SGD([{"params": nn.Parameter(tc.zeros(1)), "lr": rate} for rate in rates], **settings)


def rates(scheduler, steps):
    """Return the first group's rates, beginning with the present one."""
    found = [scheduler.optimizer.param_groups[0]["lr"]]
    for _ in range(steps):
        scheduler.optimizer.step()
        scheduler.step()
        found.append(scheduler.optimizer.param_groups[0]["lr"])
    return pytest.approx(found)


class Cool:
    """A function of the step with something to keep."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, step):
        return self.factor**step


def sequence(optimizer):
    parts = [lr_scheduler.LinearLR(optimizer, total_iters=3), lr_scheduler.ExponentialLR(optimizer, 0.9)]
    return lr_scheduler.SequentialLR(optimizer, parts, [3])


SCHEDULES = {
    "StepLR": lambda o: lr_scheduler.StepLR(o, 3),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, [2, 7, 7]),
    "ExponentialLR": lambda o: lr_scheduler.ExponentialLR(o, 0.9),
    "CosineAnnealingLR": lambda o: lr_scheduler.CosineAnnealingLR(o, 6, 0.1),
    "CosineAnnealingWarmRestarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 2, 2, 0.1),
    "ConstantLR": lambda o: lr_scheduler.ConstantLR(o, total_iters=7),
    "LinearLR": lambda o: lr_scheduler.LinearLR(o, total_iters=7),
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, [Cool(0.9), lambda step: 1 / (1 + step)]),
    "CyclicLR": lambda o: lr_scheduler.CyclicLR(o, 0.5, [1.0, 2.0], 3, cycle_momentum=False),
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, 2, 20),
    "SequentialLR": sequence,
    "ChainedScheduler": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.ConstantLR(o, total_iters=4), lr_scheduler.ExponentialLR(o, 0.9)]
    ),
    "ReduceLROnPlateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=1),
}
"""For an optimizer with two groups."""
