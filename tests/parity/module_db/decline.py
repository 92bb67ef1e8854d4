"""What of PyTorch's module samples is not offered here, each with the reason. A rule that nothing meets is an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from op_db.decline import Rule


def _made_with(name: str, value: object) -> Callable[[Any], bool]:
    return lambda sample: sample.made.kwargs.get(name) == value


RULES: list[Rule] = []

ARGUMENTS: dict[tuple[str, str], str] = {
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
