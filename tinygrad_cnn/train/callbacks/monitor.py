"""Which measured name is watched, and which way it gets better: one rule for all that watch one."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tinygrad_cnn._checks import nearest

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
"""Words that turn the meaning of another one: "neg_mean_squared_error" is better if it is higher."""


def known_mode(monitor: str) -> str | None:
    """Return "min" or "max" if the words of a name say whether lower or higher is better; the last such word counts.

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


def mode_of(owner: str, monitor: str, mode: str | None) -> str:
    """Return `mode`, or what the name says if it is None.

    Raises:
        ValueError: another mode; or none, and the name does not say.
    """
    if mode not in (None, "min", "max"):
        raise ValueError(f"{owner}: expected mode as 'min' or 'max', got {mode!r}")
    found = mode or known_mode(monitor)
    if found is None:
        raise ValueError(
            f"{owner}: expected mode='min' or mode='max', for the name {monitor!r} does not say which is better"
        )
    return found


def value_of(owner: str, monitor: str, row: Mapping[str, float]) -> float:
    """Return what an epoch measured under the name `monitor`.

    Raises:
        ValueError: it measured nothing of that name; lists what it did, and the nearest.
    """
    if monitor not in row:
        raise ValueError(f"{owner}: expected monitor among {', '.join(row)}, got {monitor!r}{nearest(monitor, row)}")
    return float(row[monitor])


def loss_beside(monitor: str, row: Mapping[str, float]) -> float:
    """Return the loss of the set that a score such as "validation_accuracy" is of; NaN if it is no known score."""
    beside = [name for name in row if name.endswith("loss") and monitor.startswith(name.removesuffix("loss"))]
    if known_mode(monitor) != "max" or not beside:
        return float("nan")
    return float(row[max(beside, key=len)])
