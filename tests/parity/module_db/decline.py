"""What of PyTorch's module samples is not offered here, each with the reason. A rule that nothing meets is an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from op_db.decline import Rule

LOSSES = "CrossEntropyLoss NLLLoss MSELoss L1Loss SmoothL1Loss BCELoss BCEWithLogitsLoss"


def _made_with(name: str, value: object) -> Callable[[Any], bool]:
    return lambda sample: sample.made.kwargs.get(name) == value


RULES: list[Rule] = [
    Rule(
        "there is no circular padding",
        "Conv1d Conv2d",
        "repr state train eval gradients float32",
        _made_with("padding_mode", "circular"),
    ),
    Rule("resizing is by nearest neighbour", "Upsample", "", _made_with("mode", "bilinear")),
]

ARGUMENTS: dict[tuple[str, str], str] = {
    (LOSSES, "size_average"): "superseded there by `reduction=`",
    (LOSSES, "reduce"): "superseded there by `reduction=`",
    ("Hardtanh", "min_value"): "superseded there by `min_val=`",
    ("Hardtanh", "max_value"): "superseded there by `max_val=`",
    ("Embedding", "max_norm"): "a lookup does not change the table",
    ("Embedding", "norm_type"): "a lookup does not change the table",
    ("Embedding", "scale_grad_by_freq"): "the gradient of a row is the sum over its lookups",
    ("Embedding", "sparse"): "there are no sparse gradients",
}
"""(modules, an argument PyTorch's constructor takes) -> why ours does not."""


def declined_arguments(name: str) -> dict[str, str]:
    """Return the arguments of PyTorch's constructor that ours does not take -> why."""
    return {argument: why for (modules, argument), why in ARGUMENTS.items() if name in modules.split()}
