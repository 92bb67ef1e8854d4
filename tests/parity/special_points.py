"""The table of special points: where operations have kinks, ties, zeros, ends, or divide by what may be 0.

A row runs under both frameworks, as ``call(torch, *inputs)``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

INF = float("inf")


@dataclass(frozen=True)
class Point:
    """One expression at special values.

    Attributes:
        name: of the row.
        call: takes a framework and its tensors.
        inputs: float64 arrays, with respect to which it is differentiated.
        smooth: whether it is twice differentiable there, so that differences measure the second order.
        first_only: why the second order is not compared, if it is not.
    """

    name: str
    call: Callable[..., Any]
    inputs: tuple[np.ndarray, ...]
    smooth: bool = False
    first_only: str = ""

    def __str__(self):
        return self.name.replace(" ", "_")


POINTS: list[Point] = []

_MOVES = """
    broadcast_to cast cat clone flip getitem permute repeat reshape roll stack tril triu view_put setitem pad
    pad_input interpolate interpolate_input unfold fold index_add_zeros embedding embedding_weight gather scatter
    scatter_add scatter_add_zeros sum_to avg_pool1d avg_pool2d_input adaptive_avg_pool2d adaptive_avg_pool2d_input
    dropout
"""
_PRODUCTS = "conv1d conv2d_input conv2d_weight conv_transpose2d linear mv outer dot addmm"

NO_SPECIAL_POINTS = {
    "scatter_multiply": "no gradient is defined through it, as in PyTorch",
    "max_pool2d_gather": "part of the second order of max_pool2d, which has rows",
    **dict.fromkeys(_MOVES.split(), "moves, scales or adds up elements: linear, the same at every point"),
    **dict.fromkeys(_PRODUCTS.split(), "a product like those of conv2d and matmul, which have rows"),
    **dict.fromkeys(["sin", "cos", "square", "exp"], "smooth everywhere; PyTorch's samples hold their ends"),
}
"""operation -> why it needs no row."""


def row(name, call, *inputs, **options):
    POINTS.append(Point(name, call, tuple(np.asarray(value, np.float64) for value in inputs), **options))


def of_torch(name, *args, **kwargs):
    return lambda torch, *xs: getattr(torch, name)(*xs, *args, **kwargs)


def functional(name, *args, **kwargs):
    return lambda torch, *xs: getattr(torch.nn.functional, name)(*xs, *args, **kwargs)


ROWS = [[0.0, 3, 4], [0, 0, 0], [1, -1, 2], [0, 0, 2]]
EQUAL = [[1.0, 1, 1], [0, 0, 0], [1, 1, 0]]
SIGNS = [0.0, 1, -1, 2, -2]

# --- norms and spreads
for p in (0, 0.5, 1, 1.5, 2, 2.5, 3, 4, -1, INF, -INF):
    for dim in (None, 1, (0, 1)):
        row(f"norm {p} along {dim}", lambda torch, x, p=p, d=dim: torch.norm(x, p, d), ROWS)
    row(f"norm {p} of one row with a zero", lambda torch, x, p=p: torch.norm(x, p), [0.0, 3, 4], smooth=p in (2, 3, 4))
    row(f"norm {p} of zeros", lambda torch, x, p=p: torch.norm(x, p), [0.0, 0, 0])
    row(f"norm {p} at ties", lambda torch, x, p=p: torch.norm(x, p, 1), [[1.0, 1, -1], [2, -2, 0]])
    row(f"normalize {p}", lambda torch, x, p=p: torch.nn.functional.normalize(x, p, 1), ROWS)
row("normalize with a zero", functional("normalize", dim=0), [0.0, 3, 4], smooth=True)
for name in ("var", "std"):
    for correction in (0, 1):
        row(f"{name} of equal elements, correction {correction}", of_torch(name, 1, correction=correction), EQUAL)
row("distance 0", lambda torch, x, y: ((x - y) ** 2).sum().sqrt(), [1.0, 2], [1.0, 2])

# --- element by element
for name in ["sqrt", "rsqrt", "log", "abs", "neg", "sign", "reciprocal", "tanh", "sigmoid", "erf"]:
    row(f"{name} at 0 and ±1", of_torch(name), [0.0, -0.0, 1, -1])
for name in ["tanh", "sigmoid"]:
    row(f"{name} at the ends", of_torch(name), [1e3, -1e3, INF, -INF])
for name in ["asin", "acos", "atanh", "asinh", "atan", "sinh", "cosh", "tan", "expm1"]:
    row(f"{name} at 0", of_torch(name), [0.0, -0.0], smooth=True)
for name in ["asin", "acos", "atanh"]:
    row(f"{name} at the ends of its domain", of_torch(name), [1.0, -1, 1.5, -1.5])
row("acosh at the end of its domain", of_torch("acosh"), [1.0, 0.5, 0, -2, INF])
for name in ["asinh", "atan", "sinh", "cosh", "expm1"]:
    row(f"{name} at the ends", of_torch(name), [1e3, -1e3, INF, -INF])
for name in ["log2", "log10"]:
    row(f"{name} at 0 and 1", of_torch(name), [0.0, -0.0, 1, INF])
row("log1p at -1 and 0", of_torch("log1p"), [-1.0, 0, -0.0, INF])
for name in ["ceil", "floor", "round", "trunc"]:
    row(f"{name} at its steps", of_torch(name), [0.0, -0.0, 1, -1, 0.5, 1.5, -0.5, -2.5])
for name in ["relu", "relu6", "leaky_relu", "elu", "silu", "gelu", "softplus", "hardtanh", "logsigmoid"]:
    row(f"{name} at its kinks", functional(name), [0.0, -0.0, 1, -1, 6, 21, -21])
    row(f"{name} at the ends", functional(name), [INF, -INF, 1e300, -1e300])
row(
    "prelu at its kink", functional("prelu"), [[0.0, -0.0, 1, -1], [0, 0, 2, -2]], [0.25, 0, 3, -0.5],
    first_only="PyTorch's slope at 0 is the weight, and the derivative of that slope 1, as it is above 0",
)  # fmt: skip
row("prelu beside its kink", functional("prelu"), [[1.0, -1], [2, -2]], [0.25, 3], smooth=True)
row("elu with alpha", functional("elu", 0.7), [0.0, -0.0, 1, -1])
row("leaky_relu with a slope", functional("leaky_relu", 0.3), [0.0, -0.0, 1, -1])
row("hardtanh on its limits", functional("hardtanh", -2, 3), [-2.0, 3, 0, -2.5, 3.5])
row("softplus beside its threshold", functional("softplus", 2.0, 4.0), [2.1, 1.9, 0, -2])
row("gelu by tanh", functional("gelu", approximate="tanh"), [0.0, 1, -1, 100, -100], smooth=True)
for exponent in (0, 0.5, 1, 1.5, 2, 2.5, 3, -1, -2):
    row(f"pow to the number {exponent}", lambda _, x, e=exponent: x**e, [0.0, 1, 2])
    row(f"pow to the number {exponent} below 0", lambda _, x, e=exponent: x**e, [-1.0, -2])
    row(f"pow to {exponent}", lambda _, x, y: x**y, [0.0, 1, 2], [exponent] * 3)
    row(f"pow to {exponent} below 0", lambda _, x, y: x**y, [-1.0, -2, -3], [exponent] * 3)
    row(f"0 to the power {exponent}", lambda _, y: 0.0**y, [exponent])
row("mul by 0", lambda _, x, y: x * y, [0.0, 1, 0], [1.0, 0, 0], smooth=True)
row("div by 0", lambda _, x, y: x / y, [0.0, 1, 0, -1], [1.0, 0, 0, 0])
row("div of 0", lambda _, x, y: x / y, [0.0, 0], [1.0, -2], smooth=True)
row("add and sub", lambda _, x, y: x + (y - x * y), [0.0, 0], [0.0, 1], smooth=True)
for mode in ("trunc", "floor"):
    row(f"div rounded by {mode}", of_torch("div", rounding_mode=mode), [0.0, 1, 4, -4], [1.0, 2, 2, 2])
row("atan2 on the axes", of_torch("atan2"), [0.0, -0.0, 1, -1, 0, -0.0], [1.0, 1, 0, 0, -1, -1])
row("atan2 at the origin", of_torch("atan2"), [0.0], [0.0])
row("fmod at multiples", of_torch("fmod"), [0.0, 4, 5, -4, -5], [2.0, 2, 3, 2, -3])
row("remainder at multiples", lambda _, x, y: x % y, [0.0, 4, 5, -4], [2.0, 2, 3, 2])

# --- choices
for name in ("maximum", "minimum"):
    row(f"{name} at ties", of_torch(name), [0.0, -0.0, 1, 2], [-0.0, 0, 1, 3])
for name in ("amax", "amin", "max", "min"):
    row(f"{name} at ties", of_torch(name), [[1.0, 1, 0], [0, 1, 1]])
for name in ("amax", "amin"):
    row(f"{name} of equal rows", of_torch(name, 1), EQUAL)
for name in ("max", "min"):
    row(f"{name} of equal rows", lambda torch, x, n=name: getattr(torch, n)(x, 1)[0], EQUAL)
row("median at ties", of_torch("median"), [[1.0, 1, 0], [0, 1, 1]])
row("median of equal rows", lambda torch, x: torch.median(x, 1)[0], EQUAL)
row("clamp on its limits", of_torch("clamp", -1, 1), [-1.0, 1, 0, 2, -2])
row(
    "clamp between tensors", of_torch("clamp"),
    [-1.0, 1, 0, 2, -2, 1, 5], [-1.0, -1, 0, 0, 0, 2, 3], [1.0, 1, 0, 0, 1, 1, 3],
)  # fmt: skip
row("clamp from below", lambda torch, x, low: torch.clamp(x, min=low), [-1.0, 1, 0], [-1.0, 2, -1])
row("clamp from above", lambda torch, x, high: torch.clamp(x, max=high), [-1.0, 1, 0], [-1.0, 2, -1])
row("where beside ∞", lambda torch, x, y: torch.where(x > 0, x, y), [0.0, 1, -1], [0.0, 0, INF])
row("masked_fill", lambda _, x: x.masked_fill(x == 0, 2.0), [0.0, 1, -1])

# --- reductions
for factors in ([0.0, 2, 3], [0.0, 0, 3], [0.0, 0, 0], [0.0]):
    row(f"prod of {factors}", of_torch("prod"), factors, smooth=True)
    row(f"prod of {factors} along dim", of_torch("prod", 0), factors, smooth=True)
row("sum, mean and cumsum", lambda torch, x: x.sum(0) * x.mean(0) + torch.cumsum(x, 0)[1], EQUAL, smooth=True)
for name in ("softmax", "log_softmax"):
    row(f"{name} of equal rows", functional(name, dim=1), EQUAL, smooth=True)
    row(f"{name} far apart", functional(name, dim=1), [[1e3, 0, -1e3]])
    row(f"{name} with infinities", functional(name, dim=1), [[1, -INF, 1], [-INF, -INF, -INF], [INF, 0, 1]])
row("logsumexp of equal rows", of_torch("logsumexp", 1), EQUAL, smooth=True)
row("logsumexp with infinities", of_torch("logsumexp", 1), [[1, -INF, 1], [-INF] * 3, [INF, 0, 1], [INF, INF, 1]])

# --- windows, normalisation, products
ZEROS = np.zeros((2, 2, 4, 4))
TIES = np.round(np.random.default_rng(1).standard_normal((2, 2, 4, 4)))
W, B = [1.0, -2], [0.5, 0]
for label, x in (("zeros", ZEROS), ("ties", TIES)):
    row(f"max_pool2d of {label}", functional("max_pool2d", 2, 1), x)
    row(f"max_pool2d of {label} with padding", functional("max_pool2d", 3, 2, 1), x)
    row(f"max_pool1d of {label}", functional("max_pool1d", 2, 1), x[0])
    row(f"adaptive_max_pool2d of {label}", functional("adaptive_max_pool2d", 3), x)
    row(f"avg_pool2d of {label}", functional("avg_pool2d", 2, 1, 1), x, smooth=True)
    row(f"conv2d of {label} by zeros", functional("conv2d"), x, np.zeros((2, 2, 3, 3)), smooth=True)
    row(
        f"batch_norm of {label}",
        lambda torch, x, w, b: torch.nn.functional.batch_norm(x, None, None, w, b, True), x, W, B,
    )  # fmt: skip
    row(f"group_norm of {label}", lambda torch, x, w, b: torch.nn.functional.group_norm(x, 2, w, b), x, W, B)
    row(f"layer_norm of {label}", lambda torch, x: torch.nn.functional.layer_norm(x, (4,)), x)
row("matmul of zeros", of_torch("matmul"), np.zeros((2, 3)), np.zeros((3, 2)), smooth=True)
row("einsum of zeros", lambda torch, x, y: torch.einsum("ij,jk->ik", x, y), np.zeros((2, 3)), np.zeros((3, 2)))


# --- losses
def certain(**options):
    def call(torch, x):
        target = torch.tensor([0, 1, 1, 0], dtype=torch.float64)
        return torch.nn.functional.binary_cross_entropy(x, target, **options)

    return call


for reduction in ("none", "mean", "sum"):
    for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"):
        row(f"{name} at its kinks, {reduction}", functional(name, reduction=reduction), [0.0, 1, -1, 2], [0.0] * 4)
    row(f"binary_cross_entropy, {reduction}", certain(reduction=reduction), [0.5, 0.25, 0.5, 0.75], smooth=True)
    row(
        f"binary_cross_entropy_with_logits at the ends, {reduction}",
        functional("binary_cross_entropy_with_logits", reduction=reduction),
        [0.0, 1, -0.5, 1e3, -1e3], [0.0, 1, 0.5, 1, 0],
    )  # fmt: skip
row("smooth_l1_loss without a parabola", functional("smooth_l1_loss", beta=0.0), [0.0, 1, -1], [0.0] * 3)
row(
    "binary_cross_entropy at 0 and 1", certain(), [0.0, 1, 0, 1],
    first_only="the slope is limited there, and ours is the derivative of the limited one, PyTorch's ∞",
)  # fmt: skip


def classified(name, targets, **options):
    return lambda torch, x: getattr(torch.nn.functional, name)(x, torch.tensor(targets), **options)


for name in ("cross_entropy", "nll_loss"):
    row(f"{name} of equal rows", classified(name, [0, 1, 2]), EQUAL, smooth=True)
row("cross_entropy far apart", classified("cross_entropy", [0, 1]), [[1e3, 0, -1e3], [1e3, 0, -1e3]])
row("cross_entropy of impossible classes", classified("cross_entropy", [0, 1]), [[1, -INF, 1], [0, 0, -INF]])
row("cross_entropy of an impossible target", classified("cross_entropy", [1]), [[1, -INF, 1]])
row("cross_entropy smoothed", classified("cross_entropy", [0, 1, 2], label_smoothing=0.1), EQUAL, smooth=True)
row(
    "cross_entropy of distributions with zeros", functional("cross_entropy"),
    EQUAL, [[1.0, 0, 0], [0.5, 0.5, 0], [0.2, 0.3, 0.5]], smooth=True,
)  # fmt: skip
