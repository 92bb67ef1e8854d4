"""The compiled steps of the optimizers, each over all parameters of a group; the optimizers say what each computes.

Each takes `table`, a tuple of arrays, `columns` of them for each parameter (itself, its gradient, its state), and the
settings. It answers 0, and has changed nothing, if arrays are not contiguous or not of float32, or parameters share
memory or must not be written.
"""

from __future__ import annotations

from tinygrad_cnn.kernels.compiled.native import native

__all__ = ["adadelta_step", "adagrad_step", "adam_step", "rmsprop_step", "sgd_step"]

adadelta_step = native.adadelta_step
adagrad_step = native.adagrad_step
adam_step = native.adam_step
rmsprop_step = native.rmsprop_step
sgd_step = native.sgd_step
