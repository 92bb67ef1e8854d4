"""Schedules of learning rates: each changes the `lr` of an optimizer's groups, once a `step`."""

from tinygrad_cnn.optim.lr_scheduler.chained import ChainedScheduler
from tinygrad_cnn.optim.lr_scheduler.cosine import CosineAnnealingLR
from tinygrad_cnn.optim.lr_scheduler.cyclic import CyclicLR
from tinygrad_cnn.optim.lr_scheduler.exponential import ExponentialLR
from tinygrad_cnn.optim.lr_scheduler.function import LambdaLR
from tinygrad_cnn.optim.lr_scheduler.linear import ConstantLR, LinearLR
from tinygrad_cnn.optim.lr_scheduler.one_cycle import OneCycleLR
from tinygrad_cnn.optim.lr_scheduler.plateau import ReduceLROnPlateau
from tinygrad_cnn.optim.lr_scheduler.restarts import CosineAnnealingWarmRestarts
from tinygrad_cnn.optim.lr_scheduler.scheduler import LRScheduler, _LRScheduler  # noqa: F401
from tinygrad_cnn.optim.lr_scheduler.sequential import SequentialLR
from tinygrad_cnn.optim.lr_scheduler.steps import MultiStepLR, StepLR

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]

for _name in __all__:
    globals()[_name].__module__ = __name__  # scripts read it: the module that users import from, as in PyTorch
