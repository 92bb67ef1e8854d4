"""Training: the loop, its measurements, and its checkpoints."""

from tinygrad_cnn.train import callbacks
from tinygrad_cnn.train.callbacks import *
from tinygrad_cnn.train.checkpoint import CheckpointError, CheckpointFolder, load_checkpoint, save_checkpoint
from tinygrad_cnn.train.history import History
from tinygrad_cnn.train.metrics import Accuracy, ConfusionMatrix, Metric, accuracy
from tinygrad_cnn.train.trainer import Trainer

__all__ = ["Accuracy", "CheckpointError", "CheckpointFolder", "ConfusionMatrix", "History", "Metric", "Trainer"]
__all__ += ["accuracy", "load_checkpoint", "save_checkpoint"]
__all__ += callbacks.__all__
