"""The table: every operation a script may use, the samples PyTorch keeps for it, and where ours is found."""

from __future__ import annotations

import importlib
import operator
from collections.abc import Callable
from typing import Any

TABLE: dict[str, str] = {
    "arithmetic": """
        add sub mul div.no_rounding_mode div.trunc_rounding div.floor_rounding floor_divide remainder pow
        __radd__ __rsub__ __rmul__ __rdiv__ __rpow__ __rmod__ __rmatmul__
        eq ne lt le gt ge bitwise_and bitwise_or bitwise_xor bitwise_not
        abs neg sign square sqrt rsqrt reciprocal exp log sin cos erf clamp maximum minimum where
        fmod floor ceil trunc round round.decimals_0 round.decimals_3 round.decimals_neg_3 log1p log2 log10 expm1
        tan asin acos atan atan2 sinh cosh asinh acosh atanh isclose allclose equal
    """,
    "reductions": """
        sum mean prod var var.unbiased std std.unbiased norm norm.fro norm.inf norm.nuc logsumexp amax amin
        max.reduction_no_dim max.reduction_with_dim max.binary min.reduction_no_dim min.reduction_with_dim min.binary
        argmax argmin cumsum cumprod all any median mode
    """,
    "shapes": """
        reshape reshape_as view view_as flatten transpose permute t T squeeze squeeze.multiple unsqueeze
        expand expand_as broadcast_to cat stack split split.list_args chunk flip roll repeat tril triu clone contiguous
        zero_ movedim ravel unbind unfold narrow select repeat_interleave
        meshgrid.variadic_tensors meshgrid.list_of_tensors
    """,
    "order": "sort argsort topk unique bincount nonzero",
    "indexing": "__getitem__ index_put gather scatter scatter_add index_add index_select masked_fill",
    "matrices": "matmul mm bmm mv dot outer einsum addmm addmm.decomposed nn.functional.linear",
    "convolution": """
        nn.functional.conv1d nn.functional.conv2d nn.functional.conv_transpose2d nn.functional.unfold nn.functional.fold
        nn.functional.max_pool1d nn.functional.max_pool2d nn.functional.avg_pool1d nn.functional.avg_pool2d
        nn.functional.adaptive_avg_pool2d nn.functional.adaptive_max_pool2d
        nn.functional.pad.constant nn.functional.pad.reflect nn.functional.pad.replicate
        nn.functional.pad.replicate_negative nn.functional.interpolate.nearest
        nn.functional.pad.circular nn.functional.interpolate.linear nn.functional.interpolate.bilinear
        nn.functional.pixel_shuffle nn.functional.pixel_unshuffle
    """,
    "normalisation": """
        nn.functional.batch_norm nn.functional.layer_norm nn.functional.group_norm nn.functional.normalize
        nn.functional.instance_norm nn.functional.local_response_norm
    """,
    "activations": """
        nn.functional.relu nn.functional.relu6 nn.functional.leaky_relu nn.functional.elu nn.functional.gelu
        nn.functional.silu nn.functional.softplus nn.functional.hardtanh sigmoid nn.functional.logsigmoid tanh
        softmax softmax.with_dtype log_softmax log_softmax.with_dtype
        nn.functional.selu nn.functional.mish nn.functional.hardsigmoid nn.functional.hardswish nn.functional.prelu
    """,
    "losses": """
        nn.functional.cross_entropy nn.functional.nll_loss nn.functional.mse_loss nn.functional.l1_loss
        nn.functional.smooth_l1_loss nn.functional.huber_loss nn.functional.binary_cross_entropy
        nn.functional.binary_cross_entropy_with_logits nn.functional.one_hot nn.functional.embedding
        nn.functional.kl_div
    """,
    "creation": """
        tensor as_tensor zeros ones full eye arange linspace zeros_like ones_like full_like new_zeros new_ones new_full
    """,
    "random": """
        normal normal.number_mean bernoulli multinomial new_empty
        empty empty_like rand randn randint randperm rand_like randn_like randint_like
        nn.functional.dropout nn.functional.dropout2d
    """,
}
"""OpInfo names (``name`` or ``name.variant``) by family. The values of the last family are not reproducible."""

IN_PLACE = """
    add sub mul div.no_rounding_mode pow clamp neg abs exp log sqrt sigmoid tanh masked_fill
    scatter scatter_add index_add
"""
"""Those of which there is a method that changes its tensor: ``add_`` and so on."""

ASSIGNMENTS = {
    "add": operator.iadd,
    "sub": operator.isub,
    "mul": operator.imul,
    "div.no_rounding_mode": operator.itruediv,
}
"""Those of which there is an operator that changes its tensor."""

