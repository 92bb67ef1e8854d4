"""Monitoring a measured value: whether lower or higher is better, and `Best`, its best value so far."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from tinygrad_cnn._checks import nearest
from tinygrad_cnn.train.checkpoint import State, check_keys
from tinygrad_cnn.train.history import History

_BETTER = {
    **dict.fromkeys(
        ("loss", "losses", "error", "errors", "err", "cost", "perplexity", "ppl", "mse", "rmse", "mae", "mape", "nll",
         "bce", "wer", "cer", "divergence", "distance"), "min",
    ),
    **dict.fromkeys(
        ("accuracy", "accuracies", "acc", "precision", "recall", "sensitivity", "specificity", "f1", "f2", "fbeta",
         "score", "auc", "auroc", "auprc", "ap", "map", "iou", "miou", "dice", "jaccard", "kappa", "mcc", "r2", "psnr",
         "ssim", "bleu", "correct", "likelihood", "similarity", "top1", "top2", "top3", "top5", "top10"), "max",
    ),
}  # fmt: skip
_TURNED = ("neg", "negative", "negated", "minus", "inverse", "non", "no", "not")
"""Words that reverse the meaning of another word: "neg_mean_squared_error" is better if it is higher."""


def known_mode(monitor: str) -> str | None:
    """Return "min" or "max" if a word in the name says whether lower or higher is better; the last such word decides.

    Example:
        >>> known_mode("validation_loss"), known_mode("valAcc"), known_mode("top5_error"), known_mode("margin")
        ('min', 'max', 'min', None)
    """
    words = []
    for part in re.findall(r"[A-Za-z]+\d*", monitor):
        pieces = [part] if part.lower() in _BETTER else re.findall(r"[A-Z]*[a-z]+\d*|[A-Z]+\d*", part)
        words += [piece.lower() for piece in pieces]
    found = [_BETTER[word] for word in words if word in _BETTER]
    return found[-1] if found and not set(words) & set(_TURNED) else None


def value_of(owner: str, monitor: str, row: Mapping[str, float]) -> float:
    """Return the value of `monitor` in the row of an epoch.

    Raises:
        ValueError: the row has no such name; the message lists the names in it, and the most similar one.
    """
    if monitor not in row:
        raise ValueError(f"{owner}: expected monitor among {', '.join(row)}, got {monitor!r}{nearest(monitor, row)}")
    return float(row[monitor])


def loss_beside(monitor: str, row: Mapping[str, float]) -> float:
    """Return the loss of the same set as a score such as "validation_accuracy"; NaN for other names."""
    beside = [name for name in row if name.endswith("loss") and monitor.startswith(name.removesuffix("loss"))]
    if known_mode(monitor) != "max" or not beside:
        return float("nan")
    return float(row[max(beside, key=len)])


class Best:
    """The best value so far of a measured name.

    Of equal scores, the one with the lower loss on the same set is better: an accuracy changes in steps of one sample,
    and may stay the same while the network improves. With a `min_delta` above 0, an equal score is no improvement.

    Args:
        owner: the callback, for error messages.
        monitor: a name in the rows of the history.
        mode: "min" if lower is better, "max" if higher is; None if the name implies it.
        min_delta: the least improvement that counts.

    Attributes:
        value, epoch: the best value and its epoch; None and 0 before the first.

    Raises:
        ValueError: `mode` is unknown, or None and the name does not imply one; or `min_delta` is negative.
    """

    def __init__(self, owner: str, monitor: str, mode: str | None, min_delta: float = 0.0) -> None:
        if not min_delta >= 0:
            raise ValueError(f"{owner}: expected min_delta of at least 0, got {min_delta}")
        self.owner = owner
        self.monitor = monitor
        if mode not in (None, "min", "max"):
            raise ValueError(f"{owner}: expected mode as 'min' or 'max', got {mode!r}")
        known = mode or known_mode(monitor)
        if known is None:
            raise ValueError(
                f"{owner}: expected mode='min' or mode='max', for the name {monitor!r} does not say which is better"
            )
        self.mode = known
        self.min_delta = min_delta
        self.value: float | None = None
        self.epoch = 0
        self._loss = math.nan

    def improved(self, history: History) -> bool:
        """Return whether the last epoch is the best so far, and store it if it is; a NaN never is.

        Raises:
            ValueError: the epoch did not measure `monitor`; the message lists the names that it measured.
        """
        row = history.rows[-1]
        value = value_of(self.owner, self.monitor, row)
        loss = loss_beside(self.monitor, row)
        if math.isnan(value) or not self._better(value, loss):
            return False
        self.value, self.epoch, self._loss = value, int(row["epoch"]), loss
        return True

    def _better(self, value: float, loss: float) -> bool:
        if self.value is None:
            return True
        if value == self.value and not self.min_delta:
            return loss < self._loss
        return (value - self.value if self.mode == "max" else self.value - value) > self.min_delta

    def state_dict(self) -> State:
        """Return the best value, its epoch and the loss of that epoch."""
        best = {"value": self.value, "epoch": self.epoch, "loss": self._loss}
        return {"monitor": self.monitor, "mode": self.mode, **best}

    def load_state_dict(self, state_dict: State) -> None:
        """Load the best value and its epoch.

        Raises:
            ValueError: the state is of another name or mode.
        """
        check_keys(self.owner, state_dict, self.state_dict())
        if (state_dict["monitor"], state_dict["mode"]) != (self.monitor, self.mode):
            raise ValueError(
                f"{self.owner}: expected a state for {self.monitor!r} ({self.mode}), got {state_dict['monitor']!r} "
                f"({state_dict['mode']})"
            )
        value = state_dict["value"]
        self.value = None if value is None else float(value)
        self.epoch, self._loss = int(state_dict["epoch"]), float(state_dict["loss"])


def note_restored(error: BaseException | None, epoch: int, monitor: str) -> None:
    """Add a note to the error that ended a run: which weights the model now has."""
    if error is not None:
        error.add_note(f"the weights are those of epoch {epoch}, the best by {monitor}")
