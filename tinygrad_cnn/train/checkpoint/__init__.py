"""Checkpoints: the whole state of a training run in files that are whole or not there."""

from tinygrad_cnn.train.checkpoint.files import CheckpointError, load_checkpoint, load_versions, save_checkpoint
from tinygrad_cnn.train.checkpoint.folder import CheckpointFolder

__all__ = ["CheckpointError", "CheckpointFolder", "load_checkpoint", "load_versions", "save_checkpoint"]