ALSO: dict[str, str] = {
    "nn.functional.relu": "relu Tensor.relu",
    "nn.functional.conv1d": "conv1d",
    "nn.functional.conv2d": "conv2d",
    "nn.functional.conv_transpose2d": "conv_transpose2d",
    "nn.functional.avg_pool1d": "avg_pool1d",
    "sigmoid": "nn.functional.sigmoid",
    "tanh": "nn.functional.tanh",
    "softmax": "nn.functional.softmax",
    "log_softmax": "nn.functional.log_softmax",
}
"""Further places where PyTorch keeps the same function under the same signature."""

METHODS_ONLY = {
    *("T", "contiguous", "expand", "expand_as", "repeat", "reshape_as", "unfold", "view", "view_as"),
    *("new_empty", "new_full", "new_ones", "new_zeros"),
}
"""What PyTorch has as a method but not as a function (`expand` and `T` are functions nowhere)."""


def _setitem(find: Callable[[str], Any]) -> Callable[..., Any]:
    clone = find("Tensor.clone")

    def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
        assert not accumulate
        result = clone(input)
        result[tuple(indices)] = values
        return result

    return index_put


ADAPTERS: dict[str, dict[str, Callable[[Callable[[str], Any]], Callable[..., Any]]]] = {
    "where": {
        "where": lambda find: lambda x, condition, other: find("where")(condition, x, other),
        "Tensor.where": lambda find: lambda x, condition, other: find("Tensor.where")(x, condition, other),
    },
    "einsum": {"einsum": lambda find: lambda operands, equation: find("einsum")(equation, *operands)},
    "__rdiv__": {"Tensor.__rtruediv__": lambda find: find("Tensor.__rtruediv__")},
    "T": {"Tensor.T": lambda find: find("Tensor.T").fget},
    "zero_": {"Tensor.zero_": lambda find: lambda x: find("Tensor.zero_")(x.clone())},
    "index_put": {"Tensor.__setitem__": _setitem},
    "nn.functional.embedding": {
        "nn.functional.embedding": lambda find: lambda w, index, **how: find("nn.functional.embedding")(index, w, **how)
    },
}
"""Operations whose samples come in an order of arguments that no public function takes: place -> call."""


class MissingError(LookupError):
    """There is no such function or method here."""


def find(place: str) -> Any:
    """Return what lies at `place` (``abs``, ``nn.functional.relu`` or ``Tensor.abs``) at this moment."""
    thing: Any = importlib.import_module("tinygrad_cnn")
    for part in place.split("."):
        thing = getattr(thing, part, None)
    if thing is None:
        raise MissingError(f"tinygrad_cnn.{place} does not exist")
    return thing


def names() -> list[str]:
    """Return every OpInfo name of the table."""
    return [name for text in TABLE.values() for name in text.split()]


def forms(name: str, info: Any) -> dict[str, Callable[[], Callable[..., Any]]]:
    """Return the places at which PyTorch offers the operation -> how to get ours, the function before the method."""
    if name in ADAPTERS:
        return {place: (lambda make=make: make(find)) for place, make in ADAPTERS[name].items()}
    base = info.name
    places = [] if base in METHODS_ONLY or base.startswith("__") else [base]
    places += ALSO.get(name, "").split()
    if info.method_variant is not None and "." not in base:
        places.append(f"Tensor.{base}")
    found: dict[str, Callable[[], Callable[..., Any]]] = {
        place: (lambda place=place: find(place)) for place in places
    }  # fmt: skip
    if info.operator_variant is not None and info.operator_variant is not operator.inv:
        found[f"operator.{info.operator_variant.__name__}"] = lambda: info.operator_variant
    return found


def changing_forms(name: str, info: Any) -> dict[str, Callable[[], Callable[..., Any]]]:
    """Return the method and, where there is one, the operator that change their tensor -> how to get ours."""
    place = f"Tensor.{info.name}_"
    found: dict[str, Callable[[], Callable[..., Any]]] = {place: lambda: find(place)}
    if name in ASSIGNMENTS:
        found[f"operator.{ASSIGNMENTS[name].__name__}"] = lambda: ASSIGNMENTS[name]
    return found


def select(wanted: list[str]) -> list[str]:
    """Return the names that match `wanted`: exact, without variant or ``nn.functional.``, a family; all for none."""
    chosen: list[str] = [] if wanted else names()
    for want in wanted:
        matches = TABLE[want].split() if want in TABLE else [one for one in names() if want in _spellings(one)]
        if not matches:
            raise SystemExit(f"{want!r} is not in the table of names.py; families: {', '.join(TABLE)}")
        chosen += [one for one in matches if one not in chosen]
    return chosen


def _spellings(name: str) -> set[str]:
    short = name.removeprefix("nn.functional.")
    return {name, short, short.split(".")[0]}
