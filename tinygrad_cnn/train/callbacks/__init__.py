"""Callbacks: everything that a training run does besides training."""

from tinygrad_cnn.train.callbacks.callback import Callback
from tinygrad_cnn.train.callbacks.checkpoints import Checkpoints
from tinygrad_cnn.train.callbacks.clip_gradients import ClipGradients
from tinygrad_cnn.train.callbacks.early_stopping import EarlyStopping
from tinygrad_cnn.train.callbacks.logs import HistoryFile, TensorBoard
from tinygrad_cnn.train.callbacks.lr_schedule import LRSchedule
from tinygrad_cnn.train.callbacks.progress import ProgressBar

__all__ = [
    "Callback", "Checkpoints", "ClipGradients", "EarlyStopping", "HistoryFile", "LRSchedule", "ProgressBar",
    "TensorBoard",
]  # fmt: skip
