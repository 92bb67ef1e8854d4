"""What of PyTorch's samples is not offered here, each with the reason. A rule that no sample meets is an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from op_db.convert import leaves


class Rule(NamedTuple):
    """A part of PyTorch's samples that is declined.

    Attributes:
        reason: shown in the table.
        ops: the names it applies to, space-separated; empty for all of them.
        kinds: the kinds of comparison it applies to, space-separated; empty for all of them.
        when: tells whether it applies to a sample.
    """

    reason: str
    ops: str
    kinds: str
    when: Callable[[Any], bool]


def _keyword(name: str) -> Callable[[Any], bool]:
    return lambda sample: name in sample.kwargs and sample.kwargs[name] is not None and sample.kwargs[name] is not False


def _tensors(sample: Any) -> list[torch.Tensor]:
    return leaves(tuple(sample))


def _only_numbers(sample: Any) -> bool:
    return len(sample.args) == 2 and all(isinstance(arg, int | float) for arg in sample.args)


def _one_number(sample: Any) -> bool:
    return len(sample.args) == 2 and len(_tensors(sample)) == 1


def _nan(sample: Any) -> bool:
    return any(bool(x.isnan().any()) for x in _tensors(sample))


def _negative_as_uint8(sample: Any) -> bool:
    numbers = [one for one in (*sample.args, sample.kwargs.get("alpha")) if isinstance(one, int | float)]
    dtypes = [sample.kwargs.get("dtype"), *(x.dtype for x in _tensors(sample))]
    return torch.uint8 in dtypes and any(number < 0 for number in numbers)


def _ties(sample: Any) -> bool:
    x = sample.args[0]
    return x.unique().numel() < x.numel() and not sample.kwargs.get("stable")


def _whole_numbers(sample: Any) -> bool:
    return not sample.args[0].dtype.is_floating_point


_ARITHMETIC = (
    "add sub mul div.no_rounding_mode div.trunc_rounding div.floor_rounding floor_divide remainder fmod atan2 pow"
)
_BITWISE = "bitwise_and bitwise_or bitwise_xor"
_COMPARISONS = "eq ne lt le gt ge maximum minimum max.binary min.binary"
_ORDERED = "sort argsort topk mode"


def _sloping(sample: Any) -> bool:
    """Return whether an element lies on the slope of a hard sigmoid, or is NaN."""
    return any(bool((~(x.abs() >= 3)).any()) for x in _tensors(sample))


_VECTORISED = "nn.functional.relu6 nn.functional.hardtanh nn.functional.elu nn.functional.selu"
_BLENDS = "nn.functional.interpolate.linear nn.functional.interpolate.bilinear"
_MEANS = "nn.functional.avg_pool1d nn.functional.avg_pool2d nn.functional.local_response_norm"

RULES = [
    Rule(
        "`out=` may be of another dtype and share memory: the result is computed, then converted and written",
        "cat gather index_select bernoulli multinomial",
        "errors",
        _keyword("out"),
    ),
    Rule("a new tensor is not written into another: there is no `out=`", "arange", "errors", _keyword("out")),
    Rule("which of equal elements an index names is left open there", _ORDERED, "dtypes", _ties),
    Rule(
        "NumPy's arrays have at most 64 axes", "", "errors", lambda sample: any(x.ndim > 64 for x in _tensors(sample))
    ),
    Rule("a nuclear norm needs singular values", "norm.nuc", "", lambda _: True),
    Rule("`t[i] = v` writes; adding where indices repeat is `scatter_add`", "index_put", "", _keyword("accumulate")),
    Rule(
        "there is no `max_norm=`: a lookup does not change the table",
        "nn.functional.embedding",
        "",
        _keyword("max_norm"),
    ),
    Rule("there are no sparse gradients", "nn.functional.embedding", "", _keyword("sparse")),
    Rule("there is no `scale_grad_by_freq=`", "nn.functional.embedding", "", _keyword("scale_grad_by_freq")),
    Rule("the gradient at NaN differs there between a vector and its remainder", _VECTORISED, "gradients", _nan),
    Rule(
        "a negative number does not fit into uint8; there it wraps around",
        "add sub full full_like index_add",
        "dtypes",
        _negative_as_uint8,
    ),
    Rule(
        "an input has at least the axes (N, C)", "nn.functional.batch_norm", "", lambda sample: sample.args[0].ndim < 2
    ),
    Rule("an average of integers is refused: it would not be an integer", _MEANS, "dtypes", _whole_numbers),
    Rule("there is no `antialias=`", "nn.functional.interpolate.bilinear", "", _keyword("antialias")),
    Rule("blends of integers are refused: they are no integers", _BLENDS, "dtypes", _whole_numbers),
    Rule("the slope there is a sixth in float32, and 0 at NaN", "nn.functional.hardsigmoid", "gradients", _sloping),
    Rule("columns are of a floating-point dtype", "nn.functional.unfold", "dtypes", _whole_numbers),
    Rule(
        "two plain numbers give a number: operations work without tensors",
        f"{_ARITHMETIC} {_BITWISE} {_COMPARISONS}",
        "",
        _only_numbers,
    ),
    Rule("a number may stand on either side of a tensor", f"{_COMPARISONS} fmod atan2", "errors", _one_number),
]


def reason(name: str, kind: str, sample: Any, rules: list[Rule] = RULES) -> str | None:
    """Return why a sample is declined, or None."""
    for rule in rules:
        applies = (not rule.ops or name in rule.ops.split()) and (not rule.kinds or kind in rule.kinds.split())
        if applies and rule.when(sample):
            return rule.reason
    return None


SIBLINGS: dict[tuple[str, type[Exception], type[Exception]], str] = {
    ("tensor", RuntimeError, TypeError): "what is not a number is of the wrong type",
}
"""(operation, PyTorch's error, ours) -> why ours is of another kind."""


def sibling(name: str, expected: type[Exception], found: Exception) -> bool:
    """Tell whether `found` is an accepted kind where PyTorch raises `expected`."""
    return (name, expected, type(found)) in SIBLINGS
