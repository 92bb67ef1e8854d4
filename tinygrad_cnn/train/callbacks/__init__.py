"""Callbacks: what a training run does besides training."""

from tinygrad_cnn.train.callbacks.callback import Callback
from tinygrad_cnn.train.callbacks.checkpoints import Checkpoints
from tinygrad_cnn.train.callbacks.clip_gradients import ClipGradients
from tinygrad_cnn.train.callbacks.early_stopping import EarlyStopping
from tinygrad_cnn.train.callbacks.history_file import HistoryFile
from tinygrad_cnn.train.callbacks.lr_schedule import LRSchedule
from tinygrad_cnn.train.callbacks.progress import ProgressBar
from tinygrad_cnn.train.callbacks.tensorboard import TensorBoard

__all__ = [
    "Callback",
    "Checkpoints",
    "ClipGradients",
    "EarlyStopping",
    "HistoryFile",
    "LRSchedule",
    "ProgressBar",
    "TensorBoard",
]
