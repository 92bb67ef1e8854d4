"""Checkpoints: the state of a training run, in files that are never half-written."""

from tinygrad_cnn.train.checkpoint.files import (
    CheckpointError,
    State,
    check_keys,
    load_checkpoint,
    load_versions,
    save_checkpoint,
)
from tinygrad_cnn.train.checkpoint.folder import CheckpointFolder

__all__ = [
    "CheckpointError", "CheckpointFolder", "State", "check_keys", "load_checkpoint", "load_versions", "save_checkpoint",
]  # fmt: skip
