"""Training: the loop, what it measures, what it saves."""

from tinygrad_cnn.train.callbacks import (
    Callback,
    Checkpoints,
    ClipGradients,
    EarlyStopping,
    HistoryFile,
    LRSchedule,
    ProgressBar,
    TensorBoard,
)
from tinygrad_cnn.train.checkpoint import CheckpointError, CheckpointFolder, load_checkpoint, save_checkpoint
from tinygrad_cnn.train.history import History
from tinygrad_cnn.train.metrics import Accuracy, ConfusionMatrix, Metric, accuracy
from tinygrad_cnn.train.trainer import Trainer

__all__ = [
    "Accuracy",
    "Callback",
    "CheckpointError",
    "CheckpointFolder",
    "Checkpoints",
    "ClipGradients",
    "ConfusionMatrix",
    "EarlyStopping",
    "History",
    "HistoryFile",
    "LRSchedule",
    "Metric",
    "ProgressBar",
    "TensorBoard",
    "Trainer",
    "accuracy",
    "load_checkpoint",
    "save_checkpoint",
]
