"""Optimizers: what changes parameters by their gradients."""

from tinygrad_cnn.optim.adam import Adam
from tinygrad_cnn.optim.optimizer import Optimizer
from tinygrad_cnn.optim.sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer"]
