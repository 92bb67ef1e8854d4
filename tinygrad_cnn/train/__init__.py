"""Training: the loop, and what it measures."""

from tinygrad_cnn.train.fit import History, accuracy, fit

__all__ = ["History", "accuracy", "fit"]
