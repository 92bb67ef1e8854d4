"""Schedules of learning rates: each changes the `lr` of an optimizer's groups at every `step`."""

from tinygrad_cnn.optim.lr_scheduler.combined import ChainedScheduler, SequentialLR
from tinygrad_cnn.optim.lr_scheduler.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from tinygrad_cnn.optim.lr_scheduler.cyclic import CyclicLR, OneCycleLR
from tinygrad_cnn.optim.lr_scheduler.factors import (
    ConstantLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    StepLR,
)
from tinygrad_cnn.optim.lr_scheduler.plateau import ReduceLROnPlateau
from tinygrad_cnn.optim.lr_scheduler.scheduler import LRScheduler, _LRScheduler  # noqa: F401

__all__ = [
    "ChainedScheduler", "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CyclicLR", "ExponentialLR",
    "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR", "OneCycleLR", "ReduceLROnPlateau", "SequentialLR", "StepLR",
]  # fmt: skip

for _name in __all__:
    globals()[_name].__module__ = __name__  # the module that users import from, as in PyTorch; scripts read it
